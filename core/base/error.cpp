// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"

#include <utility>

namespace bitdial {

const char* errorCodeName(ErrorCode code)
{
    switch (code) {
    case ErrorCode::Failed:
        return "failed";
    case ErrorCode::Usage:
        return "usage";
    case ErrorCode::BadInput:
        return "bad-input";
    case ErrorCode::Infeasible:
        return "infeasible";
    case ErrorCode::Cancelled:
        return "cancelled";
    }
    return "failed";
}

Error::Error(ErrorDetails details) : m_details(std::move(details))
{
    m_line = m_details.what;
    if (!m_details.where.empty())
        m_line += " [" + m_details.where + "]";
    if (!m_details.why.empty())
        m_line += ": " + m_details.why;
    if (!m_details.next.empty())
        m_line += (m_line.ends_with('?') ? " " : ". ") + m_details.next;
}

Error::Error(ErrorCode code, std::string what, std::string where, std::string why, std::string next)
    : Error(ErrorDetails{code, std::move(what), std::move(where), std::move(why), std::move(next)})
{
}

} // namespace bitdial
