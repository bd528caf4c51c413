// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/design_point.h"

#include <QString>

namespace bitdial {

struct MeasuredLatency;

/// Words for points and accuracies, the same in charts, tables and panels.

/// "integer, test": how an accuracy was obtained.
QString measuredHow(const Accuracy& accuracy);
/// "92.4 … 93.4 %": the 95 % interval.
QString intervalText(const Accuracy& accuracy);
/// "92.9 % (integer, test, n = 10,000; 95 % interval 92.4 … 93.4 %)".
QString accuracyText(const Accuracy& accuracy);
/// "11.8 ms", or "11.8 ms (stale)".
QString measuredLatencyText(const MeasuredLatency& measured);
/// "1,184,534 cycles (gvsoc, 2026-12-01)".
QString measuredLatencyHow(const MeasuredLatency& measured);
/// "free-bits, stage 2", "hand-made", "uniform".
QString originText(const Provenance& from);

} // namespace bitdial
