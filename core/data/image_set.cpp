// SPDX-License-Identifier: Apache-2.0
#include "core/data/image_set.h"

#include "core/base/error.h"
#include "core/base/sha256.h"

#include <algorithm>

namespace bitdial {
namespace {

std::string contentHash(const std::vector<std::uint8_t>& pixels, const std::vector<int>& labels,
                        const TensorShape& shape, PixelType type, const Preprocess& preprocess)
{
    Sha256 hash;
    const auto feed = [&hash](const auto& values) {
        hash.update(std::as_bytes(std::span(values)));
    };
    const std::vector<int> header = {shape.channels, shape.height, shape.width, int(type)};
    const std::vector<float> scaling = {preprocess.scale, preprocess.offset};
    // The lists' lengths go first: a mean alone and the same numbers as std alone must differ.
    const std::vector<std::uint64_t> lengths = {preprocess.mean.size(), preprocess.std.size(),
                                                labels.size()};
    feed(header);
    feed(scaling);
    feed(lengths);
    feed(preprocess.mean);
    feed(preprocess.std);
    feed(labels);
    feed(pixels);
    return hash.hexDigest();
}

} // namespace

ImageSet::ImageSet(std::string name, TensorShape shape, PixelType type,
                   std::vector<std::uint8_t> pixels, std::vector<int> labels, Preprocess preprocess)
    : m_name(std::move(name)),
      m_shape(shape),
      m_type(type),
      m_pixels(std::move(pixels)),
      m_labels(std::move(labels)),
      m_preprocess(std::move(preprocess))
{
    if (m_labels.empty())
        throw Error(ErrorCode::BadInput, "The data set is empty", m_name, "it has no sample",
                    "Choose a file with labelled samples");
    if (m_pixels.size() != m_labels.size() * std::size_t(m_shape.elements()))
        throw Error(ErrorCode::BadInput, "Images and labels do not match", m_name,
                    std::to_string(m_labels.size()) + " labels, but pixels for " +
                        std::to_string(m_pixels.size() / std::size_t(m_shape.elements())) +
                        " images",
                    "Give the labels file that belongs to the images");
    const auto per_channel = [this](const std::vector<float>& values) {
        return values.empty() || values.size() == std::size_t(m_shape.channels);
    };
    if (!per_channel(m_preprocess.mean) || !per_channel(m_preprocess.std))
        throw Error(ErrorCode::BadInput, "The preprocessing does not fit the images", m_name,
                    "mean and std need one value per channel (" + std::to_string(m_shape.channels) +
                        ")",
                    "Correct \"preprocess\" in the data file");
    if (std::ranges::any_of(m_preprocess.std, [](float s) { return !(s > 0); }))
        throw Error(ErrorCode::BadInput, "The preprocessing is wrong", m_name,
                    "std must be positive", "Correct \"preprocess\" in the data file");
    m_hash = contentHash(m_pixels, m_labels, m_shape, m_type, m_preprocess);
}

std::span<const std::uint8_t> ImageSet::pixels(int sample) const
{
    const auto size = std::size_t(m_shape.elements());
    return std::span(m_pixels).subspan(std::size_t(sample) * size, size);
}

float ImageSet::inputValue(std::uint8_t stored, int channel) const
{
    const float value = m_type == PixelType::Int8 ? float(std::int8_t(stored)) : float(stored);
    float input = value * m_preprocess.scale + m_preprocess.offset;
    if (!m_preprocess.mean.empty())
        input -= m_preprocess.mean[std::size_t(channel)];
    if (!m_preprocess.std.empty())
        input /= m_preprocess.std[std::size_t(channel)];
    return input;
}

void ImageSet::writeInput(int sample, float* destination) const
{
    const auto source = pixels(sample);
    const auto plane = std::size_t(m_shape.height) * std::size_t(m_shape.width);
    for (int c = 0; c < m_shape.channels; ++c) {
        float table[256];
        for (int v = 0; v < 256; ++v)
            table[v] = inputValue(std::uint8_t(v), c);
        for (std::size_t i = 0; i < plane; ++i)
            destination[std::size_t(c) * plane + i] = table[source[std::size_t(c) * plane + i]];
    }
}

} // namespace bitdial
