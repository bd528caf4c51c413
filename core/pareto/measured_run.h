// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// Cycles of one layer of an exported program, on its first image.
struct MeasuredLayer {
    std::string name;
    std::uint64_t promised_cycles = 0;
    std::uint64_t measured_cycles = 0;
    std::optional<std::uint64_t> kernel_cycles = {}; ///< in kernels alone, where they were counted
    bool operator==(const MeasuredLayer&) const = default;
};

/// Cycles that a point's exported program took, and where they are from.
struct MeasuredRun {
    std::int64_t point_id = 0;
    std::string profile;      ///< name of the target
    std::string profile_hash; ///< of the profile that the export was made for
    std::string bits;         ///< bits.json of what was exported, in one line
    std::string runner;       ///< "gvsoc", or "counters" for what a board printed
    std::string source;       ///< simulator and compiler, or the log's file; one line
    std::string date;         ///< when they were stored: "2026-12-01T02:59:31Z"
    std::string export_sha256;
    std::uint64_t promised_cycles = 0; ///< by the export, all layers
    std::uint64_t measured_cycles = 0;
    std::vector<MeasuredLayer> layers = {}; ///< in the network's order
    bool operator==(const MeasuredRun&) const = default;
};

/// What stands beside a promise.
struct MeasuredFigure {
    const MeasuredRun* run = nullptr;
    /// It was of other bits or of another text of the profile: shown, but nothing is ranked by it.
    bool stale = false;
};

/// The figure of a point with these bits (bits.json in one line) on a profile: of the latest run
/// that is not stale, else of the latest one. None where the point was not measured there.
std::optional<MeasuredFigure> measuredFigure(std::span<const MeasuredRun> runs,
                                             std::int64_t point_id, const std::string& bits,
                                             const std::string& profile,
                                             const std::string& profile_hash);

/// "gvsoc, 2026-12-01; stale: ...": where a figure is from, for people.
std::string measuredText(const MeasuredFigure& figure);

} // namespace bitdial
