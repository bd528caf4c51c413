// SPDX-License-Identifier: Apache-2.0
#include "app/cli/search_observer.h"

#include "app/cli/output.h"
#include "core/base/sha256.h"
#include "core/hardware/hardware_profile.h"

#include <algorithm>

namespace bitdial::cli {
namespace {

constexpr std::chrono::seconds progress_interval(5);

} // namespace

ProjectObserver::ProjectObserver(
    Project& project, std::string method,
    const std::vector<std::shared_ptr<const HardwareProfile>>& profiles)
    : m_project(project), m_method(std::move(method)), m_points(project.points())
{
    for (const auto& profile : profiles)
        m_models.emplace_back(project.network(), profile);
}

DesignPoint* ProjectObserver::known(const DesignPoint& point, const std::string& state_hash)
{
    const auto found = std::ranges::find_if(m_points, [&](const DesignPoint& other) {
        return other.assignment == point.assignment && other.provenance == point.provenance &&
               other.state_hash == state_hash;
    });
    return found == m_points.end() ? nullptr : &*found;
}

std::int64_t ProjectObserver::pointFound(const DesignPoint& point, const QuantizationState& state)
{
    DesignPoint stored = point;
    if (stored.provenance.network_hash.empty())
        stored.provenance.network_hash = m_project.network()->hash();
    // A float reference comes without steps: there is nothing to keep.
    const bool has_state = state.parameters != nullptr;
    if (has_state)
        stored.state_hash = sha256Hex(toBytes(state));
    if (const auto* same = known(stored, stored.state_hash)) {
        const auto id = same->id;
        for (const auto& accuracy : point.accuracies)
            accuracyMeasured(id, accuracy);
        return id;
    }
    stored.id = m_project.addPoint(stored, has_state ? &state : nullptr);
    m_points.push_back(stored);
    m_new_points.push_back(stored.id);
    tell(stored);
    return stored.id;
}

void ProjectObserver::accuracyMeasured(std::int64_t id, const Accuracy& accuracy)
{
    const auto point = std::ranges::find(m_points, id, &DesignPoint::id);
    if (point != m_points.end()) {
        if (std::ranges::find(point->accuracies, accuracy) != point->accuracies.end())
            return;
        point->accuracies.push_back(accuracy);
    }
    m_project.addAccuracy(id, accuracy);
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
