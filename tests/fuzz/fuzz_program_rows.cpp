// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/fit/program_fit.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const std::string_view text{reinterpret_cast<const char*>(data), size};
        if (bitdial::isProgramTable(text))
            bitdial::parseProgramRows(text, "table.csv");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
