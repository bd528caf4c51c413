// SPDX-License-Identifier: Apache-2.0
#include "app/cli/search_observer.h"

#include "app/cli/output.h"
#include "core/hardware/hardware_profile.h"

#include <algorithm>

namespace bitdial::cli {
namespace {

constexpr std::chrono::seconds progress_interval(5);

} // namespace

ProjectObserver::ProjectObserver(
    Project& project, std::string method,
    const std::vector<std::shared_ptr<const HardwareProfile>>& profiles)
    : m_project(project), m_method(std::move(method)), m_store(project)
{
    for (const auto& profile : profiles)
        m_models.emplace_back(project.network(), profile);
}

std::int64_t ProjectObserver::pointFound(const DesignPoint& point, const QuantizationState& state)
{
    const auto stored = m_store.add(point, state);
    if (stored.is_new) {
        m_new_points.push_back(stored.point.id);
        tell(stored.point);
    } else {
        for (const auto& accuracy : point.accuracies)
            accuracyMeasured(stored.point.id, accuracy);
    }
    return stored.point.id;
}

void ProjectObserver::accuracyMeasured(std::int64_t id, const Accuracy& accuracy)
{
    if (m_store.addAccuracy(id, accuracy))
        message("point " + std::to_string(id) + ": top-1 " + describe(accuracy));
}

void ProjectObserver::tell(const DesignPoint& point) const
{
    const auto& from = point.provenance;
    std::string line = "point " + std::to_string(point.id) + ": " + from.method;
    if (from.stage > 0)
        line += " stage " + std::to_string(from.stage);
    line += from.target.empty() ? "" : " for " + from.target;
    line += from.label.empty() ? "" : " " + from.label;
    line += from.parent == 0 ? "" : " (from point " + std::to_string(from.parent) + ")";
    for (const auto& accuracy : point.accuracies)
        line += ", top-1 " + describe(accuracy);
    const bool is_float = point.assignment.empty() || point.state_hash.empty();
    for (std::size_t i = 0; !is_float && i < m_models.size(); ++i) {
        const auto cost = m_models[i].cost(point.assignment);
        line += ", " + m_models[i].profile().name() + " " +
                (cost.infeasible_reason.empty() ? describeLatency(cost.latency_ms, cost.estimated)
                                                : "cannot run it");
    }
    message(line);
}

void ProjectObserver::progressed(const SearchProgress& progress)
{
    const auto now = std::chrono::steady_clock::now();
    if (progress.phase == m_phase && now - m_last_told < progress_interval)
        return;
    m_phase = progress.phase;
    m_last_told = now;
    std::string line = fixed(progress.fraction * 100, 1) + " % " + progress.phase;
    if (progress.eta_low_s >= 0)
        line += ", " + fixed(progress.eta_low_s, 0) + " to " + fixed(progress.eta_high_s, 0) +
                " s to go";
    message(line);
}

void ProjectObserver::checkpointed(const std::string& checkpoint)
{
    m_project.setCheckpoint(m_method, checkpoint);
}

} // namespace bitdial::cli
