// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/session/search_session.h"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace bitdial::cli {

/// Tells on standard error what a search found, and how far it is.
class TellingListener : public SearchListener {
public:
    TellingListener(const std::shared_ptr<const Network>& network,
                    const std::vector<std::shared_ptr<const HardwareProfile>>& profiles);

    void pointStored(const DesignPoint& point) override;
    void accuracyStored(std::int64_t point, const Accuracy& accuracy) override;
    void progressed(const SearchProgress& progress) override;

    const std::vector<std::int64_t>& newPoints() const { return m_new_points; }

private:
    std::vector<CostModel> m_models;
    std::vector<std::int64_t> m_new_points;
    std::string m_phase;
    std::chrono::steady_clock::time_point m_last_told;
};

} // namespace bitdial::cli
