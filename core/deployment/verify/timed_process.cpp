// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/timed_process.h"

#include "core/base/error.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace bitdial {
namespace {

constexpr std::size_t most_output = std::size_t(4) << 20;

} // namespace

TimedResult runTimed(const std::vector<std::string>& command, std::chrono::milliseconds limit,
                     const std::stop_token& stop,
                     const std::function<void(std::string_view)>& on_output,
                     const std::filesystem::path& folder)
{
    TimedResult result;
    result.limit = limit;
    std::stop_source ending;
    const std::stop_callback forward(stop, [&ending] { ending.request_stop(); });
    std::atomic<bool> expired = false;
    const std::jthread watch([&](const std::stop_token& ended) {
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any never;
        never.wait_for(lock, ended, limit, [] { return false; });
        if (!ended.stop_requested()) {
            expired = true;
            ending.request_stop();
        }
    });
    const auto take = [&](std::string_view piece) {
        result.output.append(
            piece.substr(0, most_output - std::min(most_output, result.output.size())));
        on_output(piece);
    };
    try {
        result.process = runProcess(command, ending.get_token(), take, folder);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Cancelled || !expired || stop.stop_requested())
            throw;
        result.timed_out = true;
        result.process.started = true;
    }
    return result;
}

} // namespace bitdial
