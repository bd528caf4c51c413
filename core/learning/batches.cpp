// SPDX-License-Identifier: Apache-2.0
#include "core/learning/batches.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

namespace bitdial {
namespace {

Batch emptyBatch(const ImageSubset& data, std::size_t count)
{
    const auto& shape = data.images->shape();
    return {at::empty({std::int64_t(count), shape.channels, shape.height, shape.width}, at::kFloat),
            at::empty({std::int64_t(count)}, at::kLong)};
}

int sampleAt(const ImageSubset& data, int position)
{
    return data.indices[std::size_t(position)];
}

/// Copies a plane mirrored and shifted; pixels from outside become `fill`.
void copyMoved(const float* from, float* to, const TensorShape& shape, bool mirror, int dy, int dx,
               float fill)
{
    for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) {
            const int sy = y + dy;
            const int moved = x + dx;
            const int sx = mirror ? shape.width - 1 - moved : moved;
            const bool inside = sy >= 0 && sy < shape.height && sx >= 0 && sx < shape.width;
            to[y * shape.width + x] = inside ? from[sy * shape.width + sx] : fill;
        }
    }
}

} // namespace

Batch makeBatch(const ImageSubset& data, std::span<const int> positions)
{
    Batch batch = emptyBatch(data, positions.size());
    batch.samples.assign(positions.begin(), positions.end());
    const auto elements = data.images->shape().elements();
    float* inputs = batch.inputs.data_ptr<float>();
    auto* labels = batch.labels.data_ptr<std::int64_t>();
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const int sample = sampleAt(data, positions[i]);
        data.images->writeInput(sample, inputs + std::int64_t(i) * elements);
        labels[i] = data.images->label(sample);
    }
    return batch;
}

Batch makeAugmentedBatch(const ImageSubset& data, std::span<const int> positions,
                         const Augmentation& augmentation, std::mt19937_64& random)
{
    Batch batch = emptyBatch(data, positions.size());
    batch.samples.assign(positions.begin(), positions.end());
    const auto& shape = data.images->shape();
    const int plane = shape.height * shape.width;
    std::vector<float> original(std::size_t(shape.elements()));
    float* to = batch.inputs.data_ptr<float>();
    for (std::size_t i = 0; i < positions.size(); ++i) {
        const int sample = sampleAt(data, positions[i]);
        data.images->writeInput(sample, original.data());
        const bool mirror = augmentation.mirror && (random() & 1U) != 0;
        const auto span = std::uint64_t(2 * augmentation.shift + 1);
        const int dy = int(random() % span) - augmentation.shift;
        const int dx = int(random() % span) - augmentation.shift;
        for (int c = 0; c < shape.channels; ++c, to += plane)
            copyMoved(original.data() + c * plane, to, shape, mirror, dy, dx,
                      data.images->inputValue(0, c));
        batch.labels.data_ptr<std::int64_t>()[i] = data.images->label(sample);
    }
    return batch;
}

std::vector<int> permutation(int count, std::mt19937_64& random)
{
    std::vector<int> order(std::size_t(count), 0);
    std::iota(order.begin(), order.end(), 0);
    for (int i = count - 1; i > 0; --i)
        std::swap(order[std::size_t(i)], order[std::size_t(random() % std::uint64_t(i + 1))]);
    return order;
}

ShuffledBatches::ShuffledBatches(ImageSubset data, int batch_size, std::uint64_t seed)
    : m_data(std::move(data)),
      m_batch_size(std::size_t(std::min(batch_size, m_data.size()))),
      m_random(seed),
      m_order(permutation(m_data.size(), m_random))
{
}

Batch ShuffledBatches::next()
{
    if (m_at + m_batch_size > m_order.size()) {
        m_order = permutation(m_data.size(), m_random);
        m_at = 0;
    }
    auto batch = makeBatch(m_data, std::span(m_order).subspan(m_at, m_batch_size));
    m_at += m_batch_size;
    return batch;
}

} // namespace bitdial
