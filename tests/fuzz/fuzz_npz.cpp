// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/data/npy_array.h"
#include "core/data/npz_reader.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// NPZ archives and the arrays in them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto bytes = std::as_bytes(std::span(data, size));
        if (size > 0 && data[0] == 0x93)
            bitdial::parseNpy(bytes, "fuzz");
        else
            bitdial::readNpz({bytes.begin(), bytes.end()}, "fuzz", "", "", size % 2 == 0);
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
