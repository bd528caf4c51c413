// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <QTest>

#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <malloc.h>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BITDIAL_WATCHES_MEMORY 0 ///< the sanitizers' own memory would be measured
#else
#define BITDIAL_WATCHES_MEMORY 1
#endif

namespace bitdial::test {

/// What reading a hostile file came to.
struct WatchedRun {
    std::string message;           ///< of the Error; "(read)" without one, else what went wrong
    std::uint64_t grown_bytes = 0; ///< most address space in use at once, beyond that at the start

    /// Refused by an Error with all its parts.
    bool refused() const { return !message.empty() && message.front() != '('; }
};

namespace watched {

/// A field of /proc/self/status, in bytes.
inline std::uint64_t statusBytes(const std::string& field)
{
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with(field + ":"))
            return std::stoull(line.substr(field.size() + 1)) * 1024;
    return 0;
}

inline std::string messageOf(const std::function<void()>& read)
{
    try {
        read();
    } catch (const Error& error) {
        const auto& details = error.details();
        const bool whole = !details.what.empty() && !details.where.empty() &&
                           !details.why.empty() && !details.next.empty();
        return whole ? error.what() : "(an error without all its parts: " + details.what + ")";
    } catch (const std::exception& error) {
        return std::string("(") + error.what() + ")";
    }
    return "(read)";
}

/// The child's part. All of it is said in one write, so that the parent gets it whole or not.
[[noreturn]] inline void runAndTell(const std::function<void()>& read, int to)
{
    // Freed memory goes back at once and large blocks are mapped: what is in use can be seen.
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    malloc_trim(0);
    const auto before = statusBytes("VmSize");
    // So that a reader without limits fails here instead of taking the machine's memory.
    const rlimit most{before + (std::uint64_t(8) << 30), before + (std::uint64_t(8) << 30)};
    setrlimit(RLIMIT_AS, &most);
    const auto message = messageOf(read);
    const auto grown = statusBytes("VmPeak") - before;
    const auto line = (std::to_string(grown) + " " + message).substr(0, 4000);
    const auto written = ::write(to, line.data(), line.size());
    ::_exit(written == ssize_t(line.size()) ? 0 : 1);
}

} // namespace watched

/// Runs `read` in a process of its own and tells how much memory it took: address space, so that
/// what is allocated and never touched counts too.
inline WatchedRun watchedRun(const std::function<void()>& read)
{
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0)
        return {"(no pipe)"};
    std::fflush(nullptr); // else the child's copy of the buffers could be written twice
    const pid_t child = ::fork();
    if (child == 0)
        watched::runAndTell(read, ends[1]);
    ::close(ends[1]);
    std::string line(4096, '\0');
    const auto got = child < 0 ? 0 : ::read(ends[0], line.data(), line.size());
    ::close(ends[0]);
    int status = 0;
    if (child > 0)
        ::waitpid(child, &status, 0);
    if (got <= 0)
        return {WIFSIGNALED(status) ? "(ended by signal " + std::to_string(WTERMSIG(status)) + ")"
                                    : "(no process)"};
    line.resize(std::size_t(got));
    const auto space = line.find(' ');
    return {line.substr(space + 1), std::stoull(line.substr(0, space))};
}

/// What reading a file of this size may allocate, itself included.
inline std::uint64_t allowedBytes(std::uint64_t file_bytes)
{
    return 2 * file_bytes + (std::uint64_t(256) << 20);
}

} // namespace bitdial::test

/// Fails the test function unless `read` is refused for a reason that contains `reason` ("(read)":
/// unless it is accepted), within the memory that a file of `file_bytes` allows; `held_bytes` of it
/// are in memory before.
#define BITDIAL_VERIFY_BOUNDED(read, file_bytes, held_bytes, reason)                               \
    do {                                                                                           \
        const auto watched_run = bitdial::test::watchedRun(read);                                  \
        const std::string watched_reason = reason;                                                 \
        QVERIFY2(watched_run.refused() == (watched_reason != "(read)") &&                          \
                     watched_run.message.find(watched_reason) != std::string::npos,                \
                 watched_run.message.c_str());                                                     \
        if (BITDIAL_WATCHES_MEMORY)                                                                \
            QVERIFY2(watched_run.grown_bytes + (held_bytes) <=                                     \
                         bitdial::test::allowedBytes(file_bytes),                                  \
                     (std::to_string(watched_run.grown_bytes) + " bytes: " + watched_run.message)  \
                         .c_str());                                                                \
    } while (false)
