// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

namespace bitdial {

/// A convolution's window with one padding for all sides, as Deeploy wants it: taps of zeros make
/// up for the difference.
struct SymmetricWindow {
    explicit SymmetricWindow(const LayerGeometry& geometry);
    bool isWidened() const { return zeros != Padding{}; }

    int padding;   ///< on each side
    Padding zeros; ///< rows and columns of taps around the layer's own
    int height;    ///< taps with the zeros
    int width;
};

} // namespace bitdial
