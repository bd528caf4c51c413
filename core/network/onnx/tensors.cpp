// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/tensors.h"

#include "core/network/onnx/external.h"
#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

namespace bitdial {
namespace {

constexpr std::uint64_t most_elements = std::uint64_t(1) << 29;
constexpr std::size_t largest_rank = 16;
constexpr std::size_t most_exact_integers = 4096;

struct TypeTraits {
    int type;
    const char* name;
    int bits;
    bool integer;
};

constexpr TypeTraits known_types[] = {
    {onnx_float, "float", 32, false},       {onnx_uint8, "uint8", 8, true},
    {onnx_int8, "int8", 8, true},           {onnx_uint16, "uint16", 16, true},
    {onnx_int16, "int16", 16, true},        {onnx_int32, "int32", 32, true},
    {onnx_int64, "int64", 64, true},        {onnx_bool, "bool", 8, true},
    {onnx_float16, "float16", 16, false},   {onnx_double, "double", 64, false},
    {onnx_uint32, "uint32", 32, true},      {onnx_uint64, "uint64", 64, true},
    {onnx_bfloat16, "bfloat16", 16, false}, {onnx_uint4, "uint4", 4, true},
    {onnx_int4, "int4", 4, true},           {onnx_uint2, "uint2", 2, true},
    {onnx_int2, "int2", 2, true},
};

const TypeTraits* traits(int type)
{
    for (const auto& known : known_types)
        if (known.type == type)
            return &known;
    return nullptr;
}

float fromHalf(std::uint16_t half)
{
    const int exponent = (half >> 10) & 31;
    const int fraction = half & 1023;
    float value = 0;
    if (exponent == 31)
        value = fraction ? std::nanf("") : INFINITY;
    else if (exponent == 0)
        value = std::ldexp(float(fraction), -24);
    else
        value = std::ldexp(float(fraction + 1024), exponent - 25);
    return half & 0x8000 ? -value : value;
}

float fromBrainFloat(std::uint16_t half)
{
    return std::bit_cast<float>(std::uint32_t(half) << 16);
}

/// Of a type whose numbers share bytes.
int packedBits(int type)
{
    return type == onnx_int2 || type == onnx_uint2 ? 2 : 4;
}

/// Element `index` of numbers that share bytes, the low one first: two of 4 bits or four of 2.
int packedNumber(int byte, std::size_t index, int type)
{
    const int bits = packedBits(type);
    const int shift = int(index % std::size_t(8 / bits)) * bits;
    const int code = (byte >> shift) & ((1 << bits) - 1);
    const bool is_negative = onnxLowest(type) < 0 && code >> (bits - 1) != 0;
    return is_negative ? code - (1 << bits) : code;
}

/// Writes numbers into a constant as they are decoded.
class Sink {
public:
    Sink(OnnxConstant& constant, std::size_t count) : m_constant(constant)
    {
        m_constant.values.reserve(count);
        m_exact = keepsOnnxIntegers(constant.type, count);
    }
    void real(double value) { m_constant.values.push_back(float(value)); }
    void integer(std::int64_t value)
    {
        m_constant.values.push_back(float(value));
        if (m_exact)
            m_constant.integers.push_back(value);
    }

private:
    OnnxConstant& m_constant;
    bool m_exact;
};

template <typename T, typename Use> void eachRaw(std::span<const std::byte> raw, const Use& use)
{
    for (std::size_t at = 0; at + sizeof(T) <= raw.size(); at += sizeof(T)) {
        T value;
        std::memcpy(&value, raw.data() + at, sizeof(T)); // little endian, as every target of ours
        use(value);
    }
}

/// The numbers of `raw`, `count` of them.
void decodeRaw(std::span<const std::byte> raw, std::size_t count, OnnxConstant& constant)
{
    Sink sink(constant, count);
    const auto real = [&](auto v) { sink.real(double(v)); };
    const auto integer = [&](auto v) { sink.integer(std::int64_t(v)); };
    switch (constant.type) {
    case onnx_float:
        constant.values.resize(count);
        if (count > 0)
            std::memcpy(constant.values.data(), raw.data(), count * sizeof(float));
        return;
    case onnx_double:
        return eachRaw<double>(raw, real);
    case onnx_float16:
        return eachRaw<std::uint16_t>(raw, [&](std::uint16_t v) { sink.real(fromHalf(v)); });
    case onnx_bfloat16:
        return eachRaw<std::uint16_t>(raw, [&](std::uint16_t v) { sink.real(fromBrainFloat(v)); });
    case onnx_int8:
        return eachRaw<std::int8_t>(raw, integer);
    case onnx_uint8:
    case onnx_bool:
        return eachRaw<std::uint8_t>(raw, integer);
    case onnx_int16:
        return eachRaw<std::int16_t>(raw, integer);
    case onnx_uint16:
        return eachRaw<std::uint16_t>(raw, integer);
    case onnx_int32:
        return eachRaw<std::int32_t>(raw, integer);
    case onnx_uint32:
        return eachRaw<std::uint32_t>(raw, integer);
    case onnx_int64:
        return eachRaw<std::int64_t>(raw, integer);
    case onnx_uint64:
        return eachRaw<std::uint64_t>(raw, integer);
    default: // 4 or 2 bits
        const auto per_byte = std::size_t(8 / packedBits(constant.type));
        for (std::size_t i = 0; i < count; ++i)
            sink.integer(packedNumber(std::to_integer<int>(raw[i / per_byte]), i, constant.type));
    }
}

void checkCount(std::size_t found, std::size_t expected)
{
    if (found != expected)
        throw OnnxInvalid{"it holds " + std::to_string(found) + " values, its sizes say " +
                          std::to_string(expected)};
}

/// A value that int32_data carries, whose range is that of a narrower type.
void decodeNarrow(const onnx::TensorProto& tensor, std::size_t count, OnnxConstant& constant)
{
    const int element_bits = onnxTypeBits(constant.type);
    const auto per_value =
        std::size_t(element_bits == 4 || element_bits == 2 ? 8 / element_bits : 1);
    checkCount(std::size_t(tensor.int32_data_size()), (count + per_value - 1) / per_value);
    Sink sink(constant, count);
    const int bits = element_bits * int(per_value);
    for (std::size_t i = 0; i < count; ++i) {
        const std::int64_t v = tensor.int32_data(int(i / per_value));
        if (bits > 0 && bits < 32 &&
            (v < -(std::int64_t(1) << (bits - 1)) || v >= std::int64_t(1) << bits))
            throw OnnxInvalid{"its value " + std::to_string(v) + " is out of range for " +
                              onnxTypeName(constant.type)};
        if (constant.type == onnx_float16)
            sink.real(fromHalf(std::uint16_t(v)));
        else if (constant.type == onnx_bfloat16)
            sink.real(fromBrainFloat(std::uint16_t(v)));
        else
            sink.integer(per_value > 1 ? packedNumber(int(v & 255), i, constant.type) : v);
    }
}

/// The numbers of the typed field that belongs to the element type.
void decodeTyped(const onnx::TensorProto& tensor, std::size_t count, OnnxConstant& constant)
{
    const auto copy = [&](const auto& field, bool integer) {
        checkCount(std::size_t(field.size()), count);
        Sink sink(constant, count);
        for (const auto v : field)
            integer ? sink.integer(std::int64_t(v)) : sink.real(double(v));
    };
    switch (constant.type) {
    case onnx_float:
        return copy(tensor.float_data(), false);
    case onnx_double:
        return copy(tensor.double_data(), false);
    case onnx_int64:
        return copy(tensor.int64_data(), true);
    case onnx_uint32:
    case onnx_uint64:
        return copy(tensor.uint64_data(), true);
    default:
        return decodeNarrow(tensor, count, constant);
    }
}

std::size_t rawBytes(std::size_t count, int type)
{
    return (count * std::size_t(onnxTypeBits(type)) + 7) / 8;
}

void checkOneSource(const onnx::TensorProto& tensor)
{
    const int sources = (tensor.has_raw_data() ? 1 : 0) + (tensor.float_data_size() ? 1 : 0) +
                        (tensor.int32_data_size() ? 1 : 0) + (tensor.int64_data_size() ? 1 : 0) +
                        (tensor.double_data_size() ? 1 : 0) + (tensor.uint64_data_size() ? 1 : 0) +
                        (tensor.string_data_size() ? 1 : 0);
    if (sources > 1)
        throw OnnxInvalid{"it gives its numbers twice, in different fields"};
    if (tensor.has_segment())
        throw OnnxInvalid{"it is stored in segments, which no exporter writes"};
}

} // namespace

std::string onnxTypeName(int type)
{
    const auto* known = traits(type);
    return known ? known->name : "type " + std::to_string(type);
}

bool isOnnxInteger(int type)
{
    const auto* known = traits(type);
    return known && known->integer;
}

bool isOnnxFloat(int type)
{
    const auto* known = traits(type);
    return known && !known->integer;
}

int onnxTypeBits(int type)
{
    const auto* known = traits(type);
    return known ? known->bits : 0;
}

std::int64_t onnxLowest(int type)
{
    const bool has_sign = type == onnx_int2 || type == onnx_int4 || type == onnx_int8 ||
                          type == onnx_int16 || type == onnx_int32 || type == onnx_int64;
    return has_sign ? -1 - onnxHighest(type) : 0;
}

std::int64_t onnxHighest(int type)
{
    if (type == onnx_bool)
        return 1;
    const bool has_no_sign = type == onnx_uint2 || type == onnx_uint4 || type == onnx_uint8 ||
                             type == onnx_uint16 || type == onnx_uint32;
    const int bits = std::max(1, onnxTypeBits(type)) - (has_no_sign ? 0 : 1);
    return bits >= 63 ? std::numeric_limits<std::int64_t>::max() : (std::int64_t(1) << bits) - 1;
}

bool keepsOnnxIntegers(int type, std::size_t count)
{
    return isOnnxInteger(type) && count <= most_exact_integers;
}

std::size_t onnxElements(const onnx::TensorProto& tensor)
{
    if (std::size_t(tensor.dims_size()) > largest_rank)
        throw OnnxInvalid{"it has " + std::to_string(tensor.dims_size()) + " dimensions"};
    std::uint64_t count = 1;
    for (const auto size : tensor.dims()) {
        if (size < 0)
            throw OnnxInvalid{"its size " + std::to_string(size) + " is negative"};
        if (std::uint64_t(size) > most_elements ||
            (size > 0 && count > most_elements / std::uint64_t(size)))
            throw OnnxInvalid{"its sizes are beyond the limit of 2^29 elements"};
        count *= std::uint64_t(size);
    }
    return std::size_t(count);
}

void checkOnnxTensor(const onnx::TensorProto& tensor)
{
    const std::size_t count = onnxElements(tensor);
    checkOneSource(tensor);
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
        onnxExternalPlace(tensor);
        return;
    }
    const std::size_t bytes = rawBytes(count, tensor.data_type());
    if (onnxTypeBits(tensor.data_type()) != 0 && tensor.has_raw_data() &&
        tensor.raw_data().size() != bytes)
        throw OnnxInvalid{"it holds " + std::to_string(tensor.raw_data().size()) +
                          " bytes, its sizes say " + std::to_string(bytes)};
}

OnnxConstant readOnnxTensor(const onnx::TensorProto& tensor, const std::filesystem::path* folder)
{
    OnnxConstant constant;
    constant.type = tensor.data_type();
    if (onnxTypeBits(constant.type) == 0)
        throw OnnxInvalid{"its element type (" + onnxTypeName(constant.type) + ") is not read"};
    const std::size_t count = onnxElements(tensor);
    constant.sizes.assign(tensor.dims().begin(), tensor.dims().end());
    checkOnnxTensor(tensor);
    const std::size_t bytes = rawBytes(count, constant.type);
    if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
        const auto place = onnxExternalPlace(tensor);
        if (!folder)
            throw OnnxInvalid{"its numbers are in another file, and this model was not opened "
                              "from a folder"};
        decodeRaw(readOnnxExternal(*folder, place, bytes), count, constant);
    } else if (tensor.has_raw_data()) {
        decodeRaw(std::as_bytes(std::span(tensor.raw_data())), count, constant);
    } else {
        decodeTyped(tensor, count, constant);
    }
    return constant;
}

} // namespace bitdial
