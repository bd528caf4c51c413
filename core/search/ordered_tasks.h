// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <stop_token>

namespace bitdial {

/// Work to run side by side. Task i's `work` runs on a worker thread and stores its own result;
/// `deliver` is then called for it on the calling thread, in the order of the tasks.
struct OrderedTasks {
    int count = 0;
    int workers = 1;
    std::function<void(int task, const std::stop_token& stop)> work;
    std::function<void(int task)> deliver;
    std::function<void()> tick; ///< about ten times a second, on the calling thread
};

/// Returns when all are delivered. The first exception of a task stops the others and is thrown
/// again once they ended; after a stop request Error(Cancelled) is thrown. In both cases whatever
/// is finished is delivered before. An exception of `deliver` ends everything at once.
void runOrdered(const OrderedTasks& tasks, const std::stop_token& stop);

} // namespace bitdial
