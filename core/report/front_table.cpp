// SPDX-License-Identifier: Apache-2.0
#include "core/report/front_table.h"

#include "core/base/csv.h"
#include "core/base/number_text.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/pareto/front_kind.h"
#include "core/pareto/pareto_front.h"

#include <nlohmann/json.hpp>

#include <array>
#include <limits>
#include <string_view>

namespace bitdial {
namespace {

/// A float reference has no bits, so no latency: it takes no part in the front.
std::optional<AccuracyKind> kindOfFront(std::span<const DesignPoint> points)
{
    std::vector<const DesignPoint*> quantized;
    for (const auto& point : points)
        if (!point.assignment.empty())
            quantized.push_back(&point);
    return frontKind(quantized);
}

void markFront(std::vector<FrontRow>& rows, const std::optional<AccuracyKind>& kind)
{
    std::vector<Objective> candidates;
    for (const auto& row : rows) {
        const bool comparable =
            row.ranked_cycles && row.accuracy && kind && kindOf(*row.accuracy) == *kind;
        const double nothing = std::numeric_limits<double>::quiet_NaN();
        candidates.push_back(comparable ? Objective{*row.ranked_cycles, row.accuracy->top1()}
                                        : Objective{nothing, nothing});
    }
    for (const int index : paretoFront(candidates))
        rows[std::size_t(index)].on_front = true;
}

/// What was measured of a point, and where it stands on the axis of latency.
void putMeasured(FrontRow& row, const HardwareProfile& profile, std::span<const MeasuredRun> runs,
                 FrontRank rank)
{
    if (const auto figure = row.bits.empty() ? std::nullopt
                                             : measuredFigure(runs, row.point_id, row.bits,
                                                              profile.name(), profile.hash())) {
        row.measured = *figure->run;
        row.measured_stale = figure->stale;
    }
    if (rank == FrontRank::Promised && row.feasible())
        row.ranked_cycles = row.cost->latency_cycles;
    if (rank == FrontRank::Measured && row.feasible() && row.measured && !row.measured_stale)
        row.ranked_cycles = double(row.measured->measured_cycles);
}

void addAccuracy(CsvWriter& table, const std::optional<Accuracy>& accuracy)
{
    if (!accuracy) {
        table.empty(5);
        return;
    }
    table.field(shortestText(accuracy->top1()))
        .field(rungName(accuracy->rung))
        .field(std::to_string(accuracy->samples))
        .field(shortestText(accuracy->ciLow()))
        .field(shortestText(accuracy->ciHigh()));
}

void addCost(CsvWriter& table, const FrontRow& row)
{
    if (!row.feasible()) {
        table.empty(7);
        return;
    }
    const auto& cost = *row.cost;
    table.field(shortestText(cost.latency_cycles))
        .field(shortestText(cost.latency_ms))
        .field(cost.energy_uj ? shortestText(*cost.energy_uj) : std::string())
        .field(std::to_string(cost.weight_bytes))
        .field(std::to_string(cost.peak_l1_bytes))
        .field(std::to_string(cost.peak_l2_bytes))
        .field(shortestText(cost.bops));
}

void addMeasured(CsvWriter& table, const FrontRow& row)
{
    if (!row.measured)
        table.empty(2);
    else
        table.field(std::to_string(row.measured->measured_cycles))
            .field(row.measured_stale ? "true" : "false");
}

constexpr std::array<std::string_view, 19> columns = {
    "point_id",      "method",        "accuracy",
    "accuracy_rung", "n_samples",     "ci_low",
    "ci_high",       "profile",       "latency_cycles",
    "latency_ms",    "energy_uj",     "weight_bytes",
    "peak_l1_bytes", "peak_l2_bytes", "bops",
    "on_front",      "bits",          "measured_latency_cycles",
    "measured_stale"};

using Json = nlohmann::ordered_json;

void putMeasured(Json& object, const FrontRow& row)
{
    for (const char* key : {"measured_latency_cycles", "measured_stale", "measured_runner",
                            "measured_source", "measured_date", "measured_export_sha256"})
        object[key] = nullptr;
    if (!row.measured)
        return;
    object["measured_latency_cycles"] = row.measured->measured_cycles;
    object["measured_stale"] = row.measured_stale;
    object["measured_runner"] = row.measured->runner;
    object["measured_source"] = row.measured->source;
    object["measured_date"] = row.measured->date;
    object["measured_export_sha256"] = row.measured->export_sha256;
}

void putAccuracy(Json& object, const std::optional<Accuracy>& accuracy)
{
    for (const char* key :
         {"accuracy", "accuracy_rung", "n_samples", "ci_low", "ci_high", "accuracy_role"})
        object[key] = nullptr;
    if (!accuracy)
        return;
    object["accuracy"] = accuracy->top1();
    object["accuracy_rung"] = rungName(accuracy->rung);
    object["n_samples"] = accuracy->samples;
    object["ci_low"] = accuracy->ciLow();
    object["ci_high"] = accuracy->ciHigh();
    object["accuracy_role"] = dataRoleName(accuracy->role);
}

void putCost(Json& object, const FrontRow& row)
{
    for (const char* key : {"latency_cycles", "latency_ms", "energy_uj", "weight_bytes",
                            "peak_l1_bytes", "peak_l2_bytes", "bops"})
        object[key] = nullptr;
    object["infeasible_reason"] = row.cost ? row.cost->infeasible_reason : std::string();
    object["estimated"] = row.cost && row.cost->estimated;
    if (!row.feasible())
        return;
    const auto& cost = *row.cost;
    object["latency_cycles"] = cost.latency_cycles;
    object["latency_ms"] = cost.latency_ms;
    if (cost.energy_uj)
        object["energy_uj"] = *cost.energy_uj;
    object["weight_bytes"] = cost.weight_bytes;
    object["peak_l1_bytes"] = cost.peak_l1_bytes;
    object["peak_l2_bytes"] = cost.peak_l2_bytes;
    object["bops"] = cost.bops;
}

} // namespace

std::vector<FrontRow> frontTable(std::span<const DesignPoint> points, const CostModel& model,
                                 std::span<const MeasuredRun> runs, FrontRank rank)
{
    const auto kind = kindOfFront(points);
    std::vector<FrontRow> rows;
    for (const auto& point : points) {
        FrontRow row;
        row.point_id = point.id;
        row.provenance = point.provenance;
        if (const auto* accuracy = shownAccuracy(point, kind))
            row.accuracy = *accuracy;
        row.profile = model.profile().name();
        const bool float_only = row.accuracy && row.accuracy->rung == Rung::Float;
        if (!point.assignment.empty() && !float_only) {
            row.cost = model.cost(point.assignment);
            row.bits = toBitsJson(model.network(), point.assignment);
        }
        putMeasured(row, model.profile(), runs, rank);
        rows.push_back(std::move(row));
    }
    markFront(rows, kind);
    return rows;
}

std::string frontCsv(std::span<const FrontRow> rows)
{
    CsvWriter table;
    table.fields(columns).endRow();
    for (const auto& row : rows) {
        table.field(std::to_string(row.point_id)).field(row.provenance.method);
        addAccuracy(table, row.accuracy);
        table.field(row.profile);
        addCost(table, row);
        table.field(row.on_front ? "true" : "false").field(row.bits);
        addMeasured(table, row);
        table.endRow();
    }
    return table.take();
}

std::string frontJson(std::span<const FrontRow> rows)
{
    Json points = Json::array();
    for (const auto& row : rows) {
        Json object;
        object["point_id"] = row.point_id;
        object["method"] = row.provenance.method;
        putAccuracy(object, row.accuracy);
        object["profile"] = row.profile;
        putCost(object, row);
        object["on_front"] = row.on_front;
        object["bits"] = row.bits.empty() ? Json(nullptr) : Json::parse(row.bits);
        object["role"] = pointRoleName(row.provenance.role);
        object["stage"] = stageOf(row.provenance);
        object["target"] = row.provenance.target;
        object["parent"] = row.provenance.parent;
        object["label"] = row.provenance.label;
        object["seed"] = row.provenance.seed;
        putMeasured(object, row);
        points.push_back(std::move(object));
    }
    return Json{{"points", std::move(points)}}.dump(2, ' ', false, Json::error_handler_t::replace) +
           '\n';
}

} // namespace bitdial
