// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/search_method.h"

#include <atomic>
#include <chrono>
#include <deque>
#include <string>
#include <utility>

namespace bitdial {

/// Turns work done, counted by many threads, into progress with an estimated time left. The range
/// spans the rate since the start and the rate of the last half minute, a tenth wider each way.
class ProgressMeter {
public:
    explicit ProgressMeter(double total_work) : m_total(total_work) {}
    void add(double work) { m_done.fetch_add(work, std::memory_order_relaxed); } ///< any thread
    /// Work that turned out not to be needed, or was done before: no part of the rate.
    void skip(double work) { m_total -= work; }
    /// One thread only.
    SearchProgress progress(const std::string& phase);

private:
    using Clock = std::chrono::steady_clock;
    double m_total;
    std::atomic<double> m_done = 0;
    Clock::time_point m_began = Clock::now();
    std::deque<std::pair<Clock::time_point, double>> m_recent;
};

} // namespace bitdial
