// SPDX-License-Identifier: Apache-2.0
#include "app/cli/measured_store.h"

#include "app/cli/inputs.h"
#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/base/time_text.h"
#include "core/deployment/verify/cycle_verdict.h"
#include "core/session/quantized_point.h"

#include <algorithm>
#include <limits>

namespace bitdial::cli {
namespace {

[[noreturn]] void refuse(const std::string& folder, const MeasuredStore& into,
                         const std::string& why)
{
    throw Error(ErrorCode::BadInput, "The export is not of this point", shownName(folder),
                why + " point " + std::to_string(into.point.id),
                "Export the point with bitdial-cli export PROJECT --point ID, and verify that");
}

void checkSame(const MeasuredStore& into, const std::string& folder)
{
    const auto network = into.project->network();
    const VerifyProject& exported = into.exported;
    if (network == nullptr || exported.network_hash != network->hash())
        refuse(folder, into, "it is of another network than");
    if (into.point.assignment.empty())
        refuse(folder, into, "it has bits, unlike the float reference that is");
    for (int i = 0; i < network->layerCount(); ++i) {
        const auto bits = into.point.assignment.layerBits(*network, i);
        if (std::size_t(i) >= exported.bits.size() || exported.bits[std::size_t(i)] != bits)
            refuse(folder, into,
                   "layer '" + shownName(network->layer(i).name) + "' has other bits than in");
    }
}

/// What counted them. A log is named without its folders, which mean nothing elsewhere.
std::string sourceOf(const VerifyResult& result, const std::string& log)
{
    if (result.tools)
        return toolsText(*result.tools) + " (" + result.tools->description + ")";
    return std::filesystem::path(log).filename().string();
}

MeasuredRun runOf(const MeasuredStore& into, const VerifyResult& result, const std::string& log)
{
    MeasuredRun run;
    run.point_id = into.point.id;
    run.profile = into.exported.profile;
    run.profile_hash = into.exported.profile_hash;
    run.bits = toBitsJson(*into.project->network(), into.point.assignment);
    run.runner = result.runner;
    run.source = sourceOf(result, log);
    run.date = utcNow();
    run.export_sha256 = into.exported.identity;
    run.promised_cycles = result.total->promised;
    run.measured_cycles = result.total->measured;
    for (std::size_t i = 0; i < result.layer_results.size(); ++i)
        if (const auto& cycles = result.layer_results[i].cycles)
            run.layers.push_back({into.project->network()->layer(int(i)).name, cycles->promised,
                                  cycles->measured, cycles->measured_kernel});
    return run;
}

} // namespace

std::optional<MeasuredStore> measuredStore(const Arguments& arguments, const std::string& folder)
{
    const auto id = arguments.integer("point", 1, std::numeric_limits<std::int64_t>::max());
    if (arguments.has("project") != id.has_value())
        arguments.fail("--project and --point belong together", "one of them is missing",
                       "Give both: the cycles are stored with a project's point");
    if (!id)
        return std::nullopt;
    MeasuredStore into;
    into.project = openProject(arguments.text("project"));
    into.point = storedPoint(*into.project, *id);
    into.exported = openVerifyProject(folder);
    checkSame(into, folder);
    if (!into.exported.changes.empty())
        throw Error(ErrorCode::BadInput, "The export was changed", shownName(folder),
                    "cycles of a changed program are not those of point " + std::to_string(*id) +
                        ": " + into.exported.changes,
                    "Verify it without --project, or export the point again");
    return into;
}

std::string store(MeasuredStore& into, const VerifyResult& result, const std::string& log)
{
    const std::string point = "point " + std::to_string(into.point.id) + " of " +
                              shownName(into.project->path().filename().string());
    if (!result.bit_exact || !result.total)
        return "nothing was stored with " + point +
               (result.images > 0 ? ": the outputs are wrong" : ": no output was compared");
    into.project->addMeasuredRun(runOf(into, result, log));
    const auto own = profilesOf(*into.project);
    const bool fresh = std::ranges::none_of(own, [&](const auto& profile) {
        return profile->name() == into.exported.profile &&
               profile->hash() != into.exported.profile_hash;
    });
    return "stored with " + point +
           (fresh ? ""
                  : ", as stale: the project's " + into.exported.profile +
                        " is another one than the export's");
}

} // namespace bitdial::cli
