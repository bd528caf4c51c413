// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/job_queue.h"
#include "core/session/rung_question.h"

#include <filesystem>
#include <memory>
#include <optional>

namespace bitdial {

/// What the user asks of a comparison of rungs.
struct RungOrder {
    std::int64_t point = 0;
    int samples = 1000;           ///< the first ones; at most all
    int code_samples = 64;        ///< whose layers are compared; at most `samples`
    std::filesystem::path device; ///< what the chip gave; empty: nothing
};

/// The same, ready to run on a worker.
struct RungWork {
    std::filesystem::path project;
    std::shared_ptr<const Network> network;
    DesignPoint point;
    ImageSubset samples; ///< all there are
    DataRole role = DataRole::Validation;
    int threads = 1;
    RungOrder order;
};

/// What was found.
struct RungReport {
    std::int64_t point = 0;
    std::shared_ptr<const Network> network;
    RungAnswer answer;
};

/// Throws Error.
RungReport compareRungs(const RungWork& work, JobContext& context);

} // namespace bitdial
