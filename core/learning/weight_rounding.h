// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/quantization_state.h"

#include <ATen/core/Tensor.h>

#include <span>

namespace bitdial {

/// One layer as least squares on centred data: rows of weights (O x K, float64) that act on K
/// columns with this covariance (K x K, float64). Sums are means over what was seen.
struct LayerMoments {
    at::Tensor covariance; ///< of the columns
    at::Tensor cross;      ///< O x K: of what the rows leave unexplained, with the columns
};

/// Weights changed so that they explain more of the target: W + cross (C + strength * mean(diag C)
/// I)^-1, ridge least squares. `strength` infinity changes nothing.
at::Tensor refitted(const at::Tensor& weights, const LayerMoments& moments, double strength);

/// By how much the mean squared residual changes on other data when the weights change: negative
/// is better.
double changedResidual(const at::Tensor& change, const LayerMoments& other);

/// The strength among these with the least residual on held-back data, by a fit without them.
double chosenStrength(const at::Tensor& weights, const LayerMoments& fitted,
                      const LayerMoments& held_back, std::span<const double> strengths);

/// Rows of integers with a step each: weights are about integer * step.
struct RoundedRows {
    at::Tensor integers; ///< O x K, float64, whole
    at::Tensor steps;    ///< O, float64; 0 of a row of zeros
};

/// How much work to spend on rounding.
struct RoundingOptions {
    double damping = 0.03;    ///< of the mean of the covariance's diagonal
    int step_candidates = 80; ///< tried with the diagonal alone
    int sweeps = 2;           ///< of coordinate descent
    bool one_step = false;    ///< the same for all rows
};

/// Integers and steps with little (w - q s) C (w - q s)^T, row by row: the best step for the
/// covariance's diagonal and factors around it, each rounded with the error carried on to the
/// columns that follow (GPTQ: Frantar 2023, arXiv 2210.17323, by descending diagonal), the best
/// kept; then coordinate descent on the whole covariance, and the step in closed form.
RoundedRows roundedRows(const at::Tensor& weights, const at::Tensor& covariance, IntegerRange range,
                        const RoundingOptions& options = {});

/// The same for rows that each have columns of their own, as depthwise layers do: weights C x K,
/// covariances C x K x K; `cross` is of the targets themselves with the columns.
at::Tensor refittedChannels(const at::Tensor& weights, const LayerMoments& moments,
                            double strength);
/// From many steps each, by rounding and coordinate descent; K is small.
RoundedRows roundedChannels(const at::Tensor& weights, const at::Tensor& covariances,
                            IntegerRange range);

/// (w - q s) C (w - q s)^T by row.
at::Tensor roundingError(const at::Tensor& weights, const RoundedRows& rows,
                         const at::Tensor& covariance);

} // namespace bitdial
