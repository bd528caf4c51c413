// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"

#include <cstdint>
#include <string>
#include <vector>

namespace bitdial {

/// Network input values of one channel, over the samples that were looked at. A normalisation that
/// fits has a mean near 0 and a deviation near 1, or whatever the network was trained with.
struct ChannelRange {
    float min = 0;
    float max = 0;
    double mean = 0;
    double deviation = 0; ///< of single values from the mean
};

/// A small picture of a sample for a preview.
struct Thumbnail {
    int sample = 0; ///< position in the set
    int label = 0;
    int width = 0;
    int height = 0;
    std::vector<std::uint8_t> rgb; ///< height x width x 3, row by row
};

/// What a set of samples is, for a user who checks whether it was understood. Plain values.
struct DataSummary {
    std::string name;
    std::string format; ///< as in data.json
    int samples = 0;
    TensorShape shape;
    int classes = 0; ///< largest label + 1
    int used_classes = 0;
    int min_per_class = 0; ///< over the used classes
    int max_per_class = 0;
    int examined = 0;                   ///< samples that the ranges are of
    std::vector<ChannelRange> channels; ///< after preprocessing
    std::vector<Thumbnail> thumbnails;  ///< of the first samples
};

/// Summarises a set. Decodes at most `max_examined` samples, spread evenly over the set, and the
/// first `thumbnails`, which are drawn from the values before scaling (bytes as they are, other
/// values stretched from their smallest to their largest) and at most 64 pixels a side. Throws
/// Error(BadInput) naming the file when a sample cannot be decoded.
DataSummary summarize(const ImageSet& images, int max_examined = 64, int thumbnails = 8);

} // namespace bitdial
