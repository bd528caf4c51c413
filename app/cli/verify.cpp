// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/deployment/pulp_nn_export.h"

#include <nlohmann/json.hpp>

namespace bitdial::cli {
namespace {

constexpr int exit_mismatch = int(ErrorCode::Failed);

int run(const Arguments& arguments)
{
    arguments.choice("runner", {"host"}, "host");
    const StopSignal stop;
    const auto result = verifyExport(arguments.operand(0), stop.token());
    if (arguments.json())
        print(nlohmann::ordered_json{
                  {"runner", result.runner},
                  {"images", result.images},
                  {"layers", result.layers},
                  {"bit_exact", result.bit_exact},
                  {"first_mismatch", result.bit_exact
                                         ? nlohmann::ordered_json(nullptr)
                                         : nlohmann::ordered_json(result.first_mismatch)}}
                  .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
              '\n');
    else
        print((result.bit_exact ? "bit-exact: " : "NOT bit-exact: ") +
              std::to_string(result.layers) + " layers, " + std::to_string(result.images) +
              " images on " + result.runner +
              (result.bit_exact ? "" : "; first mismatch: " + result.first_mismatch) + "\n");
    return result.bit_exact ? exit_done : exit_mismatch;
}

} // namespace

Verb verifyVerb()
{
    return {{"verify",
             {"DIR"},
             "Builds the exported C, runs its golden vectors and compares bit for bit.",
             {{"runner", "R", "host"}}},
            run};
}

} // namespace bitdial::cli
