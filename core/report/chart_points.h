// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/accuracy.h"
#include "core/report/axis_scale.h"
#include "core/report/marks.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// A point of one target's chart. Accuracies in percent.
struct ChartPoint {
    std::int64_t id = 0;
    double latency_ms = 0;
    double top1 = 0;
    double low = 0;  ///< lower end of the 95 % interval
    double high = 0; ///< upper end
    MarkStyle mark;
    std::string label = {}; ///< "8/8" of a uniform assignment; empty: none
    std::string title = {}; ///< what a reader of a file is told of it; empty: nothing
};

/// Everything that one target's chart shows.
struct ChartPoints {
    /// A point and what was made of it; indices into points.
    struct Link {
        int from = 0;
        int to = 0;
    };

    std::vector<ChartPoint> points;
    std::vector<int> front; ///< indices into points by rising latency
    std::vector<Link> links;
    std::optional<Accuracy> kind;            ///< what the front compares
    std::optional<Accuracy> float_reference; ///< the unquantized network
    int unmeasured = 0;                      ///< points that run there but have no accuracy yet
    int unable = 0;                          ///< points that cannot run on the target

    int indexOf(std::int64_t id) const; ///< -1: not in this chart
    /// The front's neighbour of a point in a direction (-1 faster, +1 slower); of a point beside
    /// the front the next in latency. Without a point the first or last. -1 where there is none.
    int frontNeighbour(std::int64_t id, int direction) const;
    /// What a legend has to explain.
    LegendContents legend() const;
};

/// Scales that show the whole front and what lies near it. Points far below the front do not
/// squeeze it: they are counted in `below`.
struct ChartScales {
    AxisScale latency_ms;
    AxisScale top1;
    int below = 0; ///< points under the lower end of the accuracy axis
};
ChartScales chartScales(const ChartPoints& points, int latency_steps = 8, int top1_steps = 7);

/// Where a point lies between the axes; one below the plot on its lower edge.
ScenePoint placeOf(const ChartPoint& point, const ChartScales& scales, const SceneRect& plot);

} // namespace bitdial
