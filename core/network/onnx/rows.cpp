// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <set>

namespace bitdial {
namespace {

const char* const not_broadcast = "its constant is not one number, or one per channel";

/// Between what is applied to a row and its linear layer.
constexpr int most_nodes_before = 8;

/// Where a constant's numbers belong to channels: `inner` neighbours share one of `channels`.
struct ChannelRuns {
    std::size_t inner = 1;
    std::size_t channels = 1;
};

} // namespace

/// Whether the value is one row of all numbers of a sample, of more than one axis.
bool OnnxReader::isRow(const OnnxValue& shown) const
{
    const auto dims = shownDims(shown);
    if (dims.size() != 2 || dims[0] != std::vector<int>{batch_axis} || dims[1].empty() ||
        dims[1] == std::vector<int>{channel_axis})
        return false;
    std::int64_t elements = 1;
    const auto sizes = sizesOf(shown.tensor);
    for (const int axis : dims[1])
        elements *= sizes[std::size_t(axis)];
    return elements == shapeOf(shown.tensor).elements();
}

/// The input of a node that can add to what waits for a linear layer.
OnnxValue OnnxReader::rowInput(const onnx::NodeProto& node, int index)
{
    if (onnxHasInput(node, index) && m_rows.contains(node.input(index)))
        return m_values.at(node.input(index));
    return input(node, index);
}

std::vector<float> OnnxReader::perChannel(const OnnxConstant& constant, const OnnxValue& shown)
{
    const auto sizes = sizesOf(shown.tensor);
    const auto channels = std::size_t(shapeOf(shown.tensor).channels);
    const std::size_t rank = constant.sizes.size();
    if (constant.values.empty() || rank > shown.dims.size())
        throw OnnxRefusal{not_broadcast};
    m_constants.charge(std::uint64_t(channels) * sizeof(float));
    if (constant.values.size() == 1)
        return std::vector<float>(channels, constant.values[0]);
    ChannelRuns runs;
    std::size_t inner = 1;
    for (std::size_t i = rank; i > 0; --i) {
        const auto& dim = shown.dims[i - 1 + shown.dims.size() - rank];
        const auto size = constant.sizes[i - 1];
        if (size == 1)
            continue;
        std::int64_t whole = 1;
        for (std::size_t a = dim.size(); a > 0; --a) {
            if (dim[a - 1] == channel_axis)
                runs = {inner * std::size_t(whole), channels};
            whole *= sizes[std::size_t(dim[a - 1])];
        }
        if (size != whole || std::ranges::find(dim, int(batch_axis)) != dim.end())
            throw OnnxRefusal{not_broadcast};
        inner *= std::size_t(size);
    }
    std::vector<float> numbers(channels, constant.values[0]);
    bool uniform = true;
    for (std::size_t c = 0; c < runs.channels; ++c)
        if (runs.channels > 1)
            numbers[c] = constant.values[c * runs.inner];
    for (std::size_t i = 0; uniform && i < constant.values.size(); ++i)
        uniform = constant.values[i] == numbers[i / runs.inner % runs.channels];
    if (uniform)
        return numbers;
    const bool row =
        isRow(shown) && std::int64_t(constant.values.size()) == shapeOf(shown.tensor).elements();
    if (!row)
        throw OnnxRefusal{not_broadcast};
    m_constants.charge(std::uint64_t(constant.values.size()) * sizeof(float));
    return constant.values;
}

/// Whether what waits at the value reaches a linear layer that takes it in.
bool OnnxReader::leadsToLinear(const std::string& value) const
{
    static const std::set<std::string> handing_on = {
        "Add", "Sub", "Mul", "Div", "Identity", "Dropout", "Neg", "BatchNormalization"};
    const std::string* name = &value;
    for (int i = 0; i < most_nodes_before; ++i) {
        const auto reader = m_patterns.sole_readers.find(*name);
        if (reader == m_patterns.sole_readers.end() || !isStandardOnnx(*reader->second))
            return false;
        const auto& node = *reader->second;
        if ((node.op_type() == "MatMul" || node.op_type() == "Gemm") && node.input(0) == *name)
            return true;
        const bool constant_else = std::ranges::all_of(node.input(), [&](const std::string& input) {
            return input.empty() || input == *name || m_constants.has(input);
        });
        if (!handing_on.contains(node.op_type()) || !constant_else || node.output_size() == 0)
            return false;
        name = &node.output(0);
    }
    return false;
}

bool OnnxReader::waitsAsRow(const onnx::NodeProto& node) const
{
    return std::ranges::any_of(node.input(),
                               [&](const std::string& name) { return m_rows.contains(name); });
}

/// One number per channel as one for each place of the row; empty: the fallback.
std::vector<float> OnnxReader::alongRow(std::vector<float> numbers, const OnnxValue& in,
                                        float fallback) const
{
    const auto count = std::size_t(shapeOf(in.tensor).elements());
    if (numbers.size() == count)
        return numbers;
    const auto sizes = sizesOf(in.tensor);
    std::size_t inner = 1;
    const auto row = shownDims(in).back();
    for (std::size_t a = row.size(); a > 0 && row[a - 1] != channel_axis; --a)
        inner *= std::size_t(sizes[std::size_t(row[a - 1])]);
    std::vector<float> all(count, fallback);
    for (std::size_t i = 0; !numbers.empty() && i < count; ++i)
        all[i] = numbers[i / inner % numbers.size()];
    return all;
}

/// y = scale * x + shift for each number of the row, kept until the linear layer that reads it.
void OnnxReader::rowAffine(const onnx::NodeProto& node, const OnnxValue& in, RowAffine row)
{
    if (!leadsToLinear(node.output(0)))
        throw OnnxRefusal{"it has a number for each place of the map, which only a linear layer "
                          "right behind it can take in"};
    const auto count = std::size_t(shapeOf(in.tensor).elements());
    m_constants.charge(2 * count * sizeof(float));
    row.scale = alongRow(std::move(row.scale), in, 1);
    row.shift = alongRow(std::move(row.shift), in, 0);
    for (const auto& name : node.input()) {
        const auto before = m_rows.find(name);
        if (before == m_rows.end())
            continue;
        for (std::size_t i = 0; i < count; ++i) {
            row.shift[i] += row.scale[i] * before->second.shift[i];
            row.scale[i] *= before->second.scale[i];
        }
        m_rows.erase(before);
        m_constants.giveBack(2 * count * sizeof(float));
        break;
    }
    row.node = &node;
    m_values[node.output(0)] = OnnxValue(in);
    m_rows[node.output(0)] = std::move(row);
    report(node, NodeFate::Fused, "into the linear layer behind it");
}

/// Hands on what waits; false when nothing does.
bool OnnxReader::passRowThrough(const onnx::NodeProto& node)
{
    if (!onnxHasInput(node, 0) || !leadsToLinear(node.output(0)))
        return false;
    auto waiting = m_rows.extract(node.input(0));
    if (waiting.empty())
        return false;
    m_values[node.output(0)] = OnnxValue(m_values.at(node.input(0)));
    waiting.key() = node.output(0);
    m_rows.insert(std::move(waiting));
    report(node, NodeFate::PassedThrough, "keeps its input's values");
    return true;
}

std::optional<OnnxReader::RowAffine> OnnxReader::takeRowAffine(const onnx::NodeProto& node)
{
    auto waiting = m_rows.extract(node.input(0));
    if (waiting.empty())
        return {};
    m_constants.giveBack(2 * waiting.mapped().scale.size() * sizeof(float));
    return std::move(waiting.mapped());
}

/// W (s * x + t) + b is (W s) x + (W t + b). `places` are the row's numbers in C, H, W order.
void OnnxReader::applyRowAffine(const RowAffine& row, const std::vector<std::size_t>& places,
                                LayerParameters& p)
{
    const std::size_t inputs = places.size();
    const std::size_t outputs = p.weights.size() / inputs;
    p.bias.resize(outputs, 0.0F);
    for (std::size_t o = 0; o < outputs; ++o) {
        double sum = double(p.bias[o]);
        for (std::size_t i = 0; i < inputs; ++i) {
            float& weight = p.weights[o * inputs + places[i]];
            sum += double(weight) * double(row.shift[i]);
            weight *= row.scale[i];
        }
        p.bias[o] = float(sum);
    }
}

} // namespace bitdial
