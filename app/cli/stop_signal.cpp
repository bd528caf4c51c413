// SPDX-License-Identifier: Apache-2.0
#include "app/cli/stop_signal.h"

#include "app/cli/output.h"
#include "core/base/error.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace bitdial::cli {
namespace {

std::atomic<int> g_write_end{-1};

/// Only writes a byte: stopping runs callbacks, which no signal handler may.
extern "C" void onStopSignal(int signal_number)
{
    const int saved = errno;
    const char byte = 's';
    if (::write(g_write_end.load(), &byte, 1) != 1)
        ::_exit(128 + signal_number);
    std::signal(signal_number, SIG_DFL);
    errno = saved;
}

} // namespace

StopSignal::StopSignal()
{
    if (::pipe2(m_pipe, O_CLOEXEC) != 0)
        throw Error(ErrorCode::Failed, "Cannot watch for signals", "pipe", std::strerror(errno),
                    "Close other programs");
    g_write_end = m_pipe[1];
    m_watcher = std::thread([this] {
        char byte = 0;
        while (::read(m_pipe[0], &byte, 1) < 0 && errno == EINTR) {
        }
        if (byte == 's') {
            message("stopping");
            m_source.request_stop();
        }
    });
    std::signal(SIGINT, onStopSignal);
    std::signal(SIGTERM, onStopSignal);
}

StopSignal::~StopSignal()
{
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
    g_write_end = -1;
    ::close(m_pipe[1]); // wakes the watcher where no signal came
    m_watcher.join();
    ::close(m_pipe[0]);
}

} // namespace bitdial::cli
