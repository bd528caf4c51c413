// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/profile/kernel_model.h"
#include "core/hardware/profile/measured_cycles.h"

#include <cstddef>
#include <map>
#include <vector>

namespace bitdial {

/// Measured rows, owned by somebody else.
using MeasuredRows = std::vector<const MeasuredCycles*>;
/// Coefficients of kernels.
using KernelCoefficients = std::map<KernelKey, WorkFeatures>;

/// What a convolution's inner loop and requantization depend on besides the weights' and the
/// output's width: nothing where im2col unpacks the input to bytes, its width where it stays
/// packed.
enum class InnerLoop { SameForAllInputs, PerInputWidth };

/// Fits the kernels of one family to their measured cycles: non-negative least squares of relative
/// errors. Convolutions are fitted together, because they are made of parts that do not depend on
/// all three widths: im2col on the input's; the inner loop on the weights' (and the input's, see
/// `inner_loop`); requantization on the output's too, where few rows lean on what narrow results
/// cost more elsewhere, and a kernel of narrow results without rows is that. Of a row split into
/// unequal halves the slower half counts, found by fitting again until nothing changes. Other
/// families are fitted kernel by kernel; what no row of a linear kernel shows (an odd neuron) is
/// taken from the others.
KernelCoefficients fitFamily(const MeasuredRows& rows, InnerLoop inner_loop);

/// The rows' geometries, numbered from 0 in the order of their first rows.
std::map<Geometry, std::size_t> numberGeometries(const MeasuredRows& rows);

} // namespace bitdial
