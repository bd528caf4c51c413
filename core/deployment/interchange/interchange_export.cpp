// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/interchange_export.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/deployment/interchange/interchange_losses.h"
#include "core/deployment/interchange/loss_report.h"
#include "core/network/onnx/quantized_export.h"
#include "core/network/open/open_network.h"
#include "core/quantization/encodings_csv.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace bitdial {
namespace {

constexpr std::array<std::pair<InterchangeFormat, const char*>, 4> format_names = {
    {{InterchangeFormat::OnnxQdq, "onnx-qdq"},
     {InterchangeFormat::Qonnx, "qonnx"},
     {InterchangeFormat::Aimet, "aimet"},
     {InterchangeFormat::Csv, "csv"}}};
constexpr const char* network_file = "network.onnx";
constexpr const char* encodings_file = "network.encodings";
constexpr const char* table_file = "bits.csv";
constexpr std::size_t most_named = 10;

[[noreturn]] void infeasible(const InterchangeRequest& request, const std::string& why,
                             const std::string& next)
{
    throw Error(ErrorCode::Infeasible, "The network cannot be exported", request.network->name(),
                why, next);
}

std::string described(const TensorEncoding& encoding)
{
    return std::string(encoding.is_weight ? "weights of '" : "'") + shownName(encoding.name) + "'";
}

void checkRequest(const InterchangeRequest& request)
{
    const auto& network = *request.network;
    const auto& state = request.state;
    if (request.bits.empty() || !network.hasParameters() ||
        state.weight_scales.size() != std::size_t(network.layerCount()) ||
        state.activations.size() != std::size_t(network.tensorCount()))
        infeasible(request, "it has no numbers, or its bits and scales are of another network",
                   "Give a network with weights, and calibrate it");
}

/// The encodings with scales that the formats allow: that of a channel of zeros becomes 1.
std::vector<TensorEncoding> writableEncodings(const InterchangeRequest& request)
{
    auto encodings = encodingsOf(*request.network, request.bits, request.state);
    for (auto& encoding : encodings)
        for (float& scale : encoding.scales) {
            if (encoding.is_weight && scale == 0)
                scale = 1;
            if (!(scale > 0) || !std::isnormal(scale))
                infeasible(request, described(encoding) + " has no positive, normal scale",
                           "Calibrate the ranges again");
        }
    return encodings;
}

GraphQuantizers quantizersOf(const InterchangeRequest& request,
                             const std::vector<TensorEncoding>& encodings)
{
    const auto& network = *request.network;
    GraphQuantizers quantizers;
    quantizers.codes.resize(std::size_t(network.layerCount()));
    auto encoding = encodings.begin(); // first weights, then activations, in the network's order
    const auto next = [&] {
        const bool is_raw = encoding->scales.empty();
        GraphQuantizer quantizer{is_raw ? 0 : encoding->bits, encoding->is_signed,
                                 encoding->scales};
        ++encoding;
        return quantizer;
    };
    for (int i = 0; i < network.layerCount(); ++i) {
        quantizers.weights.emplace_back();
        if (!network.layer(i).hasWeights())
            continue;
        const auto layer = std::size_t(i);
        quantizers.weights.back() = next();
        quantizers.codes[layer] =
            weightIntegers(network.parameters()->layers[layer].weights,
                           request.state.weight_scales[layer], request.bits.weightBits(i));
    }
    for (int t = 0; t < network.tensorCount(); ++t)
        quantizers.activations.push_back(next());
    return quantizers;
}

/// Refuses an opset below what the widths need, with each tensor that needs more.
void checkOpset(const InterchangeRequest& request, const std::vector<TensorEncoding>& encodings)
{
    const int opset = *request.opset;
    std::string named;
    std::size_t count = 0;
    int needed = oldest_qdq_opset;
    for (const auto& encoding : encodings) {
        const int own = qdqOpsetOf(encoding.bits);
        if (encoding.scales.empty() || own <= opset)
            continue;
        needed = std::max(needed, own);
        if (++count <= most_named)
            named += (count > 1 ? ", " : "") + described(encoding) + " (" +
                     std::to_string(encoding.bits) + " bits need opset " + std::to_string(own) +
                     ")";
    }
    if (count > most_named)
        named += " and " + std::to_string(count - most_named) + " more";
    if (count > 0)
        infeasible(request,
                   "opset " + std::to_string(opset) + " has no integers of the width of " + named,
                   "Choose opset " + std::to_string(needed) + ", or leave the choice out");
}

std::string textOf(const std::vector<std::byte>& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string qdqText(const InterchangeRequest& request, const std::vector<TensorEncoding>& encodings)
{
    const auto quantizers = quantizersOf(request, encodings);
    if (request.opset)
        checkOpset(request, encodings);
    const int opset = request.opset.value_or(qdqOpset(*request.network, quantizers));
    return textOf(exportQdqOnnx(*request.network, quantizers, opset));
}

std::string aimetText(const InterchangeRequest& request, std::vector<TensorEncoding> encodings)
{
    // The network beside it then has other names for the weights.
    for (const auto& layer : request.network->layers())
        for (const auto& tensor : request.network->tensors())
            if (layer.hasWeights() && tensor.name == layer.name + ".weight")
                infeasible(request,
                           "the activation '" + shownName(tensor.name) +
                               "' has the name that the file gives to a layer's weights",
                           "Rename it in the network");
    std::erase_if(encodings, [&](const TensorEncoding& encoding) {
        return !aimetHasWidth(request.aimet_version, encoding.bits);
    });
    return toAimetEncodings(*request.network, encodings, request.aimet_version);
}

} // namespace

const char* interchangeFormatName(InterchangeFormat format)
{
    return std::ranges::find(format_names, format, [](const auto& row) { return row.first; })
        ->second;
}

std::optional<InterchangeFormat> interchangeFormatNamed(const std::string& name)
{
    for (const auto& [format, known] : format_names)
        if (name == known)
            return format;
    return std::nullopt;
}

InterchangeExport interchangeFiles(const InterchangeRequest& asked, InterchangeFormat format)
{
    InterchangeRequest request = asked;
    request.network = asked.network->withParameters(asked.state.parameters);
    checkRequest(request);
    InterchangeExport result;
    auto& files = result.files;
    if (format == InterchangeFormat::Csv) { // the only one that can say a scale of 0
        const auto encodings = encodingsOf(*request.network, request.bits, request.state);
        files[table_file] = toEncodingsCsv(*request.network, encodings);
        result.losses = interchangeLosses(request, format, encodings);
    } else {
        const auto encodings = writableEncodings(request);
        if (format == InterchangeFormat::OnnxQdq)
            files[network_file] = qdqText(request, encodings);
        if (format == InterchangeFormat::Qonnx)
            files[network_file] =
                textOf(exportQonnx(*request.network, quantizersOf(request, encodings)));
        if (format == InterchangeFormat::Aimet) {
            files[encodings_file] = aimetText(request, encodings);
            files[network_file] = textOf(exportOnnx(*request.network));
        }
        result.losses = interchangeLosses(request, format, encodings);
    }
    const LossReport report{request.title, interchangeFormatName(format), *request.network,
                            request.bits, result.losses};
    files["report.txt"] = lossReportText(report);
    files["report.json"] = lossReportJson(report);
    return result;
}

std::vector<InterchangeLoss> exportInterchange(const InterchangeRequest& request,
                                               InterchangeFormat format,
                                               const std::filesystem::path& folder)
{
    checkExportFolder(folder);
    auto result = interchangeFiles(request, format);
    writeExportFolder(folder, result.files);
    return std::move(result.losses);
}

} // namespace bitdial
