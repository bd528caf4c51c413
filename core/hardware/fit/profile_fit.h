// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/fit/profile_comparison.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/measured_cycles.h"

#include <optional>
#include <string>
#include <vector>

namespace bitdial {

struct ProfileFitOptions {
    /// Only these families; empty: all that the table has.
    std::vector<LayerKind> kinds;
    /// What the fitted kernels' source says, e.g. a table's name and date.
    std::string source;
    /// Non-empty: the figures belong to another target; all fitted kernels become estimates that
    /// give this reason.
    std::string estimate_reason;
};

/// How well the model follows a table, one kernel family.
struct FitQuality {
    LayerKind kind = LayerKind::Conv;
    ErrorSummary fitted; ///< the rows that it was fitted to
    ErrorSummary unseen; ///< each row predicted by a fit without its geometry (five folds)
};

struct ProfileFit {
    std::string text; ///< the profile with its new coefficients, ready to be written
    std::vector<FitQuality> families;
};

/// Fits the coefficients of the profile's kernels to measured cycles: non-negative least squares of
/// relative errors, per (kind, in, out, weight bits), over rows with the profile's core count. A
/// kernel with fewer than 6 measured geometries takes the coefficients of the measured kernel with
/// the nearest widths and becomes an estimate; max-pooling takes the average pooling's. Families
/// that the table lacks stay as they are. Throws Error(BadInput) when no row can be used.
ProfileFit fitProfile(const HardwareProfile& profile, const std::vector<MeasuredCycles>& table,
                      const ProfileFitOptions& options);

/// Cycles that the profile predicts for one kernel call on data in L1; none without a kernel.
std::optional<double> predictedCycles(const HardwareProfile& profile, const MeasuredCycles& row);

} // namespace bitdial
