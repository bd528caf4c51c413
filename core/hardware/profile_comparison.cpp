// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile_comparison.h"

#include "core/base/error.h"
#include "core/hardware/profile_fit.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace bitdial {

namespace {

double kendallTau(const std::vector<PredictedRow>& rows)
{
    double concordant = 0;
    double untied_measured = 0;
    double untied_predicted = 0;
    const auto order = [](double a, double b) { return (a > b) - (a < b); };
    for (std::size_t i = 0; i < rows.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            const int measured = order(rows[i].measured_cycles, rows[j].measured_cycles);
            const int predicted = order(rows[i].predicted_cycles, rows[j].predicted_cycles);
            concordant += measured * predicted;
            untied_measured += measured != 0;
            untied_predicted += predicted != 0;
        }
    const double scale = std::sqrt(untied_measured * untied_predicted);
    return scale > 0 ? concordant / scale : 0;
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

std::vector<PredictedRow> predictRows(const HardwareProfile& profile,
                                      const std::vector<MeasuredCycles>& table)
{
    std::vector<PredictedRow> rows;
    for (std::size_t i = 0; i < table.size(); ++i) {
        const auto cycles =
            table[i].cores == profile.cores() ? predictedCycles(profile, table[i]) : std::nullopt;
        if (cycles)
            rows.push_back({i, table[i].work.kind, table[i].cycles, *cycles});
    }
    if (rows.empty())
        throw Error(ErrorCode::BadInput, "Nothing to compare", profile.name(),
                    "no row of the table has the profile's core count and a kernel of it",
                    "Give a table measured on " + std::to_string(profile.cores()) + " cores");
    return rows;
}

} // namespace bitdial
