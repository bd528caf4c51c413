// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "widgets/charts/axis_scale.h"
#include "widgets/models/point_model.h"

#include <QString>

#include <optional>
#include <vector>

namespace bitdial {

/// How a chart draws a point that is not on the front.
enum class PointMark { Searched, Stage1, Uniform, Hand };

/// A point of one target's chart. Accuracies in percent.
struct ChartPoint {
    qint64 id = 0;
    double latency_ms = 0;
    double top1 = 0;
    double low = 0;  ///< lower end of the 95 % interval
    double high = 0; ///< upper end
    PointMark mark = PointMark::Searched;
    bool on_front = false;
    bool comparable = false; ///< its accuracy is of the kind that the front compares
    QString label;           ///< "8/8" of a uniform assignment
};

/// Everything that one target's chart shows.
struct ChartPoints {
    /// A stage-1 point and a stage-2 point that it became; indices into points.
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

    int indexOf(qint64 id) const; ///< -1: not in this chart
    /// The front's neighbour of a point in a direction (-1 faster, +1 slower); of a point beside
    /// the front the next in latency. Without a point the first or last. -1 where there is none.
    int frontNeighbour(qint64 id, int direction) const;
};

ChartPoints chartPoints(const PointModel& model, int target);

/// Scales that show the whole front and what lies near it. Points far below the front do not
/// squeeze it: they are counted in `below`.
struct ChartScales {
    AxisScale latency_ms;
    AxisScale top1;
    int below = 0; ///< points under the lower end of the accuracy axis
};
ChartScales chartScales(const ChartPoints& points, int latency_steps = 8, int top1_steps = 7);

} // namespace bitdial
