// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <QString>

namespace bitdial::test {

/// The message with which bad input is refused; "no remedy" for an error of another kind or without
/// a next step, and empty where nothing is thrown.
template <typename Run> QString refusal(const Run& run)
{
    try {
        run();
    } catch (const Error& error) {
        if (error.code() == ErrorCode::BadInput && !error.details().next.empty())
            return static_cast<const std::exception&>(error).what();
        return "no remedy";
    }
    return "";
}

} // namespace bitdial::test
