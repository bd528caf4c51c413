// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// How a stored value becomes a network input: ((value * scale + offset) - mean) / std, with mean
/// and std per channel (empty: identity).
struct Preprocess {
    float scale = 1;
    float offset = 0;
    std::vector<float> mean;
    std::vector<float> std;
};

enum class PixelType { UInt8, Int8 };

/// Labelled samples in memory, channels x height x width each. Immutable; share it as
/// std::shared_ptr<const ImageSet>.
class ImageSet {
public:
    /// `pixels` holds labels.size() samples of shape.elements() bytes. Throws Error(BadInput) when
    /// the sizes disagree or there is no sample.
    ImageSet(std::string name, TensorShape shape, PixelType type, std::vector<std::uint8_t> pixels,
             std::vector<int> labels, Preprocess preprocess);

    const std::string& name() const { return m_name; }
    const TensorShape& shape() const { return m_shape; }
    int size() const { return int(m_labels.size()); }
    int label(int sample) const { return m_labels[std::size_t(sample)]; }
    std::span<const std::uint8_t> pixels(int sample) const;
    /// Writes one sample as network input, shape().elements() floats in C,H,W order.
    void writeInput(int sample, float* destination) const;
    /// Input value of a stored value (as its unsigned byte) in a channel.
    float inputValue(std::uint8_t stored, int channel) const;
    /// SHA-256 over samples, labels and preprocessing.
    const std::string& hash() const { return m_hash; }

private:
    std::string m_name;
    TensorShape m_shape;
    PixelType m_type;
    std::vector<std::uint8_t> m_pixels;
    std::vector<int> m_labels;
    Preprocess m_preprocess;
    std::string m_hash;
};

/// Some samples of a set, by index. A plain value.
struct ImageSubset {
    std::shared_ptr<const ImageSet> images;
    std::vector<int> indices;
    int size() const { return int(indices.size()); }
};

/// Disjoint subsets of labelled data, fixed by seed. Searches use all but `test`.
struct DataSplits {
    std::string name;
    ImageSubset train;
    ImageSubset calibration;
    ImageSubset validation;
    ImageSubset test;
    std::string hash; ///< SHA-256 of the sets and the split
};

} // namespace bitdial
