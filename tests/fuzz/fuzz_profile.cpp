// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/profile/hardware_profile.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::parseProfile({reinterpret_cast<const char*>(data), size}, "profile.json");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
