// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/dory_export.h"

#include "core/base/shown_name.h"
#include "core/deployment/interchange/deployer_files.h"
#include "core/deployment/interchange/dory_graph.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

/// One integer per line, H,W,C, zeros for the channels of the padding. `mask` keeps the bits of
/// one element, as DORY wants its unsigned inputs; 0 writes values as they are.
std::string integerLines(const TensorShape& shape, int channels,
                         const std::vector<std::int32_t>& values, std::int32_t mask)
{
    const std::size_t plane = std::size_t(shape.height) * std::size_t(shape.width);
    std::string text;
    for (std::size_t pixel = 0; pixel < plane; ++pixel)
        for (int c = 0; c < channels; ++c) {
            const std::int32_t value =
                c < shape.channels ? values[std::size_t(c) * plane + pixel] : 0;
            text += std::to_string(mask != 0 ? value & mask : value) + ",\n";
        }
    return text;
}

std::string configText(const IntegerNetwork& network, const HardwareProfile& profile)
{
    const int input_bits = network.assignment.activationBits(network.network->input());
    return nlohmann::ordered_json{{"BNRelu_bits", 32},
                                  {"onnx_file", "network.onnx"},
                                  {"code reserved space", profile.fields().l2.reserved_bytes},
                                  {"n_inputs", 1},
                                  {"input_bits", input_bits},
                                  {"input_signed", network.input.is_signed}}
               .dump(2) +
           "\n";
}

std::string readmeText(const ExportRequest& request)
{
    return "# " + shownName(request.title) +
           " for DORY\n\n"
           "Made for DORY's Quantlab front end (dory be3d6dda):\n\n"
           "    python3 network_generate.py Quantlab PULP." +
           (request.profile->name().starts_with("gap9")   ? "GAP9"
            : request.profile->name().starts_with("gap8") ? "GAP8"
                                                          : "PULP_gvsoc") +
           " <this folder>/config.json --optional mixed-sw\n\n"
           "- `network.onnx`: the network in integers that floats hold, in the front end's "
           "dialect\n"
           "- `config.json`: widths and sign of the input, bytes of L2 kept for code\n"
           "- `input.txt`, `out_layer<i>.txt`: the first golden input and every layer's result, "
           "H,W,C;\n  an input with sign is written as its bits\n"
           "- `report.txt`, `report.json`: what DORY is told otherwise than the integer network "
           "computes\n\n"
           "`mixed-sw` calls pulp-nn-mixed also where everything has 8 bits: DORY's 8-bit library "
           "knows\nunsigned activations only. DORY compares sums of bytes, which cannot see bytes "
           "that changed\nplaces; `bitdial-cli export --format pulp-nn` and `verify` compare byte "
           "by "
           "byte.\n";
}

} // namespace

std::vector<InterchangeLoss> exportDory(const ExportRequest& request,
                                        const std::filesystem::path& folder)
{
    checkDeployerRequest(request, "DORY", folder);
    auto graph = doryGraph(*request.network, request.profile->cores());
    const auto& network = *graph.network->network;
    IntegerExecutor executor(graph.network);
    executor.keepAllTensors(true);
    executor.run(request.golden_inputs.front());
    const auto lines = [&](int tensor, std::int32_t mask) {
        return integerLines(network.tensor(tensor).shape, graph.channels[std::size_t(tensor)],
                            executor.tensor(tensor), mask);
    };
    ProjectFiles files;
    files["config.json"] = configText(*graph.network, *request.profile);
    const int input_bits = graph.network->assignment.activationBits(network.input());
    files["input.txt"] = lines(network.input(), (1 << input_bits) - 1);
    for (int i = 0; i < network.layerCount(); ++i)
        files["out_layer" + std::to_string(i) + ".txt"] = lines(network.layer(i).output, 0);
    const LossReport report{request.title, "dory", network, graph.network->assignment,
                            graph.losses};
    writeDeployerFolder(std::move(files), graph.file, readmeText(request), report, folder);
    return std::move(graph.losses);
}

} // namespace bitdial
