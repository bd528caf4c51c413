// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/state_encoding.h"

#include "core/base/error.h"
#include "core/base/sha256.h"

#include <array>
#include <bit>
#include <cstring>

namespace bitdial {
namespace {

static_assert(std::endian::native == std::endian::little, "the binary form is little endian");
constexpr std::uint32_t magic = 0x53514442; ///< "BDQS"
constexpr std::uint32_t version = 1;

class Writer {
public:
    void word(std::uint32_t value) { raw(&value, sizeof value); }
    void number(float value) { raw(&value, sizeof value); }
    void numbers(const std::vector<float>& values)
    {
        word(std::uint32_t(values.size()));
        raw(values.data(), values.size() * sizeof(float));
    }
    std::vector<std::byte> take() { return std::move(m_bytes); }

private:
    void raw(const void* data, std::size_t size)
    {
        const auto* first = static_cast<const std::byte*>(data);
        m_bytes.insert(m_bytes.end(), first, first + size);
    }
    std::vector<std::byte> m_bytes;
};

[[noreturn]] void damaged(const std::string& why)
{
    throw Error(ErrorCode::BadInput, "Stored quantized weights are damaged", "quantization state",
                why, "Restore the project file from a copy, or measure the point again");
}

/// Reads what Writer wrote; every count is checked against the bytes that are left.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : m_rest(bytes) {}
    std::uint32_t word() { return read<std::uint32_t>(); }
    float number() { return read<float>(); }
    bool flag()
    {
        const auto value = word();
        if (value > 1)
            damaged("a flag is neither 0 nor 1");
        return value == 1;
    }
    /// A count of things that take at least `bytes_each` bytes.
    std::size_t count(std::size_t bytes_each)
    {
        const std::size_t value = word();
        if (value > m_rest.size() / bytes_each)
            damaged("it is shorter than it says");
        return value;
    }
    std::vector<float> numbers()
    {
        std::vector<float> values(count(sizeof(float)));
        if (!values.empty())
            std::memcpy(values.data(), m_rest.data(), values.size() * sizeof(float));
        m_rest = m_rest.subspan(values.size() * sizeof(float));
        return values;
    }
    std::size_t left() const { return m_rest.size(); }
    void checkEnd() const
    {
        if (!m_rest.empty())
            damaged("it is longer than it says");
    }

private:
    template <typename T> T read()
    {
        T value;
        if (m_rest.size() < sizeof value)
            damaged("it ends early");
        std::memcpy(&value, m_rest.data(), sizeof value);
        m_rest = m_rest.subspan(sizeof value);
        return value;
    }
    std::span<const std::byte> m_rest;
};

void writeLayer(Writer& writer, const LayerParameters& layer)
{
    writer.numbers(layer.weights);
    writer.numbers(layer.bias);
    writer.word(layer.batch_norm ? 1 : 0);
    if (!layer.batch_norm)
        return;
    const auto& bn = *layer.batch_norm;
    for (const auto* values : {&bn.scale, &bn.shift, &bn.mean, &bn.variance})
        writer.numbers(*values);
    writer.number(bn.epsilon);
}

LayerParameters readLayer(Reader& reader)
{
    LayerParameters layer;
    layer.weights = reader.numbers();
    layer.bias = reader.numbers();
    if (!reader.flag())
        return layer;
    auto& bn = layer.batch_norm.emplace();
    for (auto* values : {&bn.scale, &bn.shift, &bn.mean, &bn.variance})
        *values = reader.numbers();
    bn.epsilon = reader.number();
    return layer;
}

std::vector<std::byte> encodeParameters(const NetworkParameters* parameters)
{
    Writer writer;
    const auto layers =
        parameters != nullptr ? std::span(parameters->layers) : std::span<const LayerParameters>();
    writer.word(std::uint32_t(layers.size()));
    for (const auto& layer : layers)
        writeLayer(writer, layer);
    return writer.take();
}

std::vector<std::byte> encodeQuantizers(const QuantizationState& state)
{
    Writer writer;
    writer.word(std::uint32_t(state.weight_scales.size()));
    for (const auto& scales : state.weight_scales)
        writer.numbers(scales);
    writer.word(std::uint32_t(state.activations.size()));
    for (const auto& activation : state.activations) {
        writer.number(activation.scale);
        writer.word(activation.is_signed ? 1 : 0);
    }
    return writer.take();
}

std::shared_ptr<const NetworkParameters> readParameters(Reader& reader)
{
    auto parameters = std::make_shared<NetworkParameters>();
    const std::size_t layers = reader.count(12);
    for (std::size_t i = 0; i < layers; ++i)
        parameters->layers.push_back(readLayer(reader));
    return parameters;
}

void readQuantizers(Reader& reader, QuantizationState& state)
{
    const std::size_t scales = reader.count(4);
    for (std::size_t i = 0; i < scales; ++i)
        state.weight_scales.push_back(reader.numbers());
    const std::size_t activations = reader.count(8);
    for (std::size_t i = 0; i < activations; ++i) {
        const float scale = reader.number();
        state.activations.push_back({scale, reader.flag()});
    }
}

} // namespace

std::string stateHash(std::span<const std::byte> parameters, std::span<const std::byte> quantizers)
{
    constexpr std::array head = {magic, version};
    Sha256 sha;
    sha.update(std::as_bytes(std::span(head)));
    sha.update(parameters);
    sha.update(quantizers);
    return sha.hexDigest();
}

EncodedState encodeState(const QuantizationState& state)
{
    EncodedState encoded;
    encoded.parameters = encodeParameters(state.parameters.get());
    encoded.quantizers = encodeQuantizers(state);
    encoded.parameters_hash = sha256Hex(encoded.parameters);
    encoded.hash = stateHash(encoded.parameters, encoded.quantizers);
    return encoded;
}

QuantizationState decodeState(std::span<const std::byte> parameters,
                              std::span<const std::byte> quantizers)
{
    QuantizationState state;
    Reader numbers(parameters);
    state.parameters = readParameters(numbers);
    numbers.checkEnd();
    Reader rest(quantizers);
    readQuantizers(rest, state);
    rest.checkEnd();
    return state;
}

EncodedState splitState(std::span<const std::byte> whole)
{
    Reader reader(whole);
    if (reader.word() != magic)
        damaged("it does not begin with its mark");
    if (const auto found = reader.word(); found != version)
        damaged("its version is " + std::to_string(found) + ", this program reads " +
                std::to_string(version));
    const std::size_t begin = whole.size() - reader.left();
    readParameters(reader);
    const std::size_t end = whole.size() - reader.left();
    QuantizationState ignored;
    readQuantizers(reader, ignored);
    reader.checkEnd();
    const auto parameters = whole.subspan(begin, end - begin);
    const auto quantizers = whole.subspan(end);
    return {sha256Hex(whole),
            sha256Hex(parameters),
            {parameters.begin(), parameters.end()},
            {quantizers.begin(), quantizers.end()}};
}

} // namespace bitdial
