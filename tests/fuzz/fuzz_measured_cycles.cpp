// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/profile/measured_cycles.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::parseMeasuredCycles({reinterpret_cast<const char*>(data), size}, "table.csv");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
