// SPDX-License-Identifier: Apache-2.0
#include "core/learning/quantize_functions.h"

#include "core/base/vector_clones.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>

// One pass over memory per direction; composed tensor operations need a dozen. Results do not
// depend on the vector clone: every element is computed alone and rows are summed in order.

namespace bitdial {
namespace {

struct Rows {
    std::int64_t count = 0;
    std::int64_t length = 0;
};

Rows rowsOf(const at::Tensor& x)
{
    return {x.size(0), x.numel() / std::max<std::int64_t>(1, x.size(0))};
}

/// Calls body(row) for all rows on the library's threads.
template <typename Body> void forRows(const Rows& rows, const Body& body)
{
    const std::int64_t grain =
        std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, rows.length));
    at::parallel_for(0, rows.count, grain, [&](std::int64_t begin, std::int64_t end) {
        for (auto row = begin; row < end; ++row)
            body(row);
    });
}

inline float onGrid(float x, float inverse, float low, float high)
{
    return std::min(std::max(std::floor(x * inverse + 0.5F), low), high);
}

float inverseOf(float scale)
{
    return scale > 0 ? 1.0F / scale : 0.0F;
}

BITDIAL_VECTOR_CLONES void quantizeRow(const float* x, float* y, std::int64_t n, float scale,
                                       float inverse, float low, float high)
{
    for (std::int64_t i = 0; i < n; ++i)
        y[i] = scale * onGrid(x[i], inverse, low, high);
}

/// Writes the gradient to x and, per element, the derivative to the scale times the gradient.
BITDIAL_VECTOR_CLONES void quantizeRowBackward(const float* x, const float* g, float* gx, float* gs,
                                               std::int64_t n, float inverse, float low, float high)
{
    for (std::int64_t i = 0; i < n; ++i) {
        const float v = x[i] * inverse;
        const float q = onGrid(x[i], inverse, low, high);
        const bool inside = v >= low - 0.5F && v < high + 0.5F;
        gx[i] = inside ? g[i] : 0.0F;
        gs[i] = g[i] * (inside ? q - v : q);
    }
}

class LearnableQuantize : public torch::autograd::Function<LearnableQuantize> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& scale, std::int64_t low, std::int64_t high)
    {
        const at::Tensor x = input.contiguous();
        context->save_for_backward({x, scale});
        context->saved_data["low"] = low;
        context->saved_data["high"] = high;
        at::Tensor y = at::empty_like(x);
        const Rows rows = rowsOf(x);
        const float* from = x.data_ptr<float>();
        float* to = y.data_ptr<float>();
        const float* s = scale.data_ptr<float>();
        const bool single = scale.numel() == 1;
        forRows(rows, [&](std::int64_t r) {
            const float step = s[single ? 0 : r];
            quantizeRow(from + r * rows.length, to + r * rows.length, rows.length, step,
                        inverseOf(step), float(low), float(high));
        });
        return y;
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::tensor_list outputs)
    {
        const auto saved = context->get_saved_variables();
        const auto& x = saved[0];
        const auto& scale = saved[1];
        const auto low = float(context->saved_data["low"].toInt());
        const auto high = float(context->saved_data["high"].toInt());
        const at::Tensor g = outputs[0].contiguous();
        at::Tensor gx = at::empty_like(x);
        const Rows rows = rowsOf(x);
        const float* xs = x.data_ptr<float>();
        const float* gs = g.data_ptr<float>();
        float* gxs = gx.data_ptr<float>();
        const float* s = scale.data_ptr<float>();
        const bool single = scale.numel() == 1;
        std::vector<double> row_sums(std::size_t(rows.count));
        forRows(rows, [&](std::int64_t r) {
            std::vector<float> to_scale(std::size_t(rows.length));
            const auto at = r * rows.length;
            quantizeRowBackward(xs + at, gs + at, gxs + at, to_scale.data(), rows.length,
                                inverseOf(s[single ? 0 : r]), low, high);
            double sum = 0;
            for (const float v : to_scale)
                sum += v;
            row_sums[std::size_t(r)] = sum;
        });
        at::Tensor g_scale = at::zeros_like(scale);
        const double elements = double(single ? x.numel() : rows.length);
        const double damping = 1.0 / std::sqrt(elements * std::max(1.0F, high));
        for (std::int64_t r = 0; r < rows.count; ++r)
            g_scale.data_ptr<float>()[single ? 0 : r] += float(row_sums[std::size_t(r)] * damping);
        return {gx, g_scale, at::Tensor(), at::Tensor()};
    }
};

/// Step, its inverse and the range of one width.
struct Grid {
    float scale, inverse, low, high;
};

struct GridTriple {
    Grid at[3];
};

GridTriple gridsOf(const float* scales, bool is_signed)
{
    GridTriple grids;
    for (int i = 0; i < 3; ++i) {
        const auto range = integerRange(2 << i, is_signed);
        grids.at[i] = {scales[i], inverseOf(scales[i]), float(range.low), float(range.high)};
    }
    return grids;
}

inline float value(const Grid& grid, float x)
{
    return grid.scale * onGrid(x, grid.inverse, grid.low, grid.high);
}

