// SPDX-License-Identifier: Apache-2.0
#include "core/learning/weight_rounding.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

/// Around the step that is best for the diagonal.
constexpr std::array step_factors = {0.8, 0.9, 1.0, 1.1, 1.2};
/// Columns between which errors are carried on one by one, and then to the rest at once.
constexpr std::int64_t block_columns = 128;

at::Tensor roundedTo(const at::Tensor& values, IntegerRange range)
{
    return at::clamp(at::floor(values + 0.5), range.low, range.high);
}

double meanDiagonal(const at::Tensor& covariance)
{
    return covariance.diagonal().mean().item<double>();
}

/// With something on the diagonal, so that it can be inverted whatever was seen.
at::Tensor damped(const at::Tensor& covariance, double damping)
{
    const double mean = meanDiagonal(covariance);
    at::Tensor result = covariance.clone();
    result.diagonal().add_(mean > 0 ? damping * mean : 1);
    return result;
}

/// One value for all rows where they share their step.
at::Tensor shared(const at::Tensor& by_row, bool one_step)
{
    return one_step ? by_row.sum().expand_as(by_row) : by_row;
}

/// sum over columns of C_jj (w_j - q_j s)^2, by row.
at::Tensor diagonalError(const at::Tensor& weights, const at::Tensor& steps,
                         const at::Tensor& diagonal, IntegerRange range)
{
    const at::Tensor column = steps.unsqueeze(1);
    const at::Tensor rounded = roundedTo(weights / column, range) * column;
    return ((weights - rounded).square() * diagonal).sum(1);
}

/// The best steps for the diagonal, by row. Rows of zeros get step 1.
at::Tensor diagonalSteps(const at::Tensor& weights, const at::Tensor& diagonal, IntegerRange range,
                         const RoundingOptions& options)
{
    at::Tensor largest = at::maximum(std::get<0>(weights.max(1)) / range.high,
                                     std::get<0>(weights.min(1)) / range.low);
    if (options.one_step)
        largest = largest.max().expand_as(largest);
    const at::Tensor full = at::where(largest > 0, largest, at::ones_like(largest));
    at::Tensor best = full;
    const auto errorOf = [&](const at::Tensor& steps) {
        return shared(diagonalError(weights, steps, diagonal, range), options.one_step);
    };
    at::Tensor least = errorOf(full);
    for (int i = 1; i < options.step_candidates; ++i) {
        const at::Tensor steps = full * (1 - 0.8 * i / options.step_candidates);
        const at::Tensor error = errorOf(steps);
        best = at::where(error < least, steps, best);
        least = at::minimum(error, least);
    }
    return best;
}

/// Upper Cholesky factor of the inverse.
at::Tensor inverseFactor(const at::Tensor& covariance)
{
    const at::Tensor inverse = at::cholesky_inverse(at::linalg_cholesky(covariance));
    return at::linalg_cholesky(inverse).transpose(0, 1).contiguous();
}

/// Rounds column by column; what a column loses is carried on to those behind it.
at::Tensor carriedOn(at::Tensor weights, const at::Tensor& steps, const at::Tensor& factor,
                     IntegerRange range)
{
    const auto columns = weights.size(1);
    at::Tensor integers = at::empty_like(weights);
    for (std::int64_t begin = 0; begin < columns; begin += block_columns) {
        const auto end = std::min(columns, begin + block_columns);
        at::Tensor block = weights.slice(1, begin, end).clone();
        const at::Tensor inner = factor.slice(0, begin, end).slice(1, begin, end);
        at::Tensor errors = at::empty_like(block);
        for (std::int64_t j = 0; j < end - begin; ++j) {
            const at::Tensor column = block.select(1, j);
            const at::Tensor rounded = roundedTo(column / steps, range);
            integers.select(1, begin + j).copy_(rounded);
            const at::Tensor error = (column - rounded * steps) / inner[j][j];
            errors.select(1, j).copy_(error);
            block.slice(1, j + 1).addr_(error, inner[j].slice(0, j + 1), 1, -1);
        }
        weights.slice(1, end).sub_(at::matmul(errors, factor.slice(0, begin, end).slice(1, end)));
    }
    return integers;
}

