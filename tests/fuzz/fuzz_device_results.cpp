// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/quantization/device_results.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// What a chip gave, for a network of three classes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::parseDeviceResults({reinterpret_cast<const char*>(data), size}, 3, "fuzz");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
