// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/point_feed.h"

namespace bitdial {
namespace {

constexpr int frame_ms = 33;

} // namespace

PointFeed::PointFeed(std::function<void(Batch)> deliver) : m_deliver(std::move(deliver))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &PointFeed::flush);
}

void PointFeed::addPoint(DesignPoint point)
{
    const std::lock_guard lock(m_mutex);
    m_batch.points.push_back(std::move(point));
    announce();
}

void PointFeed::addAccuracy(std::int64_t id, const Accuracy& accuracy)
{
    const std::lock_guard lock(m_mutex);
    m_batch.accuracies.emplace_back(id, accuracy);
    announce();
}

/// With the mutex held.
void PointFeed::announce()
{
    if (!std::exchange(m_announced, true))
        QMetaObject::invokeMethod(this, &PointFeed::deliverSoon, Qt::QueuedConnection);
}

void PointFeed::deliverSoon()
{
    if (m_timer.isActive())
        return;
    const bool at_once = !m_delivered.isValid() || m_delivered.elapsed() >= frame_ms;
    m_timer.start(at_once ? 0 : int(frame_ms - m_delivered.elapsed()));
}

void PointFeed::flush()
{
    Batch batch;
    {
        const std::lock_guard lock(m_mutex);
        std::swap(batch, m_batch);
        m_announced = false;
    }
    m_delivered.start();
    if (!batch.points.empty() || !batch.accuracies.empty())
        m_deliver(std::move(batch));
}

} // namespace bitdial
