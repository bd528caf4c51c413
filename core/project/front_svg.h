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
};

/// Accuracy over latency as SVG 1.1, one panel below the other: the front as a step line, points by
/// method, reference points as squares. Text stays text. Rows without latency or accuracy are left
/// out; a panel says how many.
std::string frontSvg(std::span<const FrontPanel> panels);

} // namespace bitdial
