// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/quantized_export.h"

#include "core/base/error.h"
#include "core/network/network_check.h"
#include "core/network/onnx/tensors.h"
#include "core/network/onnx/writer.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <span>

namespace bitdial {
namespace {

constexpr const char* qonnx_domain = "qonnx.custom_op.general";

int codeType(const GraphQuantizer& quantizer)
{
    if (quantizer.bits == 8)
        return quantizer.is_signed ? onnx_int8 : onnx_uint8;
    if (quantizer.bits == 4)
        return quantizer.is_signed ? onnx_int4 : onnx_uint4;
    return quantizer.is_signed ? onnx_int2 : onnx_uint2;
}

/// The codes as raw_data holds them: of 4 and 2 bits several a byte, the first in the low bits.
std::string packed(std::span<const std::int8_t> codes, int bits)
{
    const auto per_byte = std::size_t(8 / bits);
    const unsigned mask = (1U << bits) - 1;
    std::string bytes((codes.size() + per_byte - 1) / per_byte, '\0');
    for (std::size_t i = 0; i < codes.size(); ++i) {
        const unsigned code = (unsigned(codes[i]) & mask) << (i % per_byte * unsigned(bits));
        bytes[i / per_byte] = char(std::uint8_t(bytes[i / per_byte]) | code);
    }
    return bytes;
}

/// What both dialects share: a quantized activation has a value of its own before the quantizer.
class QuantizedWriter : public OnnxWriter {
public:
    QuantizedWriter(const Network& network, const GraphQuantizers& quantizers, int opset)
        : OnnxWriter(network, opset), m_quantizers(quantizers)
    {
        for (int t = 0; t < network.tensorCount(); ++t) {
            const auto& name = network.tensor(t).name;
            const bool is_input = t == network.input();
            const bool quantized = activation(t).bits != 0;
            m_made.push_back(quantized && !is_input ? unusedName(name + ".float") : name);
            m_read.push_back(quantized && is_input ? unusedName(name + ".quantized") : name);
        }
    }

protected:
    const GraphQuantizer& activation(int tensor) const
    {
        return m_quantizers.activations[std::size_t(tensor)];
    }
    const GraphQuantizer& weight(int layer) const
    {
        return m_quantizers.weights[std::size_t(layer)];
    }
    std::span<const std::int8_t> codes(int layer) const
    {
        return m_quantizers.codes[std::size_t(layer)];
    }
    // The network's input keeps its name; of every other tensor what is read does.
    std::string madeName(int tensor) const override { return m_made[std::size_t(tensor)]; }
    std::string readName(int tensor) const override { return m_read[std::size_t(tensor)]; }

private:
    const GraphQuantizers& m_quantizers;
    std::vector<std::string> m_made;
    std::vector<std::string> m_read;
};

class QdqWriter : public QuantizedWriter {
public:
    using QuantizedWriter::QuantizedWriter;

protected:
    std::string writeWeights(int layer, const std::vector<std::int64_t>& sizes) override
    {
        const auto& quantizer = weight(layer);
        const auto name = network().layer(layer).name + ".weight";
        auto* integers = initializer(name + ".codes", codeType(quantizer), sizes);
        integers->set_raw_data(packed(codes(layer), quantizer.bits));
        const auto [scale, zero] = parameters(name, quantizer);
        auto real = unusedName(name);
        auto* n =
            node("DequantizeLinear", name + ".dequantize", {integers->name(), scale, zero}, real);
        if (quantizer.scales.size() > 1)
            integer(n, "axis", 0);
        return real;
    }

