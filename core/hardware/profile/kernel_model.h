// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/array_model.h"
#include "core/hardware/profile/compute_model.h"

#include <optional>
#include <string>

namespace bitdial {

/// A kernel of a target: a kind of layer at given widths.
struct KernelKey {
    LayerKind kind = LayerKind::Conv;
    LayerBits bits;
    auto operator<=>(const KernelKey&) const = default;
};

/// How an array works: cycles = sum of coefficients x arrayWork.
struct ArrayMode {
    ArrayShape shape;
    WorkFeatures coefficients{};
};

/// Cycles of one kernel. On a cluster of cores: of the busiest core = sum of coefficients x
/// features (compute_model.h). On an array or a single plain core: that of its array.
struct KernelModel {
    WorkFeatures coefficients{}; ///< of the cluster; unused where `array` is given
    std::optional<ArrayMode> array;
    std::optional<ArrayMode> pointwise; ///< what the array does with 1x1 kernels, if that differs
    bool estimated = false;
    std::string source;
};

/// Cycles of one call on data in L1.
double kernelCycles(const KernelModel& model, const KernelWork& work, int cores);

} // namespace bitdial
