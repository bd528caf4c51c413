// SPDX-License-Identifier: Apache-2.0
#include "core/search/progress_meter.h"

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::chrono::seconds recent_span(30);
constexpr double least_elapsed_s = 3; ///< before that an estimate is a guess

double seconds(std::chrono::steady_clock::duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

} // namespace

SearchProgress ProgressMeter::progress(const std::string& phase)
{
    const auto now = Clock::now();
    const double done = std::min(m_done.load(std::memory_order_relaxed), m_total);
    m_recent.emplace_back(now, done);
    while (now - m_recent.front().first > recent_span)
        m_recent.pop_front();
    SearchProgress progress{phase, m_total > 0 ? done / m_total : 1, -1, -1};
    const double elapsed_s = seconds(now - m_began);
    const double recent_s = seconds(now - m_recent.front().first);
    const double recent_done = done - m_recent.front().second;
    if (elapsed_s < least_elapsed_s || done <= 0 || recent_s <= 0 || recent_done <= 0)
        return progress;
    const double left = m_total - done;
    const double by_all_s = left * elapsed_s / done;
    const double by_recent_s = left * recent_s / recent_done;
    progress.eta_low_s = 0.9 * std::min(by_all_s, by_recent_s);
    progress.eta_high_s = 1.1 * std::max(by_all_s, by_recent_s);
    return progress;
}

} // namespace bitdial
