// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/project.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// How far a run came.
enum class RunStatus {
    Running,     ///< or it was killed: what runs is known to whoever runs it alone
    Interrupted, ///< cancelled, failed or out of time: its journal says how far it came
    Done
};
const char* runStatusName(RunStatus status); ///< "running", "interrupted", "done"

/// One search into a project.
struct SearchRun {
    std::int64_t id = 0;
    std::string method;
    std::string request; ///< what was asked for, as JSON (core/session); empty: not known
    RunStatus status = RunStatus::Running;
    std::string begun; ///< UTC, ISO 8601; empty: not known
    std::string ended; ///< the same; empty: it has not
};

/// The runs of a project, and the journals from which they can go on. Works on the project's
/// connection and thread; every entry is on disk when append() returns. Throws Error.
class RunLog {
public:
    /// The project outlives the log.
    explicit RunLog(Project& project);

    /// A new run, running. Returns its id.
    std::int64_t begin(const std::string& method, const std::string& request);
    /// A run that was interrupted goes on.
    void goOn(std::int64_t run);
    void append(std::int64_t run, std::string_view entry);
    /// A run that is done has nothing to go on from: its journal is dropped.
    void end(std::int64_t run, RunStatus status);

    /// All runs, the latest last.
    std::vector<SearchRun> runs() const;
    /// The latest run of a method that came far enough to be gone on with, unless it is done.
    std::optional<SearchRun> unfinished(const std::string& method) const;
    /// A run's entries in their order.
    std::vector<std::string> journal(std::int64_t run) const;

private:
    void setStatus(std::int64_t run, RunStatus status, const std::string& ended);

    Project& m_project;
};

} // namespace bitdial
