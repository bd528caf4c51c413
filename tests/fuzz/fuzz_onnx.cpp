// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/open/open_network.h"

#include <cstddef>
#include <cstdint>
#include <span>

/// An ONNX model in memory, without a folder: no external data is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        bitdial::importOnnx(std::as_bytes(std::span(data, size)), "fuzz.onnx");
    } catch (const bitdial::Error&) {
        return 0; // how wrong input is refused
    }
    return 0;
}
