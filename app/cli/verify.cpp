// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/deployment/kernel_family.h"
#include "core/deployment/verify_export.h"

#include <nlohmann/json.hpp>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int exit_mismatch = int(ErrorCode::Failed);

VerifyOptions optionsOf(const Arguments& arguments)
{
    VerifyOptions options;
    if (arguments.choice("runner", {"host", "riscv"}, "host") == "riscv")
        options.runner = VerifyRunner::RiscV;
    if (arguments.has("kernels")) {
        options.kernels = arguments.text("kernels");
        if (options.kernels.empty())
            arguments.fail("--kernels names no file", "its value is empty",
                           "Give a static library");
    }
    if (const auto cores = arguments.integer("cores", 1, most_kernel_cores))
        options.cores = int(*cores);
    return options;
}

Json jsonOf(const VerifyResult& result)
{
    Json instructions = Json::array();
    for (const auto& layer : result.layer_results)
        instructions.push_back(
            {{"layer", layer.name},
             {"instructions", layer.instructions ? Json(*layer.instructions) : Json(nullptr)}});
    Json json = {{"runner", result.runner},
                 {"kernels", result.kernels},
                 {"cores", result.cores},
                 {"images", result.images},
                 {"layers", result.layers},
                 {"bit_exact", result.bit_exact},
                 {"first_mismatch", result.bit_exact ? Json(nullptr) : Json(result.first_mismatch)},
                 {"remarks", result.remarks}};
    if (result.runner == "riscv")
        json["instructions"] = instructions;
    return json;
}

std::string textOf(const VerifyResult& result)
{
    std::string text;
    for (const auto& layer : result.layer_results)
        if (layer.instructions)
            text += layer.name + ": " + std::to_string(*layer.instructions) + " instructions\n";
    const bool portable = result.kernels == "portable";
    return text + (result.bit_exact ? "bit-exact: " : "NOT bit-exact: ") +
           std::to_string(result.layers) + " layers, " + std::to_string(result.images) +
           " images on " + result.runner + ", " + std::to_string(result.cores) +
           (result.cores == 1 ? " core, " : " cores, ") +
           (portable ? "portable kernels" : "kernels of " + result.kernels) +
           (result.bit_exact ? "" : "; first mismatch: " + result.first_mismatch) + "\n";
}

int run(const Arguments& arguments)
{
    const auto options = optionsOf(arguments);
    const StopSignal stop;
    const auto result = verifyExport(arguments.operand(0), options, stop.token());
    for (const auto& remark : result.remarks)
        message(remark);
    if (arguments.json())
        print(jsonOf(result).dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
    else
        print(textOf(result));
    return result.bit_exact ? exit_done : exit_mismatch;
}

} // namespace

Verb verifyVerb()
{
    return {
        {"verify",
         {"DIR"},
         "Builds the exported C, runs its golden vectors and compares bit for bit.",
         {{"runner", "R", "host or riscv (bare-metal RV32 under qemu)"},
          {"kernels", "LIB", "a host build of the kernel library instead of the portable kernels"},
          {"cores", "N", "emulated cores, at most the exported number"}}},
        run};
}

} // namespace bitdial::cli
