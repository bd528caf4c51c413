// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/sample_source.h"
#include "core/network/network.h"

#include <cstddef>
#include <cstdint>
#include <memory>
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

/// Labelled samples, channels x height x width each, in memory or decoded when asked for.
/// Immutable; share it as std::shared_ptr<const ImageSet>. Every function may be called from
/// several threads at once.
class ImageSet {
public:
    /// Throws Error(BadInput) when there is no sample, or the labels or the preprocessing do not
    /// fit the source.
    ImageSet(std::string name, std::shared_ptr<const SampleSource> source, std::vector<int> labels,
             Preprocess preprocess);
    /// `pixels` holds labels.size() samples of shape.elements() bytes. Throws Error(BadInput) when
    /// the sizes disagree or there is no sample.
    ImageSet(const std::string& name, TensorShape shape, PixelType type,
             std::vector<std::uint8_t> pixels, std::vector<int> labels, Preprocess preprocess);

    const std::string& name() const { return m_name; }
    /// The data.json format of the samples ("idx", "images", ...; "memory" where they have none).
    std::string format() const { return m_source->format(); }
    const TensorShape& shape() const { return m_shape; }
    ChannelOrder channels() const { return m_source->channels(); }
    int size() const { return int(m_labels.size()); }
    int label(int sample) const { return m_labels[std::size_t(sample)]; }
    /// Writes one sample as network input, shape().elements() floats in C,H,W order. Throws
    /// Error(BadInput) naming the file when it cannot be decoded.
    void writeInput(int sample, float* destination) const;
    /// The same before scaling, offset, mean and std: in the file's units.
    void writeStored(int sample, float* destination) const { m_source->read(sample, destination); }
    /// Input value of a stored value in a channel.
    float inputValue(float stored, int channel) const;
    /// A number that equal samples share; different ones practically never.
    std::uint64_t fingerprint(int sample) const { return m_source->fingerprint(sample); }
    /// SHA-256 over samples, labels and preprocessing.
    const std::string& hash() const { return m_hash; }

private:
    std::string m_name;
    std::shared_ptr<const SampleSource> m_source;
    TensorShape m_shape;
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
    /// What the user should know of the subsets, a sentence each: samples that lie in two of them.
    std::vector<std::string> warnings = {};
};

} // namespace bitdial
