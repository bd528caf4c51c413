// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verify_report.h"

#include "app/cli/output.h"
#include "core/deployment/verify/cycle_verdict.h"

#include <algorithm>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

template <typename T> Json orNull(const std::optional<T>& value)
{
    return value ? Json(*value) : Json(nullptr);
}

Json cyclesJson(const CountedCycles& cycles)
{
    return {{"promised_cycles", cycles.promised},
            {"measured_cycles", cycles.measured},
            {"promised_kernel_cycles", orNull(cycles.promised_kernel)},
            {"measured_kernel_cycles", orNull(cycles.measured_kernel)}};
}

Json layerCyclesJson(const VerifyResult& result)
{
    Json list = Json::array();
    for (const auto& layer : result.layer_results)
        if (layer.cycles) {
            Json entry = {{"layer", layer.name}};
            entry.update(cyclesJson(*layer.cycles));
            list.push_back(entry);
        }
    return list;
}

Json toolsJson(const std::optional<TargetTools>& tools)
{
    if (!tools)
        return nullptr;
    return {{"simulator", tools->simulator},
            {"compiler", tools->compiler},
            {"hardware_loops", orNull(tools->hardware_loops)},
            {"description", tools->description}};
}

Json instructionsJson(const VerifyResult& result)
{
    Json list = Json::array();
    for (const auto& layer : result.layer_results)
        list.push_back({{"layer", layer.name}, {"instructions", orNull(layer.instructions)}});
    return list;
}

std::string kernelCycles(const std::optional<std::uint64_t>& cycles)
{
    return cycles ? grouped(std::int64_t(*cycles)) : "";
}

std::vector<std::string> cyclesRow(const std::string& name, const CountedCycles& cycles)
{
    return {name,
            grouped(std::int64_t(cycles.promised)),
            grouped(std::int64_t(cycles.measured)),
            deviationText(cycles),
            kernelCycles(cycles.promised_kernel),
            kernelCycles(cycles.measured_kernel)};
}

std::string cyclesTable(const VerifyResult& result)
{
    Table table({"layer", "promised", "measured", "apart", "kernel promised", "kernel measured"});
    for (const auto& layer : result.layer_results)
        if (layer.cycles)
            table.add(cyclesRow(layer.name, *layer.cycles));
    if (result.total)
        table.add(cyclesRow("all", *result.total));
    return table.text();
}

std::string cyclesText(const VerifyResult& result)
{
    std::string text = cyclesTable(result);
    if (result.tools)
        text += "measured on " + result.tools->description + "\n" +
                "hardware loops in the kernels: " +
                (result.tools->hardware_loops.value_or(false) ? "yes" : "no") + "\n";
    if (result.cycles_kept)
        return text + (*result.cycles_kept ? "cycles as promised: " : "cycles NOT as promised: ") +
               result.cycles_reason + "\n";
    return text + "no verdict on cycles: " + result.cycles_reason + "\n";
}

std::string instructionsText(const VerifyResult& result)
{
    std::string text;
    for (const auto& layer : result.layer_results)
        if (layer.instructions)
            text += layer.name + ": " + std::to_string(*layer.instructions) + " instructions\n";
    return text;
}

std::string outputsText(const VerifyResult& result)
{
    const bool compared = result.images > 0;
    const std::string kernels = result.kernels.empty()         ? ""
                                : result.kernels == "portable" ? ", portable kernels"
                                                               : ", kernels of " + result.kernels;
    return (result.bit_exact ? "bit-exact: "
            : compared       ? "NOT bit-exact: "
                             : "outputs NOT compared: ") +
           std::to_string(result.layers) + " layers, " + std::to_string(result.images) +
           " images on " + result.runner + ", " + std::to_string(result.cores) +
           (result.cores == 1 ? " core" : " cores") + kernels +
           (result.first_mismatch.empty() ? "" : "; first mismatch: " + result.first_mismatch) +
           "\n";
}

} // namespace

Json verifyJson(const VerifyResult& result)
{
    Json json = {{"runner", result.runner},
                 {"kernels", result.kernels},
                 {"cores", result.cores},
                 {"images", result.images},
                 {"layers", result.layers},
                 {"bit_exact", result.bit_exact},
                 {"first_mismatch",
                  result.first_mismatch.empty() ? Json(nullptr) : Json(result.first_mismatch)},
                 {"remarks", result.remarks}};
    if (result.runner == "riscv")
        json["instructions"] = instructionsJson(result);
    if (!result.total)
        return json;
    json["total"] = cyclesJson(*result.total);
    json["cycles"] = layerCyclesJson(result);
    json["image_cycles"] = result.image_cycles;
    json["tools"] = toolsJson(result.tools);
    json["cycles_kept"] = orNull(result.cycles_kept);
    json["cycles_reason"] = result.cycles_reason;
    return json;
}

std::string verifyText(const VerifyResult& result)
{
    return (result.total ? cyclesText(result) : instructionsText(result)) + outputsText(result);
}

} // namespace bitdial::cli
