// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/sha256.h"
#include "core/network/network.h"

#include <cstdint>
#include <string>

namespace bitdial {

/// Largest number of samples in a set. It bounds what is kept per sample (labels, subsets,
/// fingerprints) when files from others are opened.
constexpr int max_samples = 1 << 21;

/// What the channels of a sample are; Other: neither one nor three.
enum class ChannelOrder { Rgb, Bgr, Grey, Other };

/// Where an ImageSet's samples come from: memory, or files that are decoded when asked for.
/// Immutable to its users; every function may be called from several threads at once, and what it
/// gives does not depend on them.
class SampleSource {
public:
    SampleSource() = default;
    SampleSource(const SampleSource&) = delete;
    SampleSource& operator=(const SampleSource&) = delete;
    virtual ~SampleSource() = default;

    /// The data.json format ("idx", "images", ...).
    virtual std::string format() const = 0;
    /// Tells sources apart whose bytes are equal; part of the hash.
    virtual int kind() const = 0;
    virtual int size() const = 0;
    virtual TensorShape shape() const = 0;
    virtual ChannelOrder channels() const = 0;
    /// Writes shape().elements() values in C,H,W order and the file's units (before scaling).
    /// Throws Error(BadInput) naming the file when a sample cannot be decoded.
    virtual void read(int sample, float* destination) const = 0;
    /// A number that equal samples share; different ones practically never.
    virtual std::uint64_t fingerprint(int sample) const = 0;
    /// Feeds the content of all samples and what is done to them, not their decoded values.
    virtual void addTo(Sha256& hash) const = 0;
};

} // namespace bitdial
