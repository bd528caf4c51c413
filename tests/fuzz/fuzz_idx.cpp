// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/data/idx_reader.h"

#include <cstddef>
#include <cstdint>
#include <span>

/// IDX files, plain and gzip-compressed: labels and pictures.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto bytes = std::as_bytes(std::span(data, size));
        bitdial::parseIdx(bytes, size % 2 == 0 ? 1 : 3, "fuzz");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
