// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/deeploy_export.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/deployment/interchange/deeploy_graph.h"
#include "core/deployment/interchange/deployer_files.h"
#include "core/deployment/interchange/npz_writer.h"
#include "core/deployment/interchange/padded_planes.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/quantization/requantization.h"

#include <algorithm>
#include <cstdlib>

namespace bitdial {
namespace {

/// The largest absolute logit that any input can have, or its sum before the bias.
std::int64_t logitBound(const IntegerNetwork& folded)
{
    const int producer = folded.network->tensor(folded.network->output()).producer;
    const auto& layer = folded.layers[std::size_t(producer)];
    std::int64_t bound = 1;
    const IntegerRange input = integerRange(layer.inputs[0].bits, layer.inputs[0].is_signed);
    for (std::size_t c = 0; c < layer.bias.size(); ++c) {
        const std::size_t length = layer.weights.size() / layer.bias.size();
        const auto range =
            accumulatorRange(std::span(layer.weights).subspan(c * length, length), input);
        for (const std::int64_t acc : {range.acc_low, range.acc_high})
            bound = std::max({bound, std::abs(acc), std::abs(acc + layer.bias[c])});
    }
    return bound;
}

/// What every golden input gives, and what Deeploy makes of its logits.
struct Runs {
    std::vector<std::vector<std::int32_t>> tensors; ///< of the first input that shows its sign
    LogitNarrowing narrowing;
    int inputs = 0;
    int same_class = 0; ///< inputs whose first largest narrowed logit is that of the full ones
};

Runs runAll(const ExportRequest& request)
{
    const auto& network = *request.network->network;
    IntegerExecutor executor(request.network);
    executor.keepAllTensors(true);
    Runs runs;
    std::vector<std::vector<std::int32_t>> logits;
    std::vector<std::int32_t> all;
    for (const auto& input : request.golden_inputs) {
        executor.run(input);
        // Deeploy takes an input without negative values for unsigned.
        const auto& integers = executor.tensor(network.input());
        if (runs.tensors.empty() && (!request.network->input.is_signed ||
                                     std::ranges::any_of(integers, [](int x) { return x < 0; })))
            for (int t = 0; t < network.tensorCount(); ++t)
                runs.tensors.push_back(executor.tensor(t));
        logits.push_back(executor.tensor(network.output()));
        all.insert(all.end(), logits.back().begin(), logits.back().end());
    }
    if (runs.tensors.empty())
        throw Error(ErrorCode::Infeasible, "The network cannot be exported to Deeploy",
                    shownName(network.name()),
                    "its input is signed, but no golden input has a negative value, and Deeploy "
                    "takes the type from the values",
                    "Give more golden inputs");
    runs.narrowing = chooseNarrowing(all, logitBound(*request.network));
    for (const auto& full : logits) {
        std::vector<std::int32_t> narrow;
        narrow.reserve(full.size());
        for (const auto logit : full)
            narrow.push_back(runs.narrowing.narrowed(logit));
        const auto best = std::ranges::max_element(full) - full.begin();
        runs.same_class += std::ranges::max_element(narrow) - narrow.begin() == best ? 1 : 0;
        ++runs.inputs;
    }
    return runs;
}

std::string readmeText(const ExportRequest& request)
{
    return "# " + shownName(request.title) +
           " for Deeploy\n\n"
           "Made for Deeploy's PULP platform (bf64cfae):\n\n"
           "    python deeployRunner_tiled_" +
           (request.profile->name().starts_with("gap9") ? "gap9" : "siracusa") +
           ".py -t <this folder>\n\n"
           "The runners without tiles round otherwise: they make each offset a multiple of its "
           "factor, unless the folder lies at a path with `MatMul/Regular_RQ` in it.\n\n"
           "- `network.onnx`: the network in integers, with a RequantShift behind every "
           "operation; linear layers are convolutions over the whole map, because Deeploy's own "
           "kernel for them uses wrong factors for a core's odd neuron\n"
           "- `inputs.npz`, `outputs.npz`: a golden input and its result; one with negative values "
           "where the input is signed, because Deeploy takes the type from the values\n"
           "- `activations.npz`: every tensor between them\n"
           "- `report.txt`, `report.json`: what Deeploy is told otherwise than the integer network "
           "computes\n";
}

} // namespace

std::vector<InterchangeLoss> exportDeeploy(const ExportRequest& request,
                                           const std::filesystem::path& folder)
{
    checkDeployerRequest(request, "Deeploy", folder);
    const auto& network = *request.network->network;
    deeployGraph(*request.network, {}); // refuses before the network is run
    const Runs runs = runAll(request);
    auto graph = deeployGraph(*request.network, runs.narrowing);
    const int last = network.tensor(network.output()).producer;
    const bool narrows = request.network->layers[std::size_t(last)].output.bits == 32;
    if (narrows)
        graph.losses.push_back(
            {network.layer(last).name,
             "its 32-bit results become 8 bits, because Deeploy's PULP kernels have no others: "
             "clip8((" +
                 std::to_string(runs.narrowing.mul) + " x + half) >> " +
                 std::to_string(runs.narrowing.shift) + "); " + std::to_string(runs.same_class) +
                 " of " + std::to_string(runs.inputs) + " golden inputs keep their class"});
    std::vector<NpzArray> activations;
    NpzArray output;
    for (int t = 0; t < network.tensorCount(); ++t) {
        const auto& values = runs.tensors[std::size_t(t)];
        const auto& shape = network.tensor(t).shape;
        const Padding zeros = t == network.input() ? graph.input_padding : Padding{};
        NpzArray array{graph.names[std::size_t(t)],
                       {1, shape.channels, shape.height + zeros.top + zeros.bottom,
                        shape.width + zeros.left + zeros.right},
                       paddedPlanes(std::vector<std::int64_t>(values.begin(), values.end()),
                                    shape.height, shape.width, zeros)};
        if (t == network.output() && narrows)
            for (auto& value : array.values)
                value = runs.narrowing.narrowed(std::int32_t(value));
        (t == network.output() ? output : activations.emplace_back()) = std::move(array);
    }
    ProjectFiles files;
    const auto input = std::ranges::find(activations, "input", &NpzArray::name);
    files["inputs.npz"] = toNpz({*input});
    activations.erase(input);
    files["outputs.npz"] = toNpz({output});
    files["activations.npz"] = toNpz(activations);
    const LossReport report{request.title, "deeploy", network, request.network->assignment,
                            graph.losses};
    writeDeployerFolder(std::move(files), graph.file, readmeText(request), report, folder);
    return std::move(graph.losses);
}

} // namespace bitdial
