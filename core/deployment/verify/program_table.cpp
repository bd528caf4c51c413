// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/program_table.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/number_text.h"

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

using Json = nlohmann::json;

constexpr const char* counts[] = {
    "tiles",        "transfers",    "requests",          "spreads",
    "spread_lines", "spread_bytes", "spread_word_bytes", "kernel_cycles"};

/// A name that needs no quotes in a CSV.
std::string cell(std::string name)
{
    for (char& c : name)
        if (c == ',' || c == '"' || c == '\n' || c == '\r')
            c = '_';
    return name;
}

std::string row(const Json& layer, const VerifiedLayer& measured)
{
    std::string text = cell(measured.name);
    for (const char* name : counts)
        text += "," + shortestText(layer.at("work").at(name).get<double>());
    text += "," + shortestText(layer.at("exposed_transfer_cycles").get<double>());
    return text + "," + std::to_string(*measured.cycles->measured_kernel) + "," +
           std::to_string(measured.cycles->measured) + "\n";
}

} // namespace

std::string programTable(const std::filesystem::path& folder, const VerifyResult& result)
{
    const auto path = folder / "report.json";
    const auto refuse = [&path](const std::string& why) {
        throw Error(ErrorCode::BadInput, "No table of measured layers can be written",
                    path.string(), why, "Export again, and count cycles with --runner gvsoc");
    };
    std::string text = "layer";
    for (const char* name : counts)
        text += std::string(",") + name;
    text += ",exposed_transfer_cycles,measured_kernel_cycles,cycles\n";
    try {
        const auto layers = Json::parse(readTextFile(path)).at("layers");
        if (layers.size() != result.layer_results.size())
            refuse("it has other layers than the program");
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const VerifiedLayer& measured = result.layer_results[i];
            if (!measured.cycles || !measured.cycles->measured_kernel)
                refuse("the cycles of '" + measured.name + "' or of its kernels are missing");
            text += row(layers[i], measured);
        }
    } catch (const Json::exception&) {
        refuse("it does not say what the program does around the kernels");
    }
    return text;
}

} // namespace bitdial
