// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_theme.h"
#include "core/report/text_width.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace bitdial {

/// Promised and measured cycles of a layer.
struct CyclesBar {
    std::string layer;
    std::uint64_t promised = 0;
    std::uint64_t measured = 0;
    std::optional<std::uint64_t> promised_kernel = {}; ///< the part inside kernels
    std::optional<std::uint64_t> measured_kernel = {};
    std::string deviation = {}; ///< "+1.2 %"
};

struct CyclesHeading {
    std::string title;
    std::string summary; ///< the whole program, and what it was counted with
};

/// One pair of bars a layer, with the part that kernels take where it is known.
ChartScene cyclesScene(const CyclesHeading& heading, std::span<const CyclesBar> bars,
                       const ChartTheme& theme, const TextWidth& text_width);

} // namespace bitdial
