// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/open/open_network.h"
#include "core/quantization/bit_assignment.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto network = bitdial::buildZooNetwork("zoo:resnet8");
    try {
        bitdial::fromBitsJson(*network, {reinterpret_cast<const char*>(data), size}, "bits.json");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
