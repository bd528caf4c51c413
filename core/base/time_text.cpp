// SPDX-License-Identifier: Apache-2.0
#include "core/base/time_text.h"

#include <ctime>

namespace bitdial {

std::string utcNow()
{
    const std::time_t seconds = std::time(nullptr);
    std::tm parts = {};
    gmtime_r(&seconds, &parts);
    char text[32] = {};
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return text;
}

} // namespace bitdial
