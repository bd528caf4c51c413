// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/open/open_network.h"
#include "core/quantization/encodings_csv.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    static const auto network = bitdial::buildZooNetwork("zoo:resnet8");
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        bitdial::isEncodingsCsv(text);
        const auto encodings = bitdial::fromEncodingsCsv(text, "bits.csv");
        bitdial::assignmentFrom(*network, encodings, "bits.csv");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
