// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"

#include <vector>

namespace bitdial {

/// A convolution's window with one padding for all sides, as Deeploy wants it: taps of zeros make
/// up for the difference.
struct EvenWindow {
    explicit EvenWindow(const LayerGeometry& geometry);
    bool isWidened() const { return m_widened; }
    /// The weights ([planes][kernel_height][kernel_width]) with the zeros.
    std::vector<float> widened(const std::vector<float>& weights) const;

    int padding; ///< on each side
    int top;     ///< rows of zeros above the taps
    int left;
    int height; ///< taps with the zeros
    int width;

private:
    int m_kernel_height;
    int m_kernel_width;
    bool m_widened;
};

} // namespace bitdial
