// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/deeploy_export.h"

#include "core/base/shown_name.h"
#include "core/deployment/deeploy_graph.h"
#include "core/deployment/deployer_files.h"
#include "core/deployment/npz_writer.h"
#include "core/hardware/hardware_profile.h"
#include "core/quantization/requantization.h"

#include <algorithm>
#include <cstdlib>

namespace bitdial {
namespace {

/// The largest absolute logit that any input can have.
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
            bound = std::max(bound, std::abs(acc + layer.bias[c]));
    }
    return bound;
}

/// What every golden input gives, and what Deeploy makes of its logits.
struct Runs {
    std::vector<std::vector<std::int32_t>> tensors; ///< of the first input
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
        if (logits.empty())
            for (int t = 0; t < network.tensorCount(); ++t)
                runs.tensors.push_back(executor.tensor(t));
        logits.push_back(executor.tensor(network.output()));
        all.insert(all.end(), logits.back().begin(), logits.back().end());
    }
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
           ".py -t <this folder> --input-type-map input=" +
           (request.network->input.is_signed ? "int8_t" : "uint8_t") +
           " --input-offset-map input=0\n\n"
           "- `network.onnx`: the network in integers, with a RequantShift behind every operation\n"
           "- `inputs.npz`, `outputs.npz`: the first golden input and its result\n"
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
        NpzArray array{graph.names[std::size_t(t)],
                       fileShape(network, t, network.tensor(t).shape.channels),
                       {values.begin(), values.end()}};
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
