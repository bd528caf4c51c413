// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <cstdint>

namespace bitdial {

/// Figures as the window shows them: the user's locale, units always, a real minus sign.

/// "1.05 ms"; three significant digits, at least two decimals below 10.
QString milliseconds(double ms);
/// "100 k", "1.24 M"; without a unit.
QString shortCount(double count);
/// "41 kB" (1,000 bytes).
QString kilobytes(std::int64_t bytes);
/// "92.9 %" from a fraction.
QString percent(double fraction, int decimals = 1);
/// "+0.3", "−28.1": always with its sign.
QString signedNumber(double value, int decimals = 1);
/// "about 4 min left (3–6)", "about 20 s left (15–30)"; empty when low_s is negative.
QString timeLeft(double low_s, double high_s);

} // namespace bitdial
