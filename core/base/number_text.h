// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bitdial {

// Numbers as text, with a point whatever the locale.

/// The shortest text that reads back as the same number.
std::string shortestText(double value);
std::string shortestText(float value);

/// With a fixed number of decimals.
std::string fixedText(double value, int decimals);

} // namespace bitdial
