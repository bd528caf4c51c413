// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/data/labels_csv.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Tables of labels.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::parseLabelsCsv({reinterpret_cast<const char*>(data), size}, "fuzz");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
