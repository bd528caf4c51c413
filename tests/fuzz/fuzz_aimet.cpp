// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/open/open_network.h"
#include "core/quantization/aimet_encodings.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto network = bitdial::buildZooNetwork("zoo:resnet8");
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        bitdial::isAimetEncodings(text);
        const auto encodings = bitdial::fromAimetEncodings(*network, text, "x.encodings");
        bitdial::assignmentFrom(*network, encodings, "x.encodings");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
