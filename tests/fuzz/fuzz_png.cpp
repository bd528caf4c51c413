// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/data/picture_decoder.h"

#include <cstddef>
#include <cstdint>
#include <span>

/// PNG pictures.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::decodePng(std::as_bytes(std::span(data, size)), "fuzz");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
