// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_summary.h"

#include "core/data/raster.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace bitdial {
namespace {

constexpr int MaxThumbnailSide = 64;
constexpr int MaxExamined = 256;

void countClasses(const ImageSet& images, DataSummary& summary)
{
    std::map<int, int> counts;
    for (int i = 0; i < images.size(); ++i)
        ++counts[images.label(i)];
    summary.classes = counts.rbegin()->first + 1;
    summary.used_classes = int(counts.size());
    const auto by_count = [](const auto& a, const auto& b) { return a.second < b.second; };
    summary.min_per_class = std::ranges::min_element(counts, by_count)->second;
    summary.max_per_class = std::ranges::max_element(counts, by_count)->second;
}

/// Sums of one channel's values; the mean moves with each sample, so that nothing cancels.
struct Moments {
    double count = 0;
    double mean = 0;
    double squares = 0; ///< of deviations from the mean
    float min = std::numeric_limits<float>::infinity();
    float max = -std::numeric_limits<float>::infinity();

    void add(float value)
    {
        count += 1;
        const double before = value - mean;
        mean += before / count;
        squares += before * (value - mean);
        min = std::min(min, value);
        max = std::max(max, value);
    }
};

void measureRanges(const ImageSet& images, int max_examined, DataSummary& summary)
{
    summary.examined = std::clamp(max_examined, 1, std::min(MaxExamined, images.size()));
    const auto plane = std::size_t(summary.shape.height) * std::size_t(summary.shape.width);
    std::vector<Moments> moments(std::size_t(summary.shape.channels));
    std::vector<float> values(std::size_t(summary.shape.elements()));
    for (int i = 0; i < summary.examined; ++i) {
        images.writeInput(int(std::int64_t(i) * images.size() / summary.examined), values.data());
        for (std::size_t j = 0; j < values.size(); ++j)
            moments[j / plane].add(values[j]);
    }
    for (const auto& m : moments)
        summary.channels.push_back({m.min, m.max, m.mean, std::sqrt(m.squares / m.count)});
}

/// Factor and offset that bring stored values to 0..255.
std::pair<float, float> toBytes(const std::vector<float>& values)
{
    const auto [min, max] = std::ranges::minmax_element(values);
    const bool whole = std::ranges::all_of(values, [](float v) { return v == std::floor(v); });
    if (whole && *min >= 0 && *max <= 255 && *max > 1)
        return {1.0F, 0.0F};
    const float range = *max - *min;
    return range > 0 ? std::pair(255 / range, -*min * 255 / range) : std::pair(0.0F, 128.0F);
}

Thumbnail makeThumbnail(const ImageSet& images, int sample)
{
    const auto& shape = images.shape();
    std::vector<float> values(std::size_t(shape.elements()));
    images.writeStored(sample, values.data());
    const auto [factor, offset] = toBytes(values);
    const auto plane = std::size_t(shape.height) * std::size_t(shape.width);
    const bool color = shape.channels == 3;
    ByteRaster picture{shape.width, shape.height, 3, std::vector<std::uint8_t>(plane * 3)};
    for (std::size_t c = 0; c < 3; ++c) {
        // Red first; of what is neither grey nor colour, the first channel.
        const auto from = !color ? 0 : images.channels() == ChannelOrder::Bgr ? 2 - c : c;
        for (std::size_t i = 0; i < plane; ++i)
            picture.values[i * 3 + c] = std::uint8_t(
                std::clamp(values[from * plane + i] * factor + offset + 0.5F, 0.0F, 255.0F));
    }
    const int side = std::max(shape.width, shape.height);
    if (side > MaxThumbnailSide)
        picture = resized(picture, std::max(1, shape.width * MaxThumbnailSide / side),
                          std::max(1, shape.height * MaxThumbnailSide / side));
    return {sample, images.label(sample), picture.width, picture.height, std::move(picture.values)};
}

} // namespace

DataSummary summarize(const ImageSet& images, int max_examined, int thumbnails)
{
    DataSummary summary;
    summary.name = images.name();
    summary.format = images.format();
    summary.samples = images.size();
    summary.shape = images.shape();
    countClasses(images, summary);
    measureRanges(images, max_examined, summary);
    for (int i = 0; i < std::min({thumbnails, images.size(), MaxExamined}); ++i)
        summary.thumbnails.push_back(makeThumbnail(images, i));
    return summary;
}

} // namespace bitdial
