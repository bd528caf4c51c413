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
using WorkFeatures = std::array<double, 13>;

/// Names of a kind's features as written in profiles ("fixed", "pixel", ...), in order.
std::span<const std::string_view> featureNames(LayerKind kind);

/// What cores do that may be the busiest: one of the first `count` entries, whose cycles decide.
struct CoreShares {
    std::array<WorkFeatures, 2> features{};
    int count = 1;
};

/// Counts for the cores that do most, following how the PULP-NN kernels split work. `cores` is a
/// power of two.
CoreShares coreShares(const KernelWork& work, int cores);

/// Sum of coefficients x features.
double dotProduct(const WorkFeatures& coefficients, const WorkFeatures& features);

/// Index of the share that takes longest.
int busiestShare(const WorkFeatures& coefficients, const CoreShares& shares);
/// Cycles of the share that takes longest.
double busiestCoreCycles(const WorkFeatures& coefficients, const CoreShares& shares);

} // namespace bitdial
