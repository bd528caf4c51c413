// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bitdial {

/// Now in UTC, as ISO 8601 writes it: "2026-12-01T14:05:09Z".
std::string utcNow();

} // namespace bitdial
