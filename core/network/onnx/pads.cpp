// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/reader.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::int64_t largest_pad = 4096;

} // namespace

/// A convolution of one weight 1 per channel: it changes nothing but what its padding, bias or
/// batch normalisation says.
int OnnxReader::identityLayer(const onnx::NodeProto& node, int tensor, const Padding& padding,
                              LayerParameters parameters)
{
    const TensorShape in = shapeOf(tensor);
    m_constants.charge(std::uint64_t(in.channels) * sizeof(float));
    Layer layer;
    layer.kind = in.channels == 1 ? LayerKind::Conv : LayerKind::DepthwiseConv;
    layer.name = uniqueName(onnxNodeName(node));
    layer.inputs = {tensor};
    layer.geometry.input = in;
    layer.geometry.padding = padding;
    parameters.weights.assign(std::size_t(in.channels), 1.0F);
    return appendLayer(std::move(layer), std::move(parameters),
                       {in.channels, in.height + padding.top + padding.bottom,
                        in.width + padding.left + padding.right},
                       node.output(0));
}

void OnnxReader::pad(const onnx::NodeProto& node)
{
    const OnnxValue in = input(node);
    const auto mode = onnxText(node, "mode", "constant");
    if (mode != "constant")
        throw OnnxRefusal{"its mode " + onnxQuoted(mode) + " is not supported"};
    const auto pads = onnxHasInput(node, 1) ? m_constants.integers(node.input(1))
                                            : onnxIntegers(node, "pads", {});
    float fill = onnxFloat(node, "value", 0);
    if (onnxHasInput(node, 2)) {
        const auto given = constant(node, 2);
        if (given->values.size() != 1)
            throw OnnxRefusal{"its value is not a single number"};
        fill = given->values[0];
    }
    if (!(fill <= 0)) // below 0 a max-pooling may still take it as its own
        throw OnnxRefusal{"it pads with another number than 0"};
    std::vector<std::int64_t> axes(in.dims.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        axes[i] = std::int64_t(i);
    if (onnxHasInput(node, 3))
        axes = m_constants.integers(node.input(3));
    if (pads.size() != 2 * axes.size())
        throw OnnxRefusal{"its pads do not fit its input"};
    PendingPad pending{{}, fill, &node, m_description.report.size()};
    bool any = false;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        const auto before = pads[i];
        const auto after = pads[i + axes.size()];
        if (before == 0 && after == 0)
            continue;
        const auto& dim = in.dims[std::size_t(onnxAxis(axes[i], in.dims.size()))];
        if (dim.size() != 1 || dim[0] < height_axis || std::min(before, after) < 0 ||
            std::max(before, after) > largest_pad)
            throw OnnxRefusal{"it pads by a negative or too large number, or another dimension "
                              "than height and width"};
        any = true;
        auto& p = pending.padding;
        (dim[0] == height_axis ? p.top : p.left) = int(before);
        (dim[0] == height_axis ? p.bottom : p.right) = int(after);
    }
    show(node, in.dims);
    if (any)
        m_pads[node.output(0)] = pending;
}

/// What reads the padded value is no convolution or pooling: the Pad becomes a layer.
void OnnxReader::materialisePad(const std::string& name)
{
    const PendingPad pending = m_pads.at(name);
    m_pads.erase(name);
    OnnxValue& padded = m_values.at(name);
    if (pending.value != 0)
        throw OnnxRefusal{"the Pad before it, " + onnxQuoted(onnxNodeName(*pending.node)) +
                          ", does not pad with zeros"};
    padded.tensor = identityLayer(*pending.node, padded.tensor, pending.padding, {});
    m_description.report[pending.report] = {onnxNodeName(*pending.node), "Pad",
                                            NodeFate::Quantizable, "depthwise layer of weights 1"};
}

/// Whether the dimension runs over the channels alone.
bool OnnxReader::isChannelDim(const OnnxValue& shown, std::size_t dim) const
{
    if (dim >= shown.dims.size())
        return false;
    const auto dims = shownDims(shown);
    return shapeOf(shown.tensor).channels == 1 ? dims[dim].empty()
                                               : dims[dim] == std::vector<int>{channel_axis};
}

} // namespace bitdial
