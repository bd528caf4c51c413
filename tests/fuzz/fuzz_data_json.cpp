// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/data/data_json.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Descriptions of data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::parseDataJson({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
