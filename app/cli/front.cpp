// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/project/project.h"
#include "core/report/front_scene.h"
#include "core/report/picture_file.h"
#include "core/session/method_listing.h"
#include "core/session/open_project.h"

#include <nlohmann/json.hpp>

#include <unistd.h>

namespace bitdial::cli {
namespace {

/// The profiles asked for, else those that the project was searched for.
Profiles targetsOf(const Project& project, const Arguments& arguments)
{
    auto own = profilesOf(project);
    const auto wanted = arguments.texts("profile");
    if (!wanted.empty())
        return openProfiles(wanted, own);
    if (own.empty())
        arguments.fail("A profile is missing", "the project has none", "Give --profile");
    return own;
}

std::string formatOf(const Arguments& arguments)
{
    auto format = arguments.choice("format", {"csv", "json", "svg", "png", "pdf"},
                                   arguments.json() ? "json" : "csv");
    // With --out, JSON only tells what was written where.
    if (arguments.json() && format != "json" && !arguments.has("out"))
        arguments.fail("Two options exclude each other",
                       "--json asks for JSON on standard output, --format for " + format,
                       "Leave one out, or give --out");
    const bool binary = format == "png" || format == "pdf";
    if (binary && !arguments.has("out") && ::isatty(STDOUT_FILENO) != 0)
        arguments.fail("A picture is no text for a terminal", "--format " + format,
                       "Give --out, or send the output to a file or a program");
    return format;
}

ChartTheme themeOf(const Arguments& arguments)
{
    const bool dark = arguments.choice("theme", {"light", "dark"}, "light") == "dark";
    return dark ? ChartTheme::night() : ChartTheme::light();
}

int run(const Arguments& arguments)
{
    const auto format = formatOf(arguments);
    const auto theme = themeOf(arguments); // both are refused before anything is opened
    const auto project = openProject(arguments.operand(0));
    const auto network = networkOf(*project, "Run bitdial-cli search into it first");
    const auto points = project->points();
    const auto runs = project->measuredRuns();
    const bool measured =
        arguments.choice("rank", {"promised", "measured"}, "promised") == "measured";
    const auto rank = measured ? FrontRank::Measured : FrontRank::Promised;
    std::vector<FrontRow> rows;
    std::vector<FrontPanel> panels;
    for (const auto& profile : whatIf(targetsOf(*project, arguments), arguments)) {
        auto table = frontTable(points, CostModel(network, profile), runs, rank);
        rows.insert(rows.end(), table.begin(), table.end());
        panels.push_back({network->name() + " on " + profile->title(), std::move(table),
                          measured ? "measured latency, ms" : "latency, ms"});
    }
    const auto file = arguments.text("out");
    if (const auto picture = pictureFormat(format))
        deliver(pictureOf(frontScene(panels, methodFamilies(standardSearchMethods()), theme,
                                     pangoTextWidth()),
                          *picture),
                file);
    else
        deliver(format == "json" ? frontJson(rows) : frontCsv(rows), file);
    if (arguments.json() && !file.empty())
        print(
            nlohmann::ordered_json{{"out", file}, {"format", format}, {"points", rows.size()}}.dump(
                2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
            '\n');
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
              whatIfOption(),
              {"rank", "BY",
               "the front's cycles: promised (if not given) or measured, which "
               "leaves out points without and with stale ones"},
              {"format", "F", "csv, json, or a chart: svg, png or pdf"},
              {"theme", "T", "of a chart: light (if not given) or dark"},
              {"out", "FILE", "write there instead of standard output"}}},
            run};
}

} // namespace bitdial::cli
