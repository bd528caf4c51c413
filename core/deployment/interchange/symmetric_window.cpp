// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/symmetric_window.h"

#include <algorithm>

namespace bitdial {

SymmetricWindow::SymmetricWindow(const LayerGeometry& geometry)
    : padding(std::max({geometry.padding.top, geometry.padding.left, geometry.padding.bottom,
                        geometry.padding.right})),
      zeros(geometry.padding),
      height(geometry.kernel_height),
      width(geometry.kernel_width)
{
    for (int* side : {&zeros.top, &zeros.left, &zeros.bottom, &zeros.right})
        *side = padding - *side;
    height += zeros.top + zeros.bottom;
    width += zeros.left + zeros.right;
}

} // namespace bitdial
