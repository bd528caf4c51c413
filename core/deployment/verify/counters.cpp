// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/shown_name.h"
#include "core/deployment/verify/cycle_verdict.h"
#include "core/deployment/verify/project.h"
#include "core/deployment/verify/target_output.h"

namespace bitdial {
namespace {

namespace fs = std::filesystem;

/// A program prints a few lines per layer and image.
constexpr std::uint64_t most_log_bytes = std::uint64_t(64) << 20;

[[noreturn]] void failLog(const fs::path& log, const std::string& what, const std::string& why)
{
    throw Error(ErrorCode::BadInput, what, shownName(log.string()), why,
                "Give all that the program printed, which was built from this folder with "
                "'make pulp run'");
}

void checkIdentity(const TargetOutput& output, const VerifyProject& project, const fs::path& log)
{
    if (output.identity().empty())
        failLog(log, "The log does not say of which export it is",
                "the line that begins with EXPORT is missing");
    if (output.identity() != project.identity)
        failLog(log, "The log is of another export",
                "its program was built from " + output.identity().substr(0, 12) +
                    ", the folder is " +
                    (project.identity.empty() ? "of an older version"
                                              : project.identity.substr(0, 12)));
}

} // namespace

VerifyResult verifyCounters(const fs::path& folder, const fs::path& log)
{
    const auto project = openVerifyProject(folder);
    const auto bytes = readFile(log, most_log_bytes); // a serial line may have garbled some
    VerifyResult result;
    result.runner = "counters";
    result.cores = project.cores;
    result.remarks = project.remarks;
    for (const auto& layer : project.layers)
        result.layer_results.push_back({layer});
    const std::function<void(double)> none;
    TargetOutput output(result, none, 0);
    output.feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    output.finish();
    checkIdentity(output, project, log);
    if (const std::string why = output.complaint(); !why.empty())
        failLog(log, "The log is not whole", why);
    judgeCycles(result, project.measured_with);
    return result;
}

} // namespace bitdial
