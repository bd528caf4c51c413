// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_points.h"
#include "widgets/models/point_model.h"

namespace bitdial {

/// What the chart of one target shows of a model's points.
ChartPoints chartPoints(const PointModel& model, int target);

} // namespace bitdial
