// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"
#include "app/cli/measure.h"
#include "app/cli/output.h"
#include "app/cli/search_listener.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/data/data_source.h"
#include "core/project/run_log.h"
#include "core/project/stale_points.h"
#include "core/report/front_table.h"
#include "core/session/method_listing.h"
#include "core/session/search_session.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <limits>

namespace bitdial::cli {
namespace {

/// A project that is taken back when it was made here and the search refused its input: what is
/// wrong must leave nothing behind.
class SearchProject {
public:
    explicit SearchProject(const std::filesystem::path& path)
        : m_created(!std::filesystem::exists(path)),
          m_project(m_created ? Project::create(path) : openProject(path))
    {
    }
    Project& operator*() { return *m_project; }
    Project* operator->() { return m_project.get(); }

    void discardIfNew()
    {
        if (!m_created || !m_project->points().empty())
            return;
        const auto path = m_project->path();
        m_project.reset();
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
    }

private:
    bool m_created;
    std::unique_ptr<Project> m_project;
};

std::map<std::string, std::string> readMethodOptions(const Arguments& arguments)
{
    std::map<std::string, std::string> options;
    for (const auto& pair : arguments.texts("set")) {
        const auto equals = pair.find('=');
        if (equals == std::string::npos || equals == 0)
            arguments.fail("An option has a wrong value", "--set '" + pair + "' is not key=value");
        if (!options.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
            arguments.fail("An option is given twice", "--set " + pair.substr(0, equals));
    }
    return options;
}

/// Those of the project that is searched into come first: the search must not undo the user's edits
/// of them.
Profiles ownProfiles(const Arguments& arguments)
{
    const auto project = arguments.text("project");
    std::error_code ignored;
    auto own =
        std::filesystem::exists(project, ignored) ? profilesOf(*openProject(project)) : Profiles();
    const auto others = profilesInProject(arguments.operand(0));
    own.insert(own.end(), others.begin(), others.end());
    return own;
}

SearchRequest readRequest(const Arguments& arguments, const Profiles& profiles)
{
    SearchRequest request;
    request.method = arguments.text("method");
    request.options = readMethodOptions(arguments);
    for (const auto& text : arguments.texts("max"))
        request.budgets.push_back(budgetFromText(text));
    for (const auto& text : arguments.texts("lock"))
        request.locks.push_back(lockFromText(text));
    request.seed = std::uint64_t(
        arguments.integer("seed", 0, std::numeric_limits<std::int64_t>::max()).value_or(1));
    request.time_budget_s = arguments.number("time-budget", 0, 1e9).value_or(0);
    request.resume = arguments.has("resume");
    for (const auto& profile : profiles)
        request.targets.push_back(profile->name());
    return request;
}

SearchProblem readProblem(const Arguments& arguments, std::shared_ptr<const Network> network)
{
    SearchProblem problem;
    problem.profiles = openProfiles(arguments.texts("profile"), ownProfiles(arguments));
    problem.network = std::move(network);
    // Always the same split, whatever the search's seed: a network was trained on its train part.
    problem.data = openSplits(keptDataSource(arguments.text("data")));
    return problem;
}

/// The project's profiles with those of this search, whose newer text replaces one of their name.
std::vector<std::string> mergedProfileTexts(const Project& project, const Profiles& profiles)
{
    std::vector<std::string> texts;
    for (const auto& text : project.profileTexts()) {
        const auto name = parseProfile(text, project.path().string() + " (profile)")->name();
        const bool replaced = std::ranges::any_of(
            profiles, [&](const auto& profile) { return profile->name() == name; });
        if (!replaced)
            texts.push_back(text);
    }
    for (const auto& profile : profiles)
        texts.push_back(profile->text());
    return texts;
}

void tellWhatToKnow(const Project& project, const SearchProblem& problem)
{
    if (!project.hasWriteAheadLog())
        message("note: this file system keeps no write-ahead log; other programs wait while a "
                "point is written");
    if (std::ranges::any_of(problem.profiles,
                            [](const auto& profile) { return !profile->estimates().empty(); }))
        message("latencies with ~ are partly unverified; bitdial-cli cost says which terms are");
    if (const auto stale = stalePoints(project.points(), problem.data.hash); !stale.warning.empty())
        message("warning: " + stale.warning);
}

/// Refuses before anything is written to the project. Returns the ids of the new points.
std::vector<std::int64_t> runInto(Project& project, SearchRequest request, SearchProblem problem,
                                  const NetworkSource& source, const Arguments& arguments,
                                  const std::stop_token& stop)
{
    const auto method = standardSearchMethods().find(request.method);
    if (request.resume && !RunLog(project).unfinished(request.method)) {
        message("note: the project has no unfinished run of " + request.method +
                "; the search starts anew");
        request.resume = false;
    }
    const auto search = prepareSearch(project, *method, request, std::move(problem));
    if (stop.stop_requested())
        throw Error(ErrorCode::Cancelled, "Cancelled", project.path().string(),
                    "it was stopped before the search began", "Start it again");
    project.setNetwork(source.source, source.bytes);
    project.setDataSource(keptDataSource(arguments.text("data")));
    project.setProfileTexts(mergedProfileTexts(project, search.problem.profiles));
    tellWhatToKnow(project, search.problem);
    TellingListener listener(search.problem.network, search.problem.profiles);
    SearchOutcome outcome;
    runSearch(project, *method, search, listener, outcome, stop);
    return listener.newPoints();
}

std::string summary(const Project& project, const Profiles& profiles)
{
    std::string text;
    bool estimated = false;
    for (const auto& profile : profiles) {
        Table table({"point", "method", "label", "top-1", "latency"}, {1, 2, 3});
        for (const auto& row : frontTable(project.points(), CostModel(project.network(), profile)))
            if (row.on_front) {
                table.add({std::to_string(row.point_id), row.provenance.method,
                           row.provenance.label, describe(*row.accuracy),
                           describeLatency(row.cost->latency_ms, row.cost->estimated)});
                estimated = estimated || row.cost->estimated;
            }
        text += "front on " + profile->name() + "\n" + table.text() + "\n";
    }
    return text + (estimated ? "~ partly unverified; `cost` says which terms are\n" : "");
}

int run(const Arguments& arguments)
{
    const StopSignal stop;
    standardSearchMethods().find(
        arguments.text("method")); // refuses what there is not before anything is read
    const auto source = openNetworkSource(arguments.operand(0));
    useThreads(arguments);
    auto problem = readProblem(arguments, source.network);
    const Profiles profiles = problem.profiles;
    const auto request = readRequest(arguments, profiles);
    SearchProject project(arguments.text("project"));
    std::vector<std::int64_t> new_points;
    try {
        new_points =
            runInto(*project, request, std::move(problem), source, arguments, stop.token());
    } catch (...) {
        project.discardIfNew(); // keeps what has points
        throw;
    }
    if (arguments.json())
        print(nlohmann::ordered_json{{"project", project->path().string()},
                                     {"method", request.method},
                                     {"seed", request.seed},
                                     {"new_points", new_points},
                                     {"points", project->points().size()}}
                  .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
              '\n');
    else
        print(summary(*project, profiles));
    return exit_done;
}

} // namespace

Verb searchVerb()
{
    return {{"search",
             {"NETWORK"},
             "Runs a search method and stores every point in the project as it is found.",
             {{"data", "D", "'demo' or a data.json", true},
              {"profile", "P", "a target: name, path or 'both'", true, true},
              {"method", "M", "the search method, such as free-bits", true},
              {"project", "FILE", "a .bitdial file, made if there is none", true},
              {"seed", "N", "seed of everything random, 1"},
              {"time-budget", "S", "stop after so many seconds"},
              {"max", "AXIS=VALUE",
               "a limit on what a point costs, such as latency_ms=5 or TARGET:weight_bytes=200000",
               false, true},
              {"lock", "PATTERN[=BITS]",
               "what keeps its width, 8 bits if none is said: a layer or tensor (with * and ?), a "
               "kind of layers, first or last",
               false, true},
              {"set", "key=value", "an option of the method", false, true},
              {"resume", "", "go on with the project's unfinished run"},
              threadsOption()}},
            run,
            [] { return "\nmethods:\n" + methodsText(standardSearchMethods()); }};
}

} // namespace bitdial::cli
