// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/project/front_svg.h"
#include "core/project/front_table.h"
#include "core/project/project.h"

namespace bitdial::cli {
namespace {

/// The profiles asked for, else those that the project was searched for. A name that the project
/// knows means the project's own text of it.
std::vector<std::shared_ptr<const HardwareProfile>> profilesOf(const Project& project,
                                                               const Arguments& arguments)
{
    std::vector<std::shared_ptr<const HardwareProfile>> own;
    for (const auto& text : project.profileTexts())
        own.push_back(parseProfile(text, project.path().string() + " (profile)"));
    const auto wanted = arguments.texts("profile");
    if (wanted.empty()) {
        if (own.empty())
            arguments.fail("A profile is missing", "the project has none", "Give --profile");
        return own;
    }
    auto profiles = openProfiles(wanted);
    for (auto& profile : profiles)
        for (const auto& candidate : own)
            for (const auto& name : wanted)
                if (candidate->name() == profile->name() &&
                    (name == candidate->name() || name == "both"))
                    profile = candidate;
    return profiles;
}

std::string formatOf(const Arguments& arguments)
{
    const auto format = arguments.choice("format", {"csv", "json", "svg", "png"},
                                         arguments.json() ? "json" : "csv");
    if (format == "png")
        arguments.fail("Pictures are SVG here", "this program draws no pixels",
                       "Use --format svg, or save the chart from the window");
    return format;
}

int run(const Arguments& arguments)
{
    const auto format = formatOf(arguments);
    const auto project = Project::open(arguments.operand(0));
    const auto network = project->network();
    if (network == nullptr)
        throw Error(ErrorCode::BadInput, "The project has no network", arguments.operand(0),
                    "nothing was searched in it yet", "Run bitdial-cli search into it first");
    const auto points = project->points();
    std::vector<FrontRow> rows;
    std::vector<FrontPanel> panels;
    for (const auto& profile : profilesOf(*project, arguments)) {
        auto table = frontTable(points, CostModel(network, profile));
        rows.insert(rows.end(), table.begin(), table.end());
        panels.push_back({network->name() + " on " + profile->title(), std::move(table)});
    }
    const auto file = arguments.text("out");
    if (format == "svg")
        deliver(frontSvg(panels), file);
    else
        deliver(format == "json" ? frontJson(rows) : frontCsv(rows), file);
    return exit_done;
}

} // namespace

Verb frontVerb()
{
    return {{"front",
             {"PROJECT"},
             "All points of a project with their costs; on_front marks the Pareto front among "
             "accuracies of one kind.",
             {{"profile", "P", "a target, else all of the project", false, true},
              {"format", "F", "csv, json or svg"},
              {"out", "FILE", "write there instead of standard output"}}},
            run};
}

} // namespace bitdial::cli
