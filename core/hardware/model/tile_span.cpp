// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/tile_span.h"

#include <algorithm>

namespace bitdial {

TileSpan TiledAxis::span(int tile) const
{
    TileSpan span;
    span.out_begin = tile * tile_size;
    span.out_size = std::min(tile_size, out_length - span.out_begin);
    const int from = span.out_begin * stride - padding_before;
    const int to = from + (span.out_size - 1) * stride + kernel;
    const int begin = std::clamp(from, 0, in_length);
    const int end = std::clamp(to, begin, in_length);
    span.in_begin = begin;
    span.in_size = end - begin;
    if (span.in_size > 0) {
        span.before = begin - from;
        span.after = to - end;
    } else if (to <= 0) {
        span.before = to - from;
        span.after = 0;
    } else {
        span.before = 0;
        span.after = to - from;
    }
    return span;
}

} // namespace bitdial
