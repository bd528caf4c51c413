// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/measured_run.h"

namespace bitdial {

std::optional<MeasuredFigure> measuredFigure(std::span<const MeasuredRun> runs,
                                             std::int64_t point_id, const std::string& bits,
                                             const std::string& profile,
                                             const std::string& profile_hash)
{
    std::optional<MeasuredFigure> figure;
    for (const auto& run : runs) {
        if (run.point_id != point_id || run.profile != profile)
            continue;
        const bool stale = run.bits != bits || run.profile_hash != profile_hash;
        if (!stale || !figure || figure->stale)
            figure = MeasuredFigure{&run, stale};
    }
    return figure;
}

std::string measuredText(const MeasuredFigure& figure)
{
    constexpr std::size_t day = 10; // "2026-12-01"
    const std::string runner =
        figure.run->runner == "counters" ? "a board's counters" : figure.run->runner;
    return runner + ", " + figure.run->date.substr(0, day) +
           (figure.stale ? "; stale: the bits or the profile have changed since" : "");
}

} // namespace bitdial
