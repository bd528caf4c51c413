// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace bitdial {

/// Category of an error; decides the exit status of the headless program.
enum class ErrorCode {
    Failed = 1,     ///< the work itself failed (disk full, compiler missing, mismatch)
    Usage = 2,      ///< wrong command line or option
    BadInput = 3,   ///< a file or value from outside is wrong
    Infeasible = 4, ///< the request cannot be met on this network or target
    Cancelled = 5,  ///< the user stopped it
};

/// Stable word for an error category, as written under `--json` ("bad-input").
const char* errorCodeName(ErrorCode code);

/// What a user needs to act on an error. Every field is plain UTF-8 text without line breaks.
struct ErrorDetails {
    ErrorCode code = ErrorCode::Failed;
    std::string what;  ///< what went wrong
    std::string where; ///< file, line, layer or node
    std::string why;   ///< the cause
    std::string next;  ///< what to do next
};

/// The only exception that core throws. Third-party exceptions are translated where they enter.
class Error : public std::exception {
public:
    explicit Error(ErrorDetails details);
    Error(ErrorCode code, std::string what, std::string where, std::string why, std::string next);

    const ErrorDetails& details() const noexcept { return m_details; }
    ErrorCode code() const noexcept { return m_details.code; }
    /// One line: "what: where: why. next".
    const char* what() const noexcept override { return m_line.c_str(); }

private:
    ErrorDetails m_details;
    std::string m_line;
};

} // namespace bitdial
