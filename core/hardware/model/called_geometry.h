// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/kernel_dialect.h"
#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"

namespace bitdial {

/// Whether the library's depthwise kernel computes a window of this size wrongly, wherever it lies.
/// Found by running pulp-nn-mixed b69ec23e: it needs 4 taps, the cores overwrite each other's
/// buffers where the window is one column wide, and XpulpNN's (`packed`) takes only one of the taps
/// behind the last whole word.
bool isWrongDepthwiseWindow(int kernel_height, int kernel_width, bool packed);

/// The geometry with which the target's kernel is called for a layer of these widths. It is the
/// layer's own but for depthwise convolutions on a cluster's cores whose window the kernel computes
/// wrongly: those get rows of zeros below and columns of zeros to the right, and as much more
/// padding, so that the result stays the same.
LayerGeometry calledGeometry(const Layer& layer, LayerBits bits,
                             const HardwareProfile::Fields& profile);

/// Stored channels of a network input that only a convolution with 8 bits on both sides reads: it
/// needs no multiple of 8. One is fastest as it is; 2 and 3 are faster as 4, whose pixels are words
/// (measured: 16x16 to 16 channels, 3x3: 31, 36, 43 and 33 thousand cycles for 1, 2, 3 and 4).
constexpr int fewChannels(int channels)
{
    return channels == 1 ? 1 : roundUp(channels, 4);
}

/// Whether a layer reads the network's input with fewChannels. Every other stored tensor has a
/// multiple of 8.
bool readsFewChannels(const Network& network, int layer, LayerBits bits,
                      const HardwareProfile::Fields& profile);

/// Widths with which the target's kernel is called, and that the weights are stored with. They are
/// the layer's own but for convolutions on XpulpNN's cores with 4-bit weights and 2-bit inputs that
/// may be negative (as far as the topology tells), in stored channels that are no multiple of 16:
/// pulp-nn-mixed b69ec23e widens the last of such a pixel to 4 bits without their sign (found by
/// running it), to 8 bits with it, so the kernel for 8-bit weights is called.
LayerBits calledBits(const Network& network, int layer, LayerBits bits,
                     const HardwareProfile::Fields& profile);

/// Channels that a convolution's kernel reads of each pixel.
int calledInputChannels(const Network& network, int layer, LayerBits bits,
                        const HardwareProfile::Fields& profile);

} // namespace bitdial
