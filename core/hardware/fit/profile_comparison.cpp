// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/fit/profile_comparison.h"

#include "core/base/error.h"
#include "core/hardware/fit/profile_fit.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <utility>

namespace bitdial {

namespace {

/// Pairs among runs of equal neighbours.
template <typename Equal> std::int64_t tiedPairs(const std::vector<PredictedRow>& rows, Equal equal)
{
    std::int64_t pairs = 0;
    std::int64_t run = 0;
    for (std::size_t i = 1; i < rows.size(); ++i) {
        run = equal(rows[i - 1], rows[i]) ? run + 1 : 0;
        pairs += run;
    }
    return pairs;
}

/// Sorts by predicted cycles and counts the pairs that stood the wrong way round: a merge sort.
std::int64_t sortByPrediction(std::span<PredictedRow> rows, std::span<PredictedRow> scratch)
{
    if (rows.size() < 2)
        return 0;
    const std::size_t middle = rows.size() / 2;
    std::int64_t inversions = sortByPrediction(rows.first(middle), scratch.first(middle)) +
                              sortByPrediction(rows.subspan(middle), scratch.subspan(middle));
    std::size_t left = 0;
    std::size_t right = middle;
    for (PredictedRow& next : scratch) {
        const bool take_right =
            right < rows.size() &&
            (left == middle || rows[right].predicted_cycles < rows[left].predicted_cycles);
        if (take_right)
            inversions += std::int64_t(middle - left);
        next = rows[take_right ? right++ : left++];
    }
    std::ranges::copy(scratch, rows.begin());
    return inversions;
}

/// Knight's method (JASA 61, 1966): sorted by the measured cycles, the discordant pairs are the
/// inversions of the predicted ones.
double kendallTau(std::vector<PredictedRow> rows)
{
    const auto same_measured = [](const PredictedRow& a, const PredictedRow& b) {
        return a.measured_cycles == b.measured_cycles;
    };
    const auto same_predicted = [](const PredictedRow& a, const PredictedRow& b) {
        return a.predicted_cycles == b.predicted_cycles;
    };
    std::ranges::sort(rows, {}, [](const PredictedRow& row) {
        return std::pair(row.measured_cycles, row.predicted_cycles);
    });
    const auto count = std::int64_t(rows.size());
    const std::int64_t pairs = count * (count - 1) / 2;
    const std::int64_t tied_measured = tiedPairs(rows, same_measured);
    const std::int64_t tied_both = tiedPairs(rows, [&](const auto& a, const auto& b) {
        return same_measured(a, b) && same_predicted(a, b);
    });
    std::vector<PredictedRow> scratch(rows.size());
    const std::int64_t discordant = sortByPrediction(rows, scratch);
    const std::int64_t tied_predicted = tiedPairs(rows, same_predicted);
    const std::int64_t concordant = pairs - tied_measured - tied_predicted + tied_both - discordant;
    const double scale = std::sqrt(double(pairs - tied_measured) * double(pairs - tied_predicted));
    return scale > 0 ? double(concordant - discordant) / scale : 0;
}

[[noreturn]] void failNothingToCompare(const HardwareProfile& profile, const SkippedRows& skipped)
{
    const std::string cores = std::to_string(profile.cores());
    if (skipped.whole_layers == skipped.total())
        throw Error(ErrorCode::BadInput, "Nothing to compare", profile.name(),
                    "all rows measure whole layers, and a profile's kernels are compared with "
                    "kernel calls",
                    "Give rows of kernel calls, without layer names; 'profile measured' takes "
                    "layers");
    throw Error(ErrorCode::BadInput, "Nothing to compare", profile.name(),
                "no row is a kernel call of the profile on its " + cores + " cores (" +
                    skipped.text() + ")",
                "Give a table of its kernels measured on " + cores + " cores");
}

} // namespace

double PredictedRow::error() const
{
    return std::abs(predicted_cycles / measured_cycles - 1);
}

ErrorSummary summarizeErrors(const std::vector<PredictedRow>& rows)
{
    ErrorSummary summary;
    if (rows.empty())
        return summary;
    std::vector<double> errors;
    for (const PredictedRow& row : rows) {
        errors.push_back(row.error());
        summary.mape += row.error();
    }
    std::ranges::sort(errors);
    summary.rows = int(rows.size());
    summary.mape /= double(rows.size());
    summary.percentile95 = errors[std::size_t(std::ceil(0.95 * double(errors.size()))) - 1];
    summary.worst = errors.back();
    summary.kendall_tau = kendallTau(rows);
    return summary;
}

std::vector<PredictedRow> rowsOfKind(const std::vector<PredictedRow>& rows, LayerKind kind)
{
    std::vector<PredictedRow> result;
    std::ranges::copy_if(rows, std::back_inserter(result),
                         [kind](const PredictedRow& row) { return row.kind == kind; });
    return result;
}

std::vector<LayerKind> kindsOf(const std::vector<PredictedRow>& rows)
{
    std::set<LayerKind> kinds;
    for (const PredictedRow& row : rows)
        kinds.insert(row.kind);
    return {kinds.begin(), kinds.end()};
}

std::string SkippedRows::text() const
{
    std::string text;
    const auto add = [&text](const char* reason, int rows) {
        if (rows > 0)
            text += (text.empty() ? "" : ", ") + std::string(reason) + ": " + std::to_string(rows);
    };
    add("measured with other cores", other_cores);
    add("whole layers", whole_layers);
    add("no such kernel in the profile", no_kernel);
    return text;
}

Predictions predictRows(const HardwareProfile& profile, const std::vector<MeasuredCycles>& table)
{
    Predictions result;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const MeasuredCycles& row = table[i];
        if (row.cores != profile.cores())
            ++result.skipped.other_cores;
        else if (row.scope == MeasuredScope::Layer)
            ++result.skipped.whole_layers;
        else if (const auto cycles = predictedCycles(profile, row))
            result.rows.push_back({i, row.work.kind, row.cycles, *cycles});
        else
            ++result.skipped.no_kernel;
    }
    if (result.rows.empty())
        failNothingToCompare(profile, result.skipped);
    return result;
}

} // namespace bitdial
