// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/project.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/shown_name.h"
#include "core/deployment/export_folder.h"
#include "core/deployment/pulp_nn/export_report.h"
#include "core/deployment/pulp_nn/kernel_family.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bitdial {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t most_named_changes = 20;

[[noreturn]] void failNoProject(const fs::path& folder)
{
    throw Error(ErrorCode::BadInput, "The folder is no PULP-NN project", shownName(folder.string()),
                "it has no report of one, and nothing to build and run",
                "Choose a folder that was exported with the format pulp-nn");
}

[[noreturn]] void failDamaged(const fs::path& report, const std::string& why)
{
    throw Error(ErrorCode::BadInput, "The export's report is damaged", report.string(), why,
                "Export again into another folder");
}

std::optional<TargetTools> toolsOf(const Json& report)
{
    const auto found = report.find("measured_with");
    if (found == report.end() || found->is_null())
        return std::nullopt;
    TargetTools tools;
    tools.simulator = found->at("simulator").get<std::string>();
    tools.compiler = found->at("compiler").get<std::string>();
    tools.hardware_loops = found->at("hardware_loops").get<bool>();
    return tools;
}

void takeReport(VerifyProject& project, const Json& report)
{
    project.cores = report.at("cores").get<int>();
    project.isa = report.at("isa").get<std::string>();
    project.identity = report.value("export_sha256", "");
    project.network_hash = report.value("network", "");
    project.profile = report.value("profile", "");
    project.profile_hash = report.value("profile_hash", "");
    for (const auto& layer : report.at("layers")) {
        project.layers.push_back(shownName(layer.at("name").get<std::string>()));
        if (const auto bits = layer.find("bits"); bits != layer.end())
            project.bits.push_back({bits->at("in").get<int>(), bits->at("weight").get<int>(),
                                    bits->at("out").get<int>()});
    }
    project.measured_with = toolsOf(report);
}

void readReport(VerifyProject& project)
{
    const auto path = project.folder / "report.json";
    std::error_code ignored;
    if (fs::is_directory(project.folder, ignored) && !fs::exists(path, ignored) &&
        !fs::exists(project.folder / "src" / "network.c", ignored))
        failNoProject(project.folder);
    try {
        const auto report = Json::parse(readTextFile(path));
        if (report.value("schema", "") != export_report_schema)
            failNoProject(project.folder);
        takeReport(project, report);
    } catch (const Json::exception& error) {
        failDamaged(path, error.what());
    }
    if (!isPossibleCoreCount(project.cores))
        failDamaged(path, "its number of cores is impossible");
}

/// The manifest's names are somebody else's, and there may be many.
void readChanges(VerifyProject& project)
{
    const auto changes = changesSinceExport(project.folder);
    for (std::size_t i = 0; i < std::min(changes.size(), most_named_changes); ++i)
        project.remarks.push_back(shownName(changes[i]) + ", since the export");
    for (std::size_t i = 0; i < std::min<std::size_t>(changes.size(), 3); ++i)
        project.changes += (i == 0 ? "since the export " : ", ") + shownName(changes[i]);
    if (changes.size() > 3)
        project.changes += " and " + std::to_string(changes.size() - 3) + " more";
    if (changes.size() > most_named_changes)
        project.remarks.push_back(std::to_string(changes.size() - most_named_changes) +
                                  " more files differ since the export");
}

} // namespace

bool isPossibleCoreCount(int cores)
{
    return cores >= 1 && cores <= most_kernel_cores && (cores & (cores - 1)) == 0;
}

VerifyProject openVerifyProject(const fs::path& folder)
{
    VerifyProject project;
    project.folder = fs::absolute(folder);
    readReport(project);
    readChanges(project);
    return project;
}

std::string withChanges(const VerifyProject& project, const std::string& why)
{
    return project.changes.empty() ? why : why + " (" + project.changes + ")";
}

void failVerifyOption(const std::string& option, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::Usage, "The export cannot be verified like that", option, why, next);
}

} // namespace bitdial
