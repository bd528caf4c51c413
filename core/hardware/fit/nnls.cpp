// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/fit/nnls.h"

#include <algorithm>
#include <cmath>

namespace bitdial {

namespace {

constexpr double dependent_pivot = 1e-11; // of columns scaled to length 1

/// The normal equations of one problem, columns scaled to length 1.
struct NormalEquations {
    std::size_t size = 0;
    std::vector<double> scale;
    std::vector<double> gram; ///< size x size
    std::vector<double> right;

    double at(std::size_t i, std::size_t j) const { return gram[i * size + j]; }
};

NormalEquations normalEquations(std::span<const double> rows, std::size_t n,
                                std::span<const double> b)
{
    NormalEquations equations{n, std::vector<double>(n, 0.0), std::vector<double>(n * n, 0.0),
                              std::vector<double>(n, 0.0)};
    for (std::size_t r = 0; r < b.size(); ++r)
        for (std::size_t i = 0; i < n; ++i)
            equations.scale[i] += rows[r * n + i] * rows[r * n + i];
    for (double& value : equations.scale)
        value = value > 0 ? 1 / std::sqrt(value) : 0;
    for (std::size_t r = 0; r < b.size(); ++r)
        for (std::size_t i = 0; i < n; ++i) {
            const double a = rows[r * n + i] * equations.scale[i];
            equations.right[i] += a * b[r];
            for (std::size_t j = 0; j < n; ++j)
                equations.gram[i * n + j] += a * rows[r * n + j] * equations.scale[j];
        }
    return equations;
}

/// Unconstrained solution on the passive columns (Cholesky); a column that depends on earlier ones
/// gets 0.
std::vector<double> solvePassive(const NormalEquations& e, const std::vector<bool>& passive)
{
    std::vector<std::size_t> index;
    for (std::size_t i = 0; i < e.size; ++i)
        if (passive[i])
            index.push_back(i);
    const std::size_t m = index.size();
    std::vector<double> lower(m * m, 0.0);
    std::vector<double> y(m, 0.0);
    for (std::size_t i = 0; i < m; ++i) {
        double value = e.right[index[i]];
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = e.at(index[i], index[j]);
            for (std::size_t k = 0; k < j; ++k)
                sum -= lower[i * m + k] * lower[j * m + k];
            if (i == j)
                lower[i * m + i] = sum > dependent_pivot ? std::sqrt(sum) : 0;
            else
                lower[i * m + j] = lower[j * m + j] > 0 ? sum / lower[j * m + j] : 0;
        }
        for (std::size_t j = 0; j < i; ++j)
            value -= lower[i * m + j] * y[j];
        y[i] = lower[i * m + i] > 0 ? value / lower[i * m + i] : 0;
    }
    std::vector<double> x(e.size, 0.0);
    for (std::size_t i = m; i-- > 0;) {
        double value = y[i];
        for (std::size_t k = i + 1; k < m; ++k)
            value -= lower[k * m + i] * x[index[k]];
        x[index[i]] = lower[i * m + i] > 0 ? value / lower[i * m + i] : 0;
    }
    return x;
}

/// Column outside the passive set whose increase helps most, or `size` when none does.
std::size_t bestColumn(const NormalEquations& e, const std::vector<double>& x,
                       const std::vector<bool>& passive)
{
    std::size_t best = e.size;
    double steepest = 1e-10;
    for (std::size_t i = 0; i < e.size; ++i) {
        if (passive[i] || e.scale[i] == 0)
            continue;
        double gradient = e.right[i];
        for (std::size_t j = 0; j < e.size; ++j)
            gradient -= e.at(i, j) * x[j];
        if (gradient > steepest) {
            steepest = gradient;
            best = i;
        }
    }
    return best;
}

/// Walks from x towards the passive solution, dropping columns that reach 0, until it is feasible.
void stepToFeasible(const NormalEquations& e, std::vector<double>& x, std::vector<bool>& passive)
{
    for (std::size_t round = 0; round <= e.size; ++round) {
        const std::vector<double> target = solvePassive(e, passive);
        double step = 1;
        for (std::size_t i = 0; i < e.size; ++i)
            if (passive[i] && target[i] <= 0)
                step = std::min(step, x[i] / (x[i] - target[i] + 1e-300));
        for (std::size_t i = 0; i < e.size; ++i)
            x[i] += step * (target[i] - x[i]);
        bool dropped = false;
        for (std::size_t i = 0; i < e.size; ++i)
            if (passive[i] && target[i] <= 0 && x[i] <= 1e-14) {
                passive[i] = false;
                x[i] = 0;
                dropped = true;
            }
        if (!dropped)
            return;
    }
}

} // namespace

std::vector<double> solveNonNegative(std::span<const double> rows, std::size_t columns,
                                     std::span<const double> right_side)
{
    const NormalEquations equations = normalEquations(rows, columns, right_side);
    std::vector<double> x(columns, 0.0);
    std::vector<bool> passive(columns, false);
    for (std::size_t round = 0; round < 3 * columns; ++round) {
        const std::size_t column = bestColumn(equations, x, passive);
        if (column == columns)
            break;
        passive[column] = true;
        stepToFeasible(equations, x, passive);
    }
    for (std::size_t i = 0; i < columns; ++i)
        x[i] = std::max(0.0, x[i]) * equations.scale[i];
    return x;
}

} // namespace bitdial