BITDIAL_VECTOR_CLONES void gatedRow(const float* x, float* y, std::int64_t n, GridTriple grids,
                                    float z1, float z2)
{
    for (std::int64_t i = 0; i < n; ++i) {
        const float q2 = value(grids.at[0], x[i]);
        const float q4 = value(grids.at[1], x[i]);
        const float q8 = value(grids.at[2], x[i]);
        y[i] = q2 + z1 * ((q4 - q2) + z2 * (q8 - q4));
    }
}

/// Gradient to x, and per element the two differences that the gates see, times the gradient.
BITDIAL_VECTOR_CLONES void gatedRowBackward(const float* x, const float* g, float* gx,
                                            float* low_part, float* high_part, std::int64_t n,
                                            GridTriple grids)
{
    const Grid base = grids.at[0];
    for (std::int64_t i = 0; i < n; ++i) {
        const float v = x[i] * base.inverse;
        gx[i] = v >= base.low - 0.5F && v < base.high + 0.5F ? g[i] : 0.0F;
        const float q4 = value(grids.at[1], x[i]);
        low_part[i] = g[i] * (q4 - value(base, x[i]));
        high_part[i] = g[i] * (value(grids.at[2], x[i]) - q4);
    }
}

class GatedQuantize : public torch::autograd::Function<GatedQuantize> {
public:
    static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                              const at::Tensor& gates, const at::Tensor& scales, bool is_signed)
    {
        const at::Tensor x = input.contiguous();
        context->save_for_backward({x, gates, scales});
        context->saved_data["signed"] = is_signed;
        at::Tensor y = at::empty_like(x);
        const Rows rows = rowsOf(x);
        const float* from = x.data_ptr<float>();
        float* to = y.data_ptr<float>();
        const float* z = gates.data_ptr<float>();
        const float* s = scales.data_ptr<float>();
        const bool one_gate = gates.size(0) == 1;
        const bool one_scale = scales.size(0) == 1;
        forRows(rows, [&](std::int64_t r) {
            const float* gate = z + (one_gate ? 0 : 2 * r);
            gatedRow(from + r * rows.length, to + r * rows.length, rows.length,
                     gridsOf(s + (one_scale ? 0 : 3 * r), is_signed), gate[0], gate[1]);
        });
        return y;
    }

    static torch::autograd::tensor_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::tensor_list outputs)
    {
        const auto saved = context->get_saved_variables();
        const auto& x = saved[0];
        const auto& gates = saved[1];
        const auto& scales = saved[2];
        const bool is_signed = context->saved_data["signed"].toBool();
        const at::Tensor g = outputs[0].contiguous();
        at::Tensor gx = at::empty_like(x);
        const Rows rows = rowsOf(x);
        const float* xs = x.data_ptr<float>();
        const float* gs = g.data_ptr<float>();
        float* gxs = gx.data_ptr<float>();
        const float* s = scales.data_ptr<float>();
        const bool one_scale = scales.size(0) == 1;
        std::vector<double> low_sums(std::size_t(rows.count));
        std::vector<double> high_sums(std::size_t(rows.count));
        forRows(rows, [&](std::int64_t r) {
            std::vector<float> parts(std::size_t(2 * rows.length));
            const auto at = r * rows.length;
            gatedRowBackward(xs + at, gs + at, gxs + at, parts.data(), parts.data() + rows.length,
                             rows.length, gridsOf(s + (one_scale ? 0 : 3 * r), is_signed));
            for (std::int64_t i = 0; i < rows.length; ++i) {
                low_sums[std::size_t(r)] += parts[std::size_t(i)];
                high_sums[std::size_t(r)] += parts[std::size_t(rows.length + i)];
            }
        });
        at::Tensor g_gates = at::zeros_like(gates);
        const float* z = gates.data_ptr<float>();
        float* gz = g_gates.data_ptr<float>();
        for (std::int64_t r = 0; r < rows.count; ++r) {
            const std::int64_t k = gates.size(0) == 1 ? 0 : 2 * r;
            gz[k] += float(low_sums[std::size_t(r)] + double(z[k + 1]) * high_sums[std::size_t(r)]);
            gz[k + 1] += float(double(z[k]) * high_sums[std::size_t(r)]);
        }
        return {gx, g_gates, at::Tensor(), at::Tensor()};
    }
};

} // namespace

at::Tensor learnableQuantize(const at::Tensor& x, const at::Tensor& scale, IntegerRange range)
{
    return LearnableQuantize::apply(x, scale, std::int64_t(range.low), std::int64_t(range.high));
}

GatedSteps gatedSteps(const std::vector<float>& clips, bool is_signed)
{
    GatedSteps steps{at::empty({std::int64_t(clips.size()), 3}, at::kFloat), is_signed};
    float* s = steps.scales.data_ptr<float>();
    for (std::size_t r = 0; r < clips.size(); ++r)
        for (int i = 0; i < 3; ++i) {
            const auto range = integerRange(2 << i, is_signed);
            s[3 * r + std::size_t(i)] = clips[r] / float(is_signed ? -range.low : range.high);
        }
    return steps;
}

at::Tensor gatedQuantize(const at::Tensor& x, const at::Tensor& gates, const GatedSteps& steps)
{
    return GatedQuantize::apply(x, gates, steps.scales, steps.is_signed);
}

} // namespace bitdial
