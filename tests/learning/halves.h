// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"

#include <memory>
#include <random>

namespace bitdial::test {

/// Two classes of 16 x 16 images: bright on the left (class 0) or on the right (class 1), with
/// noise. Easy: a network that learns at all gets them right.
inline ImageSubset halves(int count, unsigned seed)
{
    std::mt19937 random(seed);
    std::vector<std::uint8_t> pixels;
    std::vector<int> labels;
    for (int i = 0; i < count; ++i) {
        labels.push_back(int(random() % 2));
        for (int p = 0; p < 256; ++p) {
            const bool bright = (p % 16 < 8) == (labels.back() == 0);
            pixels.push_back(std::uint8_t((bright ? 120 : 40) + int(random() % 100)));
        }
    }
    ImageSubset subset;
    subset.images = std::make_shared<ImageSet>("halves", TensorShape{1, 16, 16}, PixelType::UInt8,
                                               pixels, labels, Preprocess{1 / 255.0F, 0, {}, {}});
    for (int i = 0; i < count; ++i)
        subset.indices.push_back(i);
    return subset;
}

/// All four subsets, of different images.
inline DataSplits halvesData()
{
    return {"halves", halves(96, 1), halves(32, 2), halves(40, 3), halves(48, 4), "hash"};
}

} // namespace bitdial::test