    void finishTensor(int tensor) override
    {
        const auto& quantizer = activation(tensor);
        if (quantizer.bits == 0)
            return;
        const auto& name = network().tensor(tensor).name;
        const auto [scale, zero] = parameters(name, quantizer);
        const auto integers = unusedName(name + ".codes");
        node("QuantizeLinear", name + ".quantize", {madeName(tensor), scale, zero}, integers);
        node("DequantizeLinear", name + ".dequantize", {integers, scale, zero}, readName(tensor));
    }

private:
    /// Names of the scale and of the zero point, which also says the type of the codes.
    std::pair<std::string, std::string> parameters(const std::string& name,
                                                   const GraphQuantizer& quantizer)
    {
        const std::size_t count = quantizer.scales.size();
        const std::vector<std::int64_t> sizes = count > 1
                                                    ? std::vector<std::int64_t>{std::int64_t(count)}
                                                    : std::vector<std::int64_t>{};
        const std::vector<std::int8_t> zeros(count, 0);
        auto* zero = initializer(name + ".zero_point", codeType(quantizer), sizes);
        zero->set_raw_data(packed(zeros, quantizer.bits));
        const std::string zero_name = zero->name(); // the next initializer moves this one
        return {floats(name + ".scale", quantizer.scales, sizes), zero_name};
    }
};

class QonnxWriter : public QuantizedWriter {
public:
    QonnxWriter(const Network& network, const GraphQuantizers& quantizers)
        : QuantizedWriter(network, quantizers, floatOpset(network))
    {
        importDomain(qonnx_domain, 1);
    }

protected:
    std::string writeWeights(int layer, const std::vector<std::int64_t>& sizes) override
    {
        const auto& quantizer = weight(layer);
        const auto name = network().layer(layer).name + ".weight";
        const auto integers = codes(layer);
        const std::size_t per_scale = integers.size() / quantizer.scales.size();
        std::vector<float> rounded(integers.size());
        for (std::size_t i = 0; i < rounded.size(); ++i)
            rounded[i] = float(integers[i]) * quantizer.scales[i / per_scale];
        std::vector<std::int64_t> scale_sizes;
        if (quantizer.scales.size() > 1) {
            scale_sizes.assign(sizes.size(), 1);
            scale_sizes[0] = sizes[0];
        }
        auto real = unusedName(name + ".quantized");
        quantize(name, floats(name, rounded, sizes), real, quantizer, scale_sizes, "ROUND");
        return real;
    }

    void finishTensor(int tensor) override
    {
        if (activation(tensor).bits != 0)
            quantize(network().tensor(tensor).name, madeName(tensor), readName(tensor),
                     activation(tensor), {}, "HALF_UP");
    }

private:
    void quantize(const std::string& name, const std::string& from, const std::string& to,
                  const GraphQuantizer& quantizer, const std::vector<std::int64_t>& sizes,
                  const std::string& rounding)
    {
        const auto scale = floats(name + ".scale", quantizer.scales, sizes);
        const auto zero = floats(name + ".zero_point", {0.0F}, {});
        const auto bits = floats(name + ".bitwidth", {float(quantizer.bits)}, {});
        auto* n = node("IntQuant", name + ".quantize", {from, scale, zero, bits}, to);
        n->set_domain(qonnx_domain);
        integer(n, "signed", quantizer.is_signed ? 1 : 0);
        integer(n, "narrow", 0);
        text(n, "rounding_mode", rounding);
    }
};

void checkNetwork(const Network& network)
{
    if (!network.hasParameters())
        throw Error(ErrorCode::Infeasible, "Cannot write the network as ONNX", network.name(),
                    "it has no weights", "Train it first");
    checkSupported(network);
}

} // namespace

int qdqOpsetOf(int bits)
{
    return bits == 2 ? 25 : bits == 4 ? 21 : oldest_qdq_opset;
}

int qdqOpset(const Network& network, const GraphQuantizers& quantizers)
{
    int opset = std::max(oldest_qdq_opset, floatOpset(network));
    for (const auto* list : {&quantizers.weights, &quantizers.activations})
        for (const auto& quantizer : *list)
            opset = std::max(opset, qdqOpsetOf(quantizer.bits));
    return opset;
}

std::vector<std::byte> exportQdqOnnx(const Network& network, const GraphQuantizers& quantizers,
                                     int opset)
{
    checkNetwork(network);
    const int needed = qdqOpset(network, quantizers);
    if (opset < needed || opset > newest_qdq_opset)
        throw Error(ErrorCode::Infeasible, "Cannot write the network as ONNX QDQ", network.name(),
                    "opset " + std::to_string(opset) + " is not between " + std::to_string(needed) +
                        ", which it needs, and " + std::to_string(newest_qdq_opset),
                    "Choose opset " + std::to_string(needed));
    return QdqWriter(network, quantizers, opset).write({});
}

std::vector<std::byte> exportQonnx(const Network& network, const GraphQuantizers& quantizers)
{
    checkNetwork(network);
    return QonnxWriter(network, quantizers).write({});
}

} // namespace bitdial
