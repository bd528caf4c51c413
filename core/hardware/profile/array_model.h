// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/compute_model.h"

#include <span>
#include <string_view>

namespace bitdial {

/// What one step of a machine computes at once: output rows x columns x channels, over so many
/// input channels and kernel taps. All 1: a core that does one multiply-accumulate after another.
struct ArrayShape {
    int rows = 1;
    int columns = 1;
    int out_channels = 1;
    int in_channels = 1;
    int taps = 1;
};

/// Names of the counts as written in profiles: fixed, output_tile, output_channel, step,
/// step_channel.
std::span<const std::string_view> arrayFeatureNames();

/// Counts of a call: 1, output tiles, their output channels summed, steps (output tiles x tiles of
/// input channels x tiles of taps), the output channels of all steps summed. A tile at the border
/// counts whole in rows, columns, input channels and taps, and its own output channels. Depthwise,
/// add and pooling have one input channel for each output channel.
WorkFeatures arrayWork(const KernelWork& work, const ArrayShape& shape);

} // namespace bitdial
