// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QTest>

namespace bitdial::test {

/// How long a test waits for what an idle machine does in milliseconds. Only what hangs takes
/// longer, the sanitizers on a busy machine included: no test fails for being slow.
constexpr int patience_ms = 120000;

} // namespace bitdial::test

/// QTRY_VERIFY and QTRY_COMPARE, which wait 5 s, with that patience.
#define BITDIAL_TRY_VERIFY(expression)                                                             \
    QTRY_VERIFY_WITH_TIMEOUT(expression, bitdial::test::patience_ms)
#define BITDIAL_TRY_COMPARE(value, expected)                                                       \
    QTRY_COMPARE_WITH_TIMEOUT(value, expected, bitdial::test::patience_ms)
