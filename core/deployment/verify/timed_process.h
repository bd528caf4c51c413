// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/child_process.h"

#include <chrono>

namespace bitdial {

/// How a program ended that had a time limit.
struct TimedResult {
    ProcessResult process; ///< as far as it is known of one that was stopped
    std::string output;    ///< the first 4 MiB, also of one that was stopped
    bool timed_out = false;
    std::chrono::milliseconds limit{0};
};

/// runProcess, but kills the program after `limit`; that is no error.
TimedResult runTimed(const std::vector<std::string>& command, std::chrono::milliseconds limit,
                     const std::stop_token& stop,
                     const std::function<void(std::string_view)>& on_output,
                     const std::filesystem::path& folder);

} // namespace bitdial
