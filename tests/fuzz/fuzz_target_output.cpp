// SPDX-License-Identifier: Apache-2.0
// What a program printed on a board, in pieces.
#include "core/deployment/verify/target_output.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr std::size_t piece = 61;
    bitdial::VerifyResult result;
    result.layer_results.resize(3);
    const std::function<void(double)> none;
    bitdial::TargetOutput output(result, none, 0);
    for (std::size_t at = 0; at < size; at += piece)
        output.feed({reinterpret_cast<const char*>(data) + at, std::min(piece, size - at)});
    output.finish();
    output.complaint();
    return 0;
}
