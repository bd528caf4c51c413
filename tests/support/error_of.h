// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <functional>

namespace bitdial::test {

/// What the action throws; empty details when it throws nothing.
inline ErrorDetails errorOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.details();
    }
    return {};
}

} // namespace bitdial::test
