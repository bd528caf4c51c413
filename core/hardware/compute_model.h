// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"

#include <array>
#include <span>
#include <string_view>

namespace bitdial {

/// One call of a kernel on data in L1: stored (padded) channels, the map's size with its padding.
/// A linear layer has a 1x1 map and its vector length as in_channels.
struct KernelWork {
    LayerKind kind = LayerKind::Conv;
    LayerBits bits;
    int in_channels = 0;
    int in_height = 1;
    int in_width = 1;
    int out_channels = 0;
    int out_height = 1;
    int out_width = 1;
    int kernel_height = 1;
    int kernel_width = 1;
    Padding padding;
};

/// Counts of what the busiest core does; unused entries are 0. Their meaning depends on the kind.
using WorkFeatures = std::array<double, 10>;

/// Names of a kind's features as written in profiles ("fixed", "pixel", ...), in order.
std::span<const std::string_view> featureNames(LayerKind kind);

/// Counts for the core that does most, following how the PULP-NN kernels split work. `cores` is a
/// power of two.
WorkFeatures busiestCoreWork(const KernelWork& work, int cores);

/// Sum of coefficients x features.
double dotProduct(const WorkFeatures& coefficients, const WorkFeatures& features);

} // namespace bitdial
