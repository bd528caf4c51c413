// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/hardware/fit/profile_comparison.h"
#include "core/hardware/fit/profile_fit.h"
#include "core/hardware/fit/program_fit.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/measured_cycles.h"
#include "core/hardware/profile/measured_table.h"
#include "core/report/comparison_scene.h"
#include "core/report/picture_file.h"

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
              " figures unverified\n");
    return exit_done;
}

Json summaryJson(const ErrorSummary& errors)
{
    return {{"rows", errors.rows},
            {"mape", errors.mape},
            {"percentile95", errors.percentile95},
            {"worst", errors.worst},
            {"kendall_tau", errors.kendall_tau}};
}

std::vector<std::string> summaryCells(const std::string& name, const ErrorSummary& errors)
{
    return {name,
            std::to_string(errors.rows),
            fixed(errors.mape * 100, 2) + " %",
            fixed(errors.percentile95 * 100, 2) + " %",
            fixed(errors.worst * 100, 2) + " %",
            fixed(errors.kendall_tau, 4)};
}

/// "16x16x32 to 16x16x64, 3x3": height, width and channels.
std::string workText(const KernelWork& work)
{
    const auto map = [](int height, int width, int channels) {
        return std::to_string(height) + "x" + std::to_string(width) + "x" +
               std::to_string(channels);
    };
    return map(work.in_height, work.in_width, work.in_channels) + " to " +
           map(work.out_height, work.out_width, work.out_channels) + ", " +
           std::to_string(work.kernel_height) + "x" + std::to_string(work.kernel_width);
}

/// The rows that the model meets worst, worst first.
std::vector<PredictedRow> worstRows(std::vector<PredictedRow> rows)
{
    constexpr std::size_t shown = 5;
    std::ranges::stable_sort(rows, std::ranges::greater{}, &PredictedRow::error);
    rows.resize(std::min(rows.size(), shown));
    return rows;
}

std::string compareJson(const HardwareProfile& profile, const Predictions& predictions)
{
    const auto& [rows, skipped] = predictions;
    Json result{{"profile", profile.name()}};
    result.update(summaryJson(summarizeErrors(rows)));
    Json families = Json::array();
    for (const auto kind : kindsOf(rows)) {
        Json family{{"kind", layerKindName(kind)}};
        family.update(summaryJson(summarizeErrors(rowsOfKind(rows, kind))));
        families.push_back(std::move(family));
    }
    result["families"] = std::move(families);
    result["skipped"] = {{"other_cores", skipped.other_cores},
                         {"whole_layers", skipped.whole_layers},
                         {"no_kernel", skipped.no_kernel}};
    return result.dump(2) + '\n';
}

std::string compareText(const std::vector<PredictedRow>& rows,
                        const std::vector<MeasuredCycles>& table)
{
    Table summary({"kind", "rows", "mean error", "95 % within", "worst error", "Kendall's tau"});
    for (const auto kind : kindsOf(rows))
        summary.add(summaryCells(layerKindName(kind), summarizeErrors(rowsOfKind(rows, kind))));
    summary.add(summaryCells("all", summarizeErrors(rows)));
    Table worst({"worst rows", "bits in/w/out", "geometry", "measured", "predicted", "error"},
                {0, 1, 2});
    for (const auto& row : worstRows(rows)) {
        const auto& work = table[row.row].work;
        worst.add({layerKindName(row.kind),
                   std::to_string(work.bits.in) + "/" + std::to_string(work.bits.weight) + "/" +
                       std::to_string(work.bits.out),
                   workText(work), grouped(std::llround(row.measured_cycles)),
                   grouped(std::llround(row.predicted_cycles)),
                   fixed(row.error() * 100, 1) + " %"});
    }
    return summary.text() + '\n' + worst.text();
}

int runCompare(const Arguments& arguments)
{
    const auto plot_format =
        arguments.has("plot") ? pictureFormatOf(arguments.text("plot")) : PictureFormat::Svg;
    const auto profile = openProfile(arguments.operand(0));
    const auto& file = arguments.operand(1);
    const auto table = parseMeasuredCycles(readTextFile(file), file);
    const auto predictions = predictRows(*profile, table);
    const auto& rows = predictions.rows;
    const auto& skipped = predictions.skipped;
    if (skipped.total() > 0)
        message("warning: " + std::to_string(skipped.total()) +
                " rows are not compared: " + skipped.text());
    if (arguments.has("plot"))
        writePicture(comparisonScene(profile->title() + ": predicted against measured", rows,
                                     ChartTheme::light()),
                     arguments.text("plot"), plot_format);
    print(arguments.json() ? compareJson(*profile, predictions) : compareText(rows, table));
    return exit_done;
}

