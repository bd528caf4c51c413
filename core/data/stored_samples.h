// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/sample_source.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace bitdial {

/// Type of one stored value, little-endian. Half: IEEE 754 binary16.
enum class ElementType { UInt8, Int8, Int16, Int32, Int64, Half, Float, Double };

std::size_t elementBytes(ElementType type);
/// The value at `bytes`, which hold elementBytes(type) bytes.
double elementValue(ElementType type, const std::byte* bytes);

/// Bytes together with what keeps them alive.
struct SharedBytes {
    std::shared_ptr<const void> owner;
    std::span<const std::byte> bytes;

    template <typename Value> static SharedBytes take(std::vector<Value> values)
    {
        const auto owner = std::make_shared<const std::vector<Value>>(std::move(values));
        return {owner, std::as_bytes(std::span(*owner))};
    }
};

/// How samples of equal size lie in memory.
struct StoredLayout {
    TensorShape shape; ///< channels, height, width of one sample
    ElementType type = ElementType::UInt8;
    bool channels_last = false;   ///< stored H,W,C instead of C,H,W
    std::size_t offset_bytes = 0; ///< of the first sample
    std::size_t stride_bytes = 0; ///< from sample to sample

    std::size_t sampleBytes() const { return std::size_t(shape.elements()) * elementBytes(type); }
};

/// Samples in memory.
class StoredSamples : public SampleSource {
public:
    /// `count` samples must lie within the bytes: throws Error(BadInput) naming `where` otherwise.
    StoredSamples(std::string format, SharedBytes bytes, const StoredLayout& layout, int count,
                  const std::string& where);

    std::string format() const override { return m_format; }
    int kind() const override;
    int size() const override { return m_count; }
    TensorShape shape() const override { return m_layout.shape; }
    ChannelOrder channels() const override;
    void read(int sample, float* destination) const override;
    std::uint64_t fingerprint(int sample) const override;
    void addTo(Sha256& hash) const override;

    ElementType type() const { return m_layout.type; }

private:
    std::span<const std::byte> bytesOf(int sample) const;

    std::string m_format;
    SharedBytes m_bytes;
    StoredLayout m_layout;
    int m_count;
};

} // namespace bitdial