/// (q C w) / (q C q) by row: the step that leaves least.
at::Tensor bestSteps(const at::Tensor& weights, const at::Tensor& integers,
                     const at::Tensor& covariance, const at::Tensor& otherwise, bool one_step)
{
    const at::Tensor through = at::matmul(integers, covariance);
    const at::Tensor own = shared((through * integers).sum(1), one_step);
    const at::Tensor with = shared((through * weights).sum(1), one_step);
    const at::Tensor steps = with / at::where(own > 0, own, at::ones_like(own));
    return at::where(at::logical_and(own > 0, steps > 0), steps, otherwise);
}

/// One integer after the other to where it leaves least, all rows side by side.
void descend(const at::Tensor& weights, RoundedRows& rows, const at::Tensor& covariance,
             IntegerRange range)
{
    const auto columns = weights.size(1);
    const at::Tensor steps = at::where(rows.steps > 0, rows.steps, at::ones_like(rows.steps));
    // The gradient of half the error, kept up as integers change.
    at::Tensor left = at::matmul(weights - rows.integers * steps.unsqueeze(1), covariance);
    for (std::int64_t j = 0; j < columns; ++j) {
        const double own = covariance[j][j].item<double>();
        if (!(own > 0))
            continue;
        at::Tensor column = rows.integers.select(1, j);
        const at::Tensor next = roundedTo(column + left.select(1, j) / (steps * own), range);
        const at::Tensor change = (next - column) * steps;
        column.copy_(next);
        left.addr_(change, covariance[j], 1, -1);
    }
}

} // namespace

at::Tensor refitted(const at::Tensor& weights, const LayerMoments& moments, double strength)
{
    if (std::isinf(strength))
        return weights;
    const at::Tensor factor = at::linalg_cholesky(damped(moments.covariance, strength));
    return weights + at::cholesky_solve(moments.cross.transpose(0, 1), factor).transpose(0, 1);
}

double changedResidual(const at::Tensor& change, const LayerMoments& other)
{
    const at::Tensor through = at::matmul(change, other.covariance);
    return ((through - 2 * other.cross) * change).sum().item<double>();
}

double chosenStrength(const at::Tensor& weights, const LayerMoments& fitted,
                      const LayerMoments& held_back, std::span<const double> strengths)
{
    double chosen = std::numeric_limits<double>::infinity();
    double least = 0; // of no change
    for (const double strength : strengths) {
        const double changed =
            changedResidual(refitted(weights, fitted, strength) - weights, held_back);
        if (changed < least) {
            least = changed;
            chosen = strength;
        }
    }
    return chosen;
}

at::Tensor roundingError(const at::Tensor& weights, const RoundedRows& rows,
                         const at::Tensor& covariance)
{
    const at::Tensor lost = weights - rows.integers * rows.steps.unsqueeze(1);
    return (at::matmul(lost, covariance) * lost).sum(1);
}

