// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/design_point.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace bitdial {

/// Points and accuracies on their way from a search's thread to the item model: gathered, and
/// delivered at most 30 times a second on the thread that the feed lives on.
class PointFeed : public QObject {
    Q_OBJECT

public:
    struct Batch {
        std::vector<DesignPoint> points;
        std::vector<std::pair<std::int64_t, Accuracy>> accuracies;
    };

    explicit PointFeed(std::function<void(Batch)> deliver);

    /// From any thread.
    void addPoint(DesignPoint point);
    void addAccuracy(std::int64_t id, const Accuracy& accuracy);
    /// Delivers what is still under way; on the feed's own thread.
    void flush();

private:
    void announce();
    void deliverSoon();

    std::function<void(Batch)> m_deliver;
    QTimer m_timer;
    QElapsedTimer m_delivered;
    std::mutex m_mutex; ///< of what follows
    Batch m_batch;
    bool m_announced = false;
};

} // namespace bitdial
