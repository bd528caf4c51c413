// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/program_table.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/number_text.h"

#include <nlohmann/json.hpp>

#include <string_view>

namespace bitdial {
namespace {

using Json = nlohmann::json;

constexpr std::string_view counts[] = {
    "tiles",        "transfers",    "requests",          "spreads",
    "spread_lines", "spread_bytes", "spread_word_bytes", "kernel_cycles"};

void addRow(CsvWriter& table, const Json& layer, const VerifiedLayer& measured)
{
    table.field(measured.name);
    for (const auto name : counts)
        table.field(shortestText(layer.at("work").at(name).get<double>()));
    table.field(shortestText(layer.at("exposed_transfer_cycles").get<double>()))
        .field(std::to_string(*measured.cycles->measured_kernel))
        .field(std::to_string(measured.cycles->measured))
        .endRow();
}

} // namespace

std::string programTable(const std::filesystem::path& folder, const VerifyResult& result)
{
    const auto path = folder / "report.json";
    const auto refuse = [&path](const std::string& why) {
        throw Error(ErrorCode::BadInput, "No table of measured layers can be written",
                    path.string(), why, "Export again, and count cycles with --runner gvsoc");
    };
    CsvWriter table;
    table.field("layer").fields(counts);
    table.field("exposed_transfer_cycles").field("measured_kernel_cycles").field("cycles").endRow();
    try {
        const auto layers = Json::parse(readTextFile(path)).at("layers");
        if (layers.size() != result.layer_results.size())
            refuse("it has other layers than the program");
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const VerifiedLayer& measured = result.layer_results[i];
            if (!measured.cycles || !measured.cycles->measured_kernel)
                refuse("the cycles of '" + measured.name + "' or of its kernels are missing");
            addRow(table, layers[i], measured);
        }
    } catch (const Json::exception&) {
        refuse("it does not say what the program does around the kernels");
    }
    return table.take();
}

} // namespace bitdial
