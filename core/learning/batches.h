// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace bitdial {

/// Random changes of training images.
struct Augmentation {
    bool mirror = true; ///< left-right with probability 1/2
    int shift = 2;      ///< up to this many pixels in both directions, filled with the value of 0
};

/// A batch as tensors: inputs N x C x H x W, labels N.
struct Batch {
    at::Tensor inputs;
    at::Tensor labels;
    std::vector<int> samples = {}; ///< which they are, by position in the subset
};

/// Samples of a subset by position in it, unchanged.
Batch makeBatch(const ImageSubset& data, std::span<const int> positions);
/// The same with augmentation.
Batch makeAugmentedBatch(const ImageSubset& data, std::span<const int> positions,
                         const Augmentation& augmentation, std::mt19937_64& random);
/// A permutation of 0..count-1 (Fisher-Yates), the same on every machine.
std::vector<int> permutation(int count, std::mt19937_64& random);

/// Endless batches of a subset without augmentation, shuffled anew after each pass over it.
class ShuffledBatches {
public:
    ShuffledBatches(ImageSubset data, int batch_size, std::uint64_t seed);
    Batch next();

private:
    ImageSubset m_data;
    std::size_t m_batch_size;
    std::mt19937_64 m_random;
    std::vector<int> m_order;
    std::size_t m_at = 0;
};

} // namespace bitdial
