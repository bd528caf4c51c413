// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/front_table.h"

#include <span>
#include <string>

namespace bitdial {

/// One target's rows under a heading.
struct FrontPanel {
    std::string title;
    std::vector<FrontRow> rows;
    std::string latency_title = "latency [ms]";
};

/// Accuracy over latency as SVG 1.1, one panel below the other: the front as a step line, points by
/// method, reference points as squares. Text stays text. Rows that the front does not rank, or
/// without accuracy, are left out; a panel says how many.
std::string frontSvg(std::span<const FrontPanel> panels);

} // namespace bitdial
