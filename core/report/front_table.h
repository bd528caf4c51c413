// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/pareto/design_point.h"
#include "core/pareto/measured_run.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// One design point on one target: a row of the front CSV (columns as in frontCsv).
struct FrontRow {
    std::int64_t point_id = 0;
    Provenance provenance;
    std::optional<Accuracy> accuracy; ///< of the kind that the front compares, where it has one
    std::string profile;
    std::optional<NetworkCost> cost;     ///< none for a float reference, which has no bits
    std::optional<MeasuredRun> measured; ///< what its exported program took there
    bool measured_stale = false;         ///< it was of other bits or another text of the profile
    /// The cycles by which the front is ranked; none: it is not compared.
    std::optional<double> ranked_cycles;
    bool on_front = false;
    std::string bits; ///< bits.json in one line; empty for a float reference

    /// Whether the target can run it, as the cost model says.
    bool feasible() const { return cost && cost->infeasible_reason.empty(); }
};

/// By which cycles a front is taken: those that the cost model promises, or those that the exported
/// programs took.
enum class FrontRank { Promised, Measured };

/// One row per point, in the points' order. The front is taken over accuracies of one kind
/// (frontKind in core/pareto/front_kind.h), the same as in the window; a row shows its accuracy of
/// that kind, else the best-established one that it has. Float references, what the target cannot
/// run and, ranked by measured cycles, points without any or with stale ones are never on the
/// front.
std::vector<FrontRow> frontTable(std::span<const DesignPoint> points, const CostModel& model,
                                 std::span<const MeasuredRun> runs = {},
                                 FrontRank rank = FrontRank::Promised);

/// RFC 4180 (lines end in CR LF), C locale, accuracies as fractions, empty where there is no value:
/// point_id,method,accuracy,accuracy_rung,n_samples,ci_low,ci_high,profile,latency_cycles,
/// latency_ms,energy_uj,weight_bytes,peak_l1_bytes,peak_l2_bytes,bops,on_front,bits,
/// measured_latency_cycles,measured_stale
std::string frontCsv(std::span<const FrontRow> rows);

/// {"points":[...]}: the CSV's columns with typed values (null where there is none, bits as an
/// object), and accuracy_role, role, stage, target, parent, label, seed, estimated,
/// infeasible_reason, measured_runner, measured_source, measured_date, measured_export_sha256.
std::string frontJson(std::span<const FrontRow> rows);

} // namespace bitdial
