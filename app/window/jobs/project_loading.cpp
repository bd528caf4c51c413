// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/project_loading.h"

#include "core/project/stale_points.h"

#include <algorithm>
#include <utility>

namespace bitdial {
namespace {

void checkStop(const std::stop_token& stop, const std::string& where)
{
    if (stop.stop_requested())
        throw Error(ErrorCode::Cancelled, "Cancelled", where, "it was stopped", "Open it again");
}

/// What the window calls a network: not by the file that its numbers came from.
std::string nameOf(const std::string& source)
{
    const auto name =
        source.substr(0, std::min(source.find("?weights="), source.find("&weights=")));
    if (name.starts_with("zoo:"))
        return name.substr(4);
    return name == "demo" ? "fashion-resnet8" : std::filesystem::path(name).stem().string();
}

void markStale(OpenedProject& opened)
{
    std::vector<DesignPoint> points;
    for (const auto& row : opened.rows)
        points.push_back(row.point);
    const auto stale = stalePoints(points, opened.data.hash);
    opened.stale_warning = stale.warning;
    for (auto& row : opened.rows)
        row.stale = std::ranges::binary_search(stale.ids, row.point.id);
}

/// Without points, as a new one is.
OpenedProject shown(ProjectContents contents)
{
    OpenedProject opened;
    static_cast<ProjectContents&>(opened) = std::move(contents);
    opened.name = nameOf(opened.network_source);
    opened.models = costModels(opened.network, opened.profiles);
    opened.uniform = uniformRow(*opened.network, opened.models);
    return opened;
}

} // namespace

CostModels costModels(const std::shared_ptr<const Network>& network, const Profiles& profiles)
{
    CostModels models;
    for (const auto& profile : profiles)
        models.push_back(std::make_shared<const CostModel>(network, profile));
    return models;
}

PointCost costOf(const BitAssignment& bits, const CostModel& model)
{
    PointCost cost{model.totals(bits), {}};
    if (cost.infeasible)
        cost.infeasible_reason = model.cost(bits).infeasible_reason;
    return cost;
}

std::vector<PointCost> costsOf(const BitAssignment& bits, const CostModels& models)
{
    std::vector<PointCost> costs;
    if (!bits.empty())
        for (const auto& model : models)
            costs.push_back(costOf(bits, *model));
    return costs;
}

std::vector<NetworkCost> layerCostsOf(const BitAssignment& bits, const CostModels& models)
{
    std::vector<NetworkCost> costs;
    if (!bits.empty())
        for (const auto& model : models)
            costs.push_back(model->cost(bits));
    return costs;
}

std::vector<PointRow> pointRows(std::vector<DesignPoint> points, const CostModels& models,
                                const std::stop_token& stop)
{
    std::vector<PointRow> rows;
    for (auto& point : points) {
        checkStop(stop, "the project's points");
        auto costs = costsOf(point.assignment, models);
        rows.push_back({std::move(point), std::move(costs)});
    }
    return rows;
}

void putMeasured(PointRow& row, const Network& network, const Profiles& profiles,
                 const std::vector<MeasuredRun>& runs)
{
    constexpr double ms_per_s = 1e3;
    row.measured.assign(profiles.size(), std::nullopt);
    const bool any = std::ranges::any_of(
        runs, [&](const MeasuredRun& run) { return run.point_id == row.point.id; });
    if (!any || row.point.assignment.empty())
        return;
    const auto bits = toBitsJson(network, row.point.assignment);
    for (std::size_t t = 0; t < profiles.size(); ++t) {
        const auto& profile = *profiles[t];
        if (const auto figure =
                measuredFigure(runs, row.point.id, bits, profile.name(), profile.hash())) {
            const auto cycles = double(figure->run->measured_cycles);
            row.measured[t] = MeasuredLatency{cycles / profile.clockHz() * ms_per_s, cycles,
                                              figure->stale, measuredText(*figure)};
        }
    }
}

PointRow uniformRow(const Network& network, const CostModels& models)
{
    PointRow row;
    row.point.assignment = BitAssignment::uniform(network, 8, 8);
    row.point.provenance.method = "uniform";
    row.point.provenance.label = "8/8";
    row.costs = costsOf(row.point.assignment, models);
    return row;
}

OpenedProject openProject(const std::filesystem::path& path, const std::stop_token& stop)
{
    auto opened = shown(readProject(path, stop));
    const auto points = opened.project->points();
    opened.rows = pointRows(points, opened.models, stop);
    opened.runs = opened.project->measuredRuns();
    for (auto& row : opened.rows)
        putMeasured(row, *opened.network, opened.profiles, opened.runs);
    markStale(opened);
    opened.interrupted = resumableRequests(*opened.project, points);
    return opened;
}

OpenedProject createProject(const NewProject& wanted, const std::filesystem::path& path,
                            const std::stop_token& stop)
{
    return shown(makeProject(wanted, path, stop));
}

} // namespace bitdial
