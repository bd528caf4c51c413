// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/weights/safetensors_reader.h"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::readSafetensors(std::as_bytes(std::span(data, size)), "fuzz.safetensors");
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
