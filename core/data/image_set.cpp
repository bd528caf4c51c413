// SPDX-License-Identifier: Apache-2.0
#include "core/data/image_set.h"

#include "core/base/error.h"
#include "core/data/stored_samples.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

std::string contentHash(const SampleSource& source, const std::vector<int>& labels,
                        const Preprocess& preprocess)
{
    Sha256 hash;
    const auto feed = [&hash](const auto& values) {
        hash.update(std::as_bytes(std::span(values)));
    };
    const auto shape = source.shape();
    const std::vector<int> header = {shape.channels, shape.height, shape.width, source.kind()};
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
    source.addTo(hash);
    return hash.hexDigest();
}

std::shared_ptr<const SampleSource> inMemory(const std::string& name, const TensorShape& shape,
                                             PixelType type, std::vector<std::uint8_t> pixels)
{
    StoredLayout layout{shape, type == PixelType::Int8 ? ElementType::Int8 : ElementType::UInt8};
    const auto sample = std::size_t(shape.elements());
    layout.stride_bytes = sample;
    const auto count = sample == 0 ? 0 : pixels.size() / sample;
    if (count * sample != pixels.size())
        throw Error(ErrorCode::BadInput, "The samples are incomplete", name,
                    std::to_string(pixels.size()) + " bytes are no multiple of " +
                        std::to_string(sample) + " bytes a sample",
                    "Check that the file is whole");
    return std::make_shared<StoredSamples>("memory", SharedBytes::take(std::move(pixels)), layout,
                                           int(count), name);
}

void checkPreprocess(const std::string& name, const Preprocess& preprocess, int channels)
{
    const auto fail = [&name](const std::string& why) {
        throw Error(ErrorCode::BadInput, "The preprocessing does not fit the images", name, why,
                    "Correct \"preprocess\" in the data file");
    };
    const auto per_channel = [channels](const std::vector<float>& values) {
        return values.empty() || values.size() == std::size_t(channels);
    };
    if (!per_channel(preprocess.mean) || !per_channel(preprocess.std))
        fail("mean and std need one value per channel (" + std::to_string(channels) + ")");
    if (std::ranges::any_of(preprocess.std, [](float s) { return !(s > 0); }))
        fail("std must be positive");
    const auto finite = [](const std::vector<float>& values) {
        return std::ranges::all_of(values, [](float v) { return std::isfinite(v); });
    };
    if (!finite({preprocess.scale, preprocess.offset}) || !finite(preprocess.mean) ||
        !finite(preprocess.std))
        fail("a value is not finite");
}

} // namespace

ImageSet::ImageSet(std::string name, std::shared_ptr<const SampleSource> source,
                   std::vector<int> labels, Preprocess preprocess)
    : m_name(std::move(name)),
      m_source(std::move(source)),
      m_shape(m_source->shape()),
      m_labels(std::move(labels)),
      m_preprocess(std::move(preprocess))
{
    if (m_labels.empty() && m_source->size() == 0)
        throw Error(ErrorCode::BadInput, "The data set is empty", m_name, "it has no sample",
                    "Choose a file with labelled samples");
    if (std::size_t(m_source->size()) != m_labels.size())
        throw Error(ErrorCode::BadInput, "Images and labels do not match", m_name,
                    std::to_string(m_labels.size()) + " labels for " +
                        std::to_string(m_source->size()) + " images",
                    "Give the labels file that belongs to the images");
    checkPreprocess(m_name, m_preprocess, m_shape.channels);
    m_hash = contentHash(*m_source, m_labels, m_preprocess);
}

ImageSet::ImageSet(const std::string& name, TensorShape shape, PixelType type,
                   std::vector<std::uint8_t> pixels, std::vector<int> labels, Preprocess preprocess)
    : ImageSet(name, inMemory(name, shape, type, std::move(pixels)), std::move(labels),
               std::move(preprocess))
{
}

float ImageSet::inputValue(float stored, int channel) const
{
    float input = stored * m_preprocess.scale + m_preprocess.offset;
    if (!m_preprocess.mean.empty())
        input -= m_preprocess.mean[std::size_t(channel)];
    if (!m_preprocess.std.empty())
        input /= m_preprocess.std[std::size_t(channel)];
    return input;
}

void ImageSet::writeInput(int sample, float* destination) const
{
    m_source->read(sample, destination);
    const auto plane = std::ptrdiff_t(m_shape.height) * m_shape.width;
    for (int c = 0; c < m_shape.channels; ++c, destination += plane)
        std::transform(destination, destination + plane, destination,
                       [this, c](float stored) { return inputValue(stored, c); });
}

} // namespace bitdial
