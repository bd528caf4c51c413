// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// How a program ended.
struct ProcessResult {
    bool started = false;      ///< false: there is no such program
    std::string start_failure; ///< why, when it did not start
    int exit_status = -1;      ///< 128 + signal when one ended it
    std::string output;        ///< stdout and stderr together, the first 4 MiB
};

/// Runs a program in a process group of its own with no input and LC_ALL=C, in `folder` (empty:
/// where this program runs). `on_output` gets each piece of output as it comes. When stopped, the
/// whole group is killed and Error(Cancelled) thrown, within 50 ms. Throws Error(Failed) when the
/// system has no pipes or processes left.
ProcessResult runProcess(const std::vector<std::string>& command, const std::stop_token& stop,
                         const std::function<void(std::string_view)>& on_output = {},
                         const std::filesystem::path& folder = {});

} // namespace bitdial
