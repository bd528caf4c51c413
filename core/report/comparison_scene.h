// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/fit/profile_comparison.h"
#include "core/report/chart_theme.h"

#include <string>
#include <vector>

namespace bitdial {

/// Predicted over measured cycles, both axes logarithmic; one colour per kind of layer.
ChartScene comparisonScene(const std::string& title, const std::vector<PredictedRow>& rows,
                           const ChartTheme& theme);

} // namespace bitdial
