// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/measured_cycles.h"

#include <cstddef>
#include <string>
#include <vector>

namespace bitdial {

/// A measured kernel call with what a model says of it.
struct PredictedRow {
    std::size_t row = 0; ///< index into the table
    LayerKind kind = LayerKind::Conv;
    double measured_cycles = 0;
    double predicted_cycles = 0;
    /// |predicted / measured - 1|, a fraction.
    double error() const;
};

/// How well predictions follow measurements. Errors are fractions of the measured cycles.
struct ErrorSummary {
    int rows = 0;
    double mape = 0;         ///< mean absolute error
    double percentile95 = 0; ///< 95 % of the rows have at most this error (nearest rank)
    double worst = 0;
    double kendall_tau = 0; ///< tau-b (Kendall 1945): 1 when all rows are ranked rightly
};

ErrorSummary summarizeErrors(const std::vector<PredictedRow>& rows);
/// The rows of one kernel family.
std::vector<PredictedRow> rowsOfKind(const std::vector<PredictedRow>& rows, LayerKind kind);
/// Families among the rows, in the order of LayerKind.
std::vector<LayerKind> kindsOf(const std::vector<PredictedRow>& rows);

/// Rows of a table for which a profile predicts nothing, by the first reason that holds.
struct SkippedRows {
    int other_cores = 0;  ///< measured with another core count than the profile's
    int whole_layers = 0; ///< transfers included; the kernels' model has none
    int no_kernel = 0;    ///< the profile has no kernel of that kind and those widths
    int total() const { return other_cores + whole_layers + no_kernel; }
    /// "measured with other cores: 2, whole layers: 1": reasons without rows are left out.
    std::string text() const;
};

/// What a profile says of a table.
struct Predictions {
    std::vector<PredictedRow> rows;
    SkippedRows skipped;
};

/// What the profile predicts for each row of the table that measures a kernel of it with its core
/// count. Throws Error(BadInput) when there is none.
Predictions predictRows(const HardwareProfile& profile, const std::vector<MeasuredCycles>& table);

} // namespace bitdial
