// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/interchange_losses.h"

#include <algorithm>

namespace bitdial {
namespace {

/// What every description by scales leaves open of the integers that the kernels compute.
void addArithmetic(std::vector<InterchangeLoss>& losses, const InterchangeRequest& request)
{
    const auto& network = *request.network;
    losses.push_back({"", "results are scaled in floating point; the integer code multiplies by "
                          "32-bit numbers and shifts, which can move a result by one step"});
    for (const auto& layer : network.layers()) {
        if (layer.kind == LayerKind::Add)
            losses.push_back({layer.name, "the add's operands are rounded to 8 bits of a common "
                                          "step inside the kernel, which is not said"});
        if (isRawOutput(network, layer.output))
            losses.push_back({layer.name, "its bias stays float; the integer code rounds it to "
                                          "steps of the accumulators"});
    }
}

void addRounding(std::vector<InterchangeLoss>& losses, InterchangeFormat format,
                 std::span<const TensorEncoding> encodings)
{
    const char* even = "numbers halfway between two steps round to the even one; the integer code "
                       "rounds them up, floor(x + 1/2)";
    if (format != InterchangeFormat::Qonnx) {
        losses.push_back({"", even});
        return;
    }
    for (const auto& encoding : encodings)
        if (!encoding.is_weight && encoding.is_signed && !encoding.scales.empty())
            losses.push_back({encoding.name,
                              "negative numbers halfway between two steps round away from zero "
                              "(HALF_UP); the integer code rounds them up, floor(x + 1/2)"});
}

void addAimet(std::vector<InterchangeLoss>& losses, const InterchangeRequest& request,
              std::span<const TensorEncoding> encodings)
{
    const auto version = std::string("AIMET ") + aimetVersionName(request.aimet_version);
    for (const auto& encoding : encodings)
        if (!aimetHasWidth(request.aimet_version, encoding.bits))
            losses.push_back(
                {encoding.name, std::string(encoding.is_weight ? "the weights' " : "") +
                                    std::to_string(encoding.bits) + " bits cannot be said in " +
                                    version + " (4 to 32): left out"});
    if (request.aimet_version == AimetVersion::V1_0_0)
        losses.push_back({"", version + " does not name the axis of scales per channel; it is the "
                                        "first one"});
    losses.push_back({"", "the network beside it is float; its weights are not rounded yet"});
}

void addEmptyChannels(std::vector<InterchangeLoss>& losses, const InterchangeRequest& request)
{
    const auto& network = *request.network;
    for (int i = 0; i < network.layerCount(); ++i) {
        const auto count = std::ranges::count(request.state.weight_scales[std::size_t(i)], 0.0F);
        if (count > 0)
            losses.push_back({network.layer(i).name, std::to_string(count) +
                                                         " channels of zeros have the scale 0, "
                                                         "which is written as 1"});
    }
}

} // namespace

std::vector<InterchangeLoss> interchangeLosses(const InterchangeRequest& request,
                                               InterchangeFormat format,
                                               std::span<const TensorEncoding> encodings)
{
    std::vector<InterchangeLoss> losses;
    if (format == InterchangeFormat::Csv) {
        losses.push_back({"", "a table of widths and scales: the network's numbers and layers are "
                              "no part of it"});
        return losses;
    }
    if (format == InterchangeFormat::Aimet)
        addAimet(losses, request, encodings);
    else
        losses.push_back({"", "batch norm stays a node of its own and biases stay float; the "
                              "integer code folds both"});
    addEmptyChannels(losses, request);
    addRounding(losses, format, encodings);
    addArithmetic(losses, request);
    return losses;
}

} // namespace bitdial