RoundedRows roundedRows(const at::Tensor& weights, const at::Tensor& covariance, IntegerRange range,
                        const RoundingOptions& options)
{
    const at::Tensor safe = damped(covariance, options.damping);
    const at::Tensor order = std::get<1>(safe.diagonal().sort(/*dim=*/0, /*descending=*/true));
    const at::Tensor back = std::get<1>(order.sort(0));
    const at::Tensor sorted = weights.index_select(1, order);
    const at::Tensor factor = inverseFactor(safe.index_select(0, order).index_select(1, order));
    const at::Tensor start = diagonalSteps(weights, safe.diagonal(), range, options);
    RoundedRows best;
    at::Tensor least;
    for (const double of_start : step_factors) {
        RoundedRows tried;
        tried.steps = start * of_start;
        tried.integers =
            carriedOn(sorted.clone(), tried.steps, factor, range).index_select(1, back);
        const at::Tensor error =
            shared(roundingError(weights, tried, covariance), options.one_step);
        if (!least.defined()) {
            best = tried;
            least = error;
            continue;
        }
        const at::Tensor better = error < least;
        best.steps = at::where(better, tried.steps, best.steps);
        best.integers = at::where(better.unsqueeze(1), tried.integers, best.integers);
        least = at::minimum(error, least);
    }
    for (int sweep = 0; sweep < options.sweeps; ++sweep) {
        descend(weights, best, covariance, range);
        best.steps = bestSteps(weights, best.integers, covariance, best.steps, options.one_step);
    }
    return best;
}

at::Tensor refittedChannels(const at::Tensor& weights, const LayerMoments& moments, double strength)
{
    const auto k = weights.size(1);
    const at::Tensor mean = moments.covariance.diagonal(0, 1, 2).mean(1);
    const at::Tensor ridge = at::where(mean > 0, mean * strength, at::ones_like(mean));
    const at::Tensor damped =
        moments.covariance + ridge.reshape({-1, 1, 1}) * at::eye(k, weights.options());
    const at::Tensor left =
        moments.cross - at::matmul(weights.unsqueeze(1), moments.covariance).squeeze(1);
    return weights + at::cholesky_solve(left.unsqueeze(2), at::linalg_cholesky(damped)).squeeze(2);
}

RoundedRows roundedChannels(const at::Tensor& weights, const at::Tensor& covariances,
                            IntegerRange range)
{
    constexpr int starts = 24; // steps from 0.35 to 1.3 of the one that clips nothing
    constexpr int sweeps = 4;
    const auto channels = weights.size(0);
    const auto k = weights.size(1);
    const at::Tensor largest = at::maximum(std::get<0>(weights.max(1)) / range.high,
                                           std::get<0>(weights.min(1)) / range.low);
    const at::Tensor full = at::where(largest > 0, largest, at::ones_like(largest));
    const at::Tensor factors = at::linspace(0.35, 1.3, starts, weights.options());
    at::Tensor steps = full.unsqueeze(1) * factors; // C x starts
    const at::Tensor w = weights.unsqueeze(1).expand({channels, starts, k});
    at::Tensor q = roundedTo(w / steps.unsqueeze(2), range);
    const at::Tensor diagonal = covariances.diagonal(0, 1, 2);
    for (int sweep = 0; sweep < sweeps; ++sweep) {
        at::Tensor left = at::matmul(w - q * steps.unsqueeze(2), covariances);
        for (std::int64_t j = 0; j < k; ++j) {
            const at::Tensor own = diagonal.select(1, j).unsqueeze(1);
            const at::Tensor safe = at::where(own > 0, own, at::ones_like(own));
            at::Tensor column = q.select(2, j);
            const at::Tensor next = at::where(
                own > 0, roundedTo(column + left.select(2, j) / (steps * safe), range), column);
            const at::Tensor change = (next - column) * steps;
            column.copy_(next);
            left -= change.unsqueeze(2) * covariances.select(1, j).unsqueeze(1);
        }
        const at::Tensor through = at::matmul(q, covariances);
        const at::Tensor own = (through * q).sum(2);
        const at::Tensor best = (through * w).sum(2) / at::where(own > 0, own, at::ones_like(own));
        steps = at::where(at::logical_and(own > 0, best > 0), best, steps);
    }
    const at::Tensor lost = w - q * steps.unsqueeze(2);
    const at::Tensor error = (at::matmul(lost, covariances) * lost).sum(2);
    const at::Tensor best = error.argmin(1, true);
    return {q.gather(1, best.unsqueeze(2).expand({channels, 1, k})).squeeze(1),
            steps.gather(1, best).squeeze(1)};
}

} // namespace bitdial
