// SPDX-License-Identifier: Apache-2.0
#include "core/data/stored_samples.h"

#include "core/base/error.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace bitdial {
namespace {

static_assert(std::endian::native == std::endian::little, "stored values are little-endian");

float halfValue(std::uint16_t bits)
{
    const int exponent = (bits >> 10U) & 0x1F;
    const auto fraction = float(bits & 0x3FFU);
    float magnitude = std::ldexp(fraction + 1024, exponent - 25);
    if (exponent == 0)
        magnitude = std::ldexp(fraction, -24);
    else if (exponent == 31)
        magnitude = fraction == 0 ? std::numeric_limits<float>::infinity()
                                  : std::numeric_limits<float>::quiet_NaN();
    return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

template <typename Value> Value loaded(const std::byte* bytes)
{
    Value value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

/// Reads `count` values that lie `stride` values apart.
template <typename Value>
void convert(const std::byte* from, std::size_t stride, std::size_t count, float* to)
{
    for (std::size_t i = 0; i < count; ++i)
        to[i] = float(loaded<Value>(from + i * stride * sizeof(Value)));
}

void convertHalf(const std::byte* from, std::size_t stride, std::size_t count, float* to)
{
    for (std::size_t i = 0; i < count; ++i)
        to[i] = halfValue(loaded<std::uint16_t>(from + i * stride * 2));
}

void convertValues(ElementType type, const std::byte* from, std::size_t stride, std::size_t count,
                   float* to)
{
    switch (type) {
    case ElementType::UInt8:
        return convert<std::uint8_t>(from, stride, count, to);
    case ElementType::Int8:
        return convert<std::int8_t>(from, stride, count, to);
    case ElementType::Int16:
        return convert<std::int16_t>(from, stride, count, to);
    case ElementType::Int32:
        return convert<std::int32_t>(from, stride, count, to);
    case ElementType::Int64:
        return convert<std::int64_t>(from, stride, count, to);
    case ElementType::Half:
        return convertHalf(from, stride, count, to);
    case ElementType::Float:
        return convert<float>(from, stride, count, to);
    case ElementType::Double:
        return convert<double>(from, stride, count, to);
    }
}

} // namespace

std::size_t elementBytes(ElementType type)
{
    switch (type) {
    case ElementType::UInt8:
    case ElementType::Int8:
        return 1;
    case ElementType::Int16:
    case ElementType::Half:
        return 2;
    case ElementType::Int32:
    case ElementType::Float:
        return 4;
    case ElementType::Int64:
    case ElementType::Double:
        return 8;
    }
    return 0;
}

double elementValue(ElementType type, const std::byte* bytes)
{
    // These two have values that float cannot hold.
    if (type == ElementType::Double)
        return loaded<double>(bytes);
    if (type == ElementType::Int64)
        return double(loaded<std::int64_t>(bytes));
    if (type == ElementType::Int32)
        return loaded<std::int32_t>(bytes);
    float value = 0;
    convertValues(type, bytes, 1, 1, &value);
    return value;
}

StoredSamples::StoredSamples(std::string format, SharedBytes bytes, const StoredLayout& layout,
                             int count, const std::string& where)
    : m_format(std::move(format)), m_bytes(std::move(bytes)), m_layout(layout), m_count(count)
{
    const auto size = m_bytes.bytes.size();
    const auto sample = m_layout.sampleBytes();
    const bool inside =
        count >= 0 && sample > 0 && m_layout.stride_bytes >= sample &&
        (count == 0 || (m_layout.offset_bytes <= size && sample <= size - m_layout.offset_bytes &&
                        std::size_t(count - 1) <=
                            (size - m_layout.offset_bytes - sample) / m_layout.stride_bytes));
    if (!inside)
        throw Error(ErrorCode::BadInput, "The samples do not fit their file", where,
                    std::to_string(count) + " samples of " + std::to_string(sample) +
                        " bytes do not lie within its " + std::to_string(size) + " bytes",
                    "Check that the file is whole and its description right");
}

int StoredSamples::kind() const
{
    // UInt8 0 and Int8 1 in C,H,W order as ever, so that older projects recognise their data.
    return int(m_layout.type) + (m_layout.channels_last ? 16 : 0);
}

ChannelOrder StoredSamples::channels() const
{
    return m_layout.shape.channels == 3   ? ChannelOrder::Rgb
           : m_layout.shape.channels == 1 ? ChannelOrder::Grey
                                          : ChannelOrder::Other;
}

std::span<const std::byte> StoredSamples::bytesOf(int sample) const
{
    return m_bytes.bytes.subspan(m_layout.offset_bytes +
                                     std::size_t(sample) * m_layout.stride_bytes,
                                 m_layout.sampleBytes());
}

void StoredSamples::read(int sample, float* destination) const
{
    const auto* from = bytesOf(sample).data();
    const auto& shape = m_layout.shape;
    if (!m_layout.channels_last)
        return convertValues(m_layout.type, from, 1, std::size_t(shape.elements()), destination);
    const auto plane = std::size_t(shape.height) * std::size_t(shape.width);
    for (std::size_t c = 0; c < std::size_t(shape.channels); ++c)
        convertValues(m_layout.type, from + c * elementBytes(m_layout.type),
                      std::size_t(shape.channels), plane, destination + c * plane);
}

std::uint64_t StoredSamples::fingerprint(int sample) const
{
    auto bytes = bytesOf(sample);
    std::uint64_t mixed = 0x9E3779B97F4A7C15U ^ bytes.size();
    const auto mix = [&mixed](std::uint64_t word) {
        mixed = (std::rotl(mixed, 29) ^ word) * 0xBF58476D1CE4E5B9U;
        mixed ^= mixed >> 32U;
    };
    for (; bytes.size() >= 8; bytes = bytes.subspan(8))
        mix(loaded<std::uint64_t>(bytes.data()));
    std::uint64_t rest = 0;
    if (!bytes.empty())
        std::memcpy(&rest, bytes.data(), bytes.size());
    mix(rest);
    return mixed;
}

void StoredSamples::addTo(Sha256& hash) const
{
    for (int i = 0; i < m_count; ++i)
        hash.update(bytesOf(i));
}

} // namespace bitdial
