// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/compute_model.h"

#include <string>

namespace bitdial {

/// A kernel of a target: a kind of layer at given widths.
struct KernelKey {
    LayerKind kind = LayerKind::Conv;
    LayerBits bits;
    auto operator<=>(const KernelKey&) const = default;
};

/// Cycles of one kernel: of the busiest core = sum of coefficients x features (compute_model.h).
struct KernelModel {
    WorkFeatures coefficients{};
    bool estimated = false;
    std::string source;
};

/// Cycles of one call on data in L1.
double kernelCycles(const KernelModel& model, const KernelWork& work, int cores);

} // namespace bitdial