/// Overheads from programs that were run whole.
int fitToPrograms(const Arguments& arguments, const HardwareProfile& profile,
                  const std::string& table)
{
    const auto& file = arguments.operand(1);
    const auto fit =
        fitProgram(profile, parseProgramRows(table, file), arguments.text("source", file));
    writeFileAtomically(arguments.text("out"), fit.text);
    if (arguments.json())
        print(Json{{"out", arguments.text("out")},
                   {"layers", fit.rows},
                   {"mean_error_cycles", fit.mean_error_cycles},
                   {"percentile95_cycles", fit.within_95_cycles},
                   {"worst_error_cycles", fit.worst_error_cycles}}
                  .dump(2) +
              '\n');
    else
        print("fitted to " + std::to_string(fit.rows) +
              " layers; what their programs do around the kernels is met within " +
              grouped(std::llround(fit.mean_error_cycles)) + " cycles in the mean, " +
              grouped(std::llround(fit.within_95_cycles)) + " for 95 % of them, " +
              grouped(std::llround(fit.worst_error_cycles)) + " at most\n");
    return exit_done;
}

int runFit(const Arguments& arguments)
{
    const auto profile = openProfile(arguments.operand(0));
    const auto& file = arguments.operand(1);
    const std::string text = readTextFile(file);
    if (isProgramTable(text))
        return fitToPrograms(arguments, *profile, text);
    ProfileFitOptions options;
    options.source = arguments.text("source", file);
    const auto fit = fitProfile(*profile, parseMeasuredCycles(text, file), options);
    writeFileAtomically(arguments.text("out"), fit.text);
    if (arguments.json()) {
        Json list = Json::array();
        for (const auto& family : fit.families)
            list.push_back({{"kind", layerKindName(family.kind)},
                            {"fitted", summaryJson(family.fitted)},
                            {"cross_validated", summaryJson(family.unseen)}});
        print(Json{{"out", arguments.text("out")}, {"families", std::move(list)}}.dump(2) + '\n');
        return exit_done;
    }
    Table fitted({"fitted", "rows", "mean error", "95 % within", "worst error", "Kendall's tau"});
    Table unseen({"unseen", "rows", "mean error", "95 % within", "worst error", "Kendall's tau"});
    for (const auto& family : fit.families) {
        fitted.add(summaryCells(layerKindName(family.kind), family.fitted));
        unseen.add(summaryCells(layerKindName(family.kind), family.unseen));
    }
    print(fitted.text() + "\nEach shape predicted by a fit without it (five folds):\n" +
          unseen.text());
    return exit_done;
}

int runMeasured(const Arguments& arguments)
{
    const auto profile = openProfile(arguments.operand(0));
    const auto& file = arguments.operand(1);
    const auto out = arguments.text("out");
    const auto table = addMeasuredTable(*profile, parseMeasuredCycles(readTextFile(file), file),
                                        arguments.text("source", file));
    writeFileAtomically(out, table.text);
    if (table.unused_rows > 0)
        message("warning: " + std::to_string(table.unused_rows) +
                " rows were measured with other cores or belong to kernels that the profile lacks");
    print(arguments.json()
              ? Json{{"out", out}, {"entries", table.entries}, {"unused_rows", table.unused_rows}}
                        .dump(2) +
                    '\n'
              : out + ": " + std::to_string(table.entries) + " measured entries\n");
    return exit_done;
}

} // namespace

Verb profileMeasuredVerb()
{
    return {{"profile measured",
             {"P", "CSV"},
             "Puts measured cycles into a profile; where they apply they replace the model.",
             {{"out", "FILE", "the profile with the table", true},
              {"source", "TEXT", "where the measurements come from"}}},
            runMeasured};
}

Verb profileCheckVerb()
{
    return {{"profile check", {"FILE"}, "Reads a hardware profile and says what is wrong.", {}},
            runCheck};
}

Verb profileCompareVerb()
{
    return {
        {"profile compare",
         {"P", "CSV"},
         "Errors of a profile's cycles against a table of measured ones.",
         {{"plot", "FILE",
           "also draw predicted over measured cycles, as SVG, PNG or PDF by the name's ending"}}},
        runCompare};
}

Verb profileFitVerb()
{
    return {{"profile fit",
             {"P", "CSV"},
             "Fits a profile's kernels, or its overheads, to a table of measured cycles.",
             {{"out", "FILE", "the fitted profile", true},
              {"source", "TEXT", "where the measurements come from"}}},
            runFit};
}

} // namespace bitdial::cli
