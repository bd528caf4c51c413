// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/hardware/hardware_profile.h"
#include "core/hardware/measured_cycles.h"
#include "core/hardware/profile_fit.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

int runCheck(const Arguments& arguments)
{
    const auto& file = arguments.operand(0);
    const auto profile = parseProfile(readTextFile(file), file);
    for (const auto& warning : profile->warnings())
        message("warning: " + warning);
    if (arguments.json())
        print(Json{{"profile", profile->name()},
                   {"estimates", profile->estimates()},
                   {"warnings", profile->warnings()}}
                  .dump(2) +
              '\n');
    else
        print(profile->name() + ": correct, " + std::to_string(profile->warnings().size()) +
              " warnings, " + std::to_string(profile->estimates().size()) +
              " figures not measured\n");
    return exit_done;
}

/// Kendall's tau-b (Kendall 1945) between measured and predicted cycles: 1 when the model ranks all
/// measurements rightly.
double kendallTau(const std::vector<std::pair<double, double>>& pairs)
{
    double concordant = 0;
    double untied_a = 0;
    double untied_b = 0;
    for (std::size_t i = 0; i < pairs.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const int a = (pairs[i].first > pairs[j].first) - (pairs[i].first < pairs[j].first);
            const int b = (pairs[i].second > pairs[j].second) - (pairs[i].second < pairs[j].second);
            concordant += a * b;
            untied_a += a != 0;
            untied_b += b != 0;
        }
    const double scale = std::sqrt(untied_a * untied_b);
    return scale > 0 ? concordant / scale : 0;
}

Json qualityJson(const FitQuality& quality)
{
    return {{"kind", layerKindName(quality.kind)},
            {"rows", quality.rows},
            {"mape", quality.mape},
            {"worst", quality.worst},
            {"cross_validated_mape", quality.cross_validated_mape}};
}

struct Comparison {
    int rows = 0;
    double mape = 0;
    double worst = 0;
    double kendall_tau = 0;
};

Comparison compareAll(const HardwareProfile& profile, const std::vector<MeasuredCycles>& table)
{
    std::vector<std::pair<double, double>> pairs;
    Comparison result;
    for (const auto& row : table) {
        const auto predicted =
            row.cores == profile.cores() ? predictedCycles(profile, row) : std::nullopt;
        if (!predicted)
            continue;
        const double error = std::abs(*predicted - row.cycles) / row.cycles;
        pairs.emplace_back(row.cycles, *predicted);
        result.mape += error;
        result.worst = std::max(result.worst, error);
    }
    result.rows = int(pairs.size());
    if (pairs.empty())
        throw Error(ErrorCode::BadInput, "Nothing to compare", profile.name(),
                    "no row of the table has the profile's core count and a kernel of it",
                    "Give a table measured on " + std::to_string(profile.cores()) + " cores");
    result.mape /= double(pairs.size());
    result.kendall_tau = kendallTau(pairs);
    return result;
}

int runCompare(const Arguments& arguments)
{
    const auto profile = openProfile(arguments.operand(0));
    const auto& file = arguments.operand(1);
    const auto table = parseMeasuredCycles(readTextFile(file), file);
    const auto all = compareAll(*profile, table);
    const auto families = compareProfile(*profile, table);
    if (arguments.json()) {
        Json list = Json::array();
        for (const auto& family : families)
            list.push_back({{"kind", layerKindName(family.kind)},
                            {"rows", family.rows},
                            {"mape", family.mape},
                            {"worst", family.worst}});
        print(Json{{"profile", profile->name()},
                   {"rows", all.rows},
                   {"mape", all.mape},
                   {"worst", all.worst},
                   {"kendall_tau", all.kendall_tau},
                   {"families", std::move(list)}}
                  .dump(2) +
              '\n');
        return exit_done;
    }
    Table text({"kind", "rows", "mean error", "worst error"});
    for (const auto& family : families)
        text.add({layerKindName(family.kind), std::to_string(family.rows),
                  fixed(family.mape * 100, 2) + " %", fixed(family.worst * 100, 2) + " %"});
    text.add({"all", std::to_string(all.rows), fixed(all.mape * 100, 2) + " %",
              fixed(all.worst * 100, 2) + " %"});
    print(text.text() + "Kendall's tau " + fixed(all.kendall_tau, 4) + '\n');
    return exit_done;
}

int runFit(const Arguments& arguments)
{
    const auto profile = openProfile(arguments.operand(0));
    const auto& file = arguments.operand(1);
    ProfileFitOptions options;
    options.source = arguments.text("source", "fitted to " + file);
    const auto fit = fitProfile(*profile, parseMeasuredCycles(readTextFile(file), file), options);
    writeFileAtomically(arguments.text("out"), fit.text);
    if (arguments.json()) {
        Json list = Json::array();
        for (const auto& family : fit.families)
            list.push_back(qualityJson(family));
        print(Json{{"out", arguments.text("out")}, {"families", std::move(list)}}.dump(2) + '\n');
        return exit_done;
    }
    Table text({"kind", "rows", "mean error", "worst error", "mean error on unseen shapes"});
    for (const auto& family : fit.families)
        text.add({layerKindName(family.kind), std::to_string(family.rows),
                  fixed(family.mape * 100, 2) + " %", fixed(family.worst * 100, 2) + " %",
                  fixed(family.cross_validated_mape * 100, 2) + " %"});
    print(text.text());
    return exit_done;
}

} // namespace

Verb profileCheckVerb()
{
    return {{"profile check", {"FILE"}, "Reads a hardware profile and says what is wrong.", {}},
            runCheck};
}

Verb profileCompareVerb()
{
    return {{"profile compare",
             {"P", "CSV"},
             "Errors of a profile's cycles against a table of measured ones.",
             {}},
            runCompare};
}

Verb profileFitVerb()
{
    return {{"profile fit",
             {"P", "CSV"},
             "Fits a profile's kernels to a table of measured cycles.",
             {{"out", "FILE", "the fitted profile", true},
              {"source", "TEXT", "where the measurements come from"}}},
            runFit};
}

} // namespace bitdial::cli
