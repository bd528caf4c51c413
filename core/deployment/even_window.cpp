// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/even_window.h"

#include <algorithm>

namespace bitdial {

EvenWindow::EvenWindow(const LayerGeometry& geometry)
    : padding(std::max({geometry.padding.top, geometry.padding.left, geometry.padding.bottom,
                        geometry.padding.right})),
      top(padding - geometry.padding.top),
      left(padding - geometry.padding.left),
      height(geometry.kernel_height + top + padding - geometry.padding.bottom),
      width(geometry.kernel_width + left + padding - geometry.padding.right),
      m_kernel_height(geometry.kernel_height),
      m_kernel_width(geometry.kernel_width),
      m_widened(height != m_kernel_height || width != m_kernel_width)
{
}

std::vector<float> EvenWindow::widened(const std::vector<float>& weights) const
{
    const auto taps_high = std::size_t(m_kernel_height);
    const auto taps_wide = std::size_t(m_kernel_width);
    const auto all_wide = std::size_t(width);
    const std::size_t planes = weights.size() / (taps_high * taps_wide);
    std::vector<float> result(planes * std::size_t(height) * all_wide, 0.0F);
    for (std::size_t p = 0; p < planes; ++p)
        for (std::size_t y = 0; y < taps_high; ++y)
            for (std::size_t x = 0; x < taps_wide; ++x)
                result[(p * std::size_t(height) + y + std::size_t(top)) * all_wide + x +
                       std::size_t(left)] = weights[(p * taps_high + y) * taps_wide + x];
    return result;
}

} // namespace bitdial
