// SPDX-License-Identifier: Apache-2.0
#include "app/cli/search_listener.h"

#include "app/cli/output.h"
#include "core/hardware/profile/hardware_profile.h"

#include <algorithm>

namespace bitdial::cli {
namespace {

constexpr std::chrono::seconds progress_interval(5);

} // namespace

TellingListener::TellingListener(
    const std::shared_ptr<const Network>& network,
    const std::vector<std::shared_ptr<const HardwareProfile>>& profiles)
{
    for (const auto& profile : profiles)
        m_models.emplace_back(network, profile);
}

void TellingListener::accuracyStored(std::int64_t point, const Accuracy& accuracy)
{
    message("point " + std::to_string(point) + ": top-1 " + describe(accuracy));
}

void TellingListener::pointStored(const DesignPoint& point)
{
    m_new_points.push_back(point.id);
    const auto& from = point.provenance;
    std::string line = "point " + std::to_string(point.id) + ": " + from.method;
    if (const int stage = stageOf(from); stage > 0)
        line += " stage " + std::to_string(stage);
    line += from.target.empty() ? "" : " for " + from.target;
    if (!from.label.empty() && from.label != from.method)
        line += " " + from.label;
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

void TellingListener::progressed(const SearchProgress& progress)
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

} // namespace bitdial::cli
