// SPDX-License-Identifier: Apache-2.0
#include "core/learning/post_training.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/fake_quantize.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"
#include "core/learning/weight_rounding.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

namespace bitdial {
namespace {

/// Strengths of the refit that are tried, of the mean of the covariance's diagonal.
constexpr double strengths[] = {0.02, 0.1, 0.5, 2, 10};
/// Of the nine unknowns of a depthwise channel: nothing to choose.
constexpr double depthwise_strength = 0.05;
constexpr std::int64_t chunk_values = std::int64_t(1) << 26; ///< at a time, to bound the memory

/// Columns that a layer's weights act on, as integers, and what the float network makes of them.
struct Samples {
    at::Tensor columns;      ///< n x K
    at::Tensor targets;      ///< n x O
    std::int64_t fitted = 0; ///< the first so many; the others are held back
};

struct Moments {
    at::Tensor mean_columns, mean_targets;
    LayerMoments about; ///< cross: of the targets with the columns
};

Moments momentsOf(const at::Tensor& columns, const at::Tensor& targets)
{
    Moments moments;
    moments.mean_columns = columns.mean(0);
    moments.mean_targets = targets.mean(0);
    const auto x = columns - moments.mean_columns;
    const auto y = targets - moments.mean_targets;
    const auto n = double(std::max<std::int64_t>(1, columns.size(0)));
    moments.about.covariance = at::matmul(x.t(), x) / n;
    moments.about.cross = at::matmul(y.t(), x) / n;
    return moments;
}

/// One pass over the network.
class Pass {
public:
    Pass(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
         const Calibration& calibration, const PostTrainingOptions& options,
         const std::stop_token& stop)
        : m_network(network),
          m_bits(bits),
          m_options(options),
          m_stop(stop),
          m_state(calibration.stateFor(bits)),
          m_real(network, *network->parameters()),
          m_quantized(network, *network->parameters()),
          m_hooks(fakeQuantizeHooks(*network, bits, m_state)),
          m_real_values(std::size_t(network->tensorCount())),
          m_values(std::size_t(network->tensorCount())),
          m_random(options.seed)
    {
    }

    QuantizationState run(const ImageSubset& pictures, const std::function<void(int)>& progress)
    {
        std::vector<int> positions(std::size_t(std::min(m_options.most_pictures, pictures.size())));
        std::iota(positions.begin(), positions.end(), 0);
        const auto input = std::size_t(m_network->input());
        m_real_values[input] = makeBatch(pictures, positions).inputs;
        m_values[input] = m_hooks.activation(m_network->input(), m_real_values[input]);
        m_count = m_real_values[input].size(0);
        std::vector<int> uses(std::size_t(m_network->tensorCount()), 0);
        for (int i = 0; i < m_network->layerCount(); ++i) {
            const auto& layer = m_network->layer(i);
            if (layer.hasWeights())
                solve(i);
            advance(i);
            for (const int t : layer.inputs)
                if (++uses[std::size_t(t)] == int(m_network->tensor(t).consumers.size()))
                    m_real_values[std::size_t(t)] = m_values[std::size_t(t)] = at::Tensor();
            if (progress)
                progress(i);
        }
        auto parameters = std::make_shared<NetworkParameters>(*m_quantized.snapshot());
        m_state.parameters = std::move(parameters);
        return m_state;
    }

private:
    void checkStop() const
    {
        if (m_stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "The quantization was cancelled", m_network->name(),
                        "", "");
    }

    /// Pictures at a time for tensors of so many values each.
    std::int64_t chunk(std::int64_t values) const
    {
        return std::clamp<std::int64_t>(chunk_values / std::max<std::int64_t>(1, values), 1,
                                        m_count);
    }

    /// Runs a layer in both networks.
    void advance(int i)
    {
        const auto& layer = m_network->layer(i);
        const auto values = m_network->tensor(layer.output).shape.elements() +
                            m_network->tensor(layer.inputs.front()).shape.elements();
        const auto step = chunk(2 * values);
        std::vector<at::Tensor> real;
        std::vector<at::Tensor> quantized;
        std::vector<at::Tensor> part(m_values.size());
        for (std::int64_t begin = 0; begin < m_count; begin += step) {
            checkStop();
            const auto end = std::min(m_count, begin + step);
            for (const int t : layer.inputs)
                part[std::size_t(t)] = m_real_values[std::size_t(t)].slice(0, begin, end);
            real.push_back(m_real.layer(i, part));
            for (const int t : layer.inputs)
                part[std::size_t(t)] = m_values[std::size_t(t)].slice(0, begin, end);
            quantized.push_back(
                m_hooks.activation(layer.output, m_quantized.layer(i, part, m_hooks)));
        }
        m_real_values[std::size_t(layer.output)] = at::cat(real);
        m_values[std::size_t(layer.output)] = at::cat(quantized);
    }

    double inputStep(int i) const
    {
        return m_state.activations[std::size_t(m_network->layer(i).inputs.front())].scale;
    }

    Samples samplesOf(int i);
    void solve(int i);
    void solveRows(int i, const Samples& samples, std::int64_t group, at::Tensor& weights,
                   at::Tensor& steps, at::Tensor& bias);
    void solveDepthwise(int i, const Samples& samples, at::Tensor& weights, at::Tensor& steps,
                        at::Tensor& bias);

    std::shared_ptr<const Network> m_network;
    const BitAssignment& m_bits;
    const PostTrainingOptions& m_options;
    std::stop_token m_stop;
    QuantizationState m_state;
    TorchNetwork m_real;
    TorchNetwork m_quantized;
    ForwardHooks m_hooks;
    std::vector<at::Tensor> m_real_values; ///< by tensor, of all pictures
    std::vector<at::Tensor> m_values;      ///< on the grids
    std::int64_t m_count = 0;              ///< pictures
    std::mt19937_64 m_random;
};

Samples Pass::samplesOf(int i)
{
    const auto& layer = m_network->layer(i);
    const auto& g = layer.geometry;
    const auto input = std::size_t(layer.inputs.front());
    const bool is_linear = layer.kind == LayerKind::Linear;
    const auto places = std::int64_t(g.output.height) * g.output.width;
    const auto taps = is_linear ? g.input.elements()
                                : std::int64_t(g.input.channels) * g.kernel_height * g.kernel_width;
    const auto step = chunk(taps * places + 2 * g.output.elements());
    std::vector<at::Tensor> columns;
    std::vector<at::Tensor> targets;
    const double unit = inputStep(i);
    for (std::int64_t begin = 0; begin < m_count; begin += step) {
        checkStop();
        const auto end = std::min(m_count, begin + step);
        std::vector<at::Tensor> part(m_values.size());
        part[input] = m_real_values[input].slice(0, begin, end);
        const at::Tensor y = m_real.beforeActivation(i, part).flatten(2); // n x O x L
        at::Tensor x = m_values[input].slice(0, begin, end) / unit;
        if (is_linear)
            x = x.flatten(1).unsqueeze(2);
        else
            x = at::im2col(at::constant_pad_nd(x, {g.padding.left, g.padding.right, g.padding.top,
                                                   g.padding.bottom}),
                           {g.kernel_height, g.kernel_width}, {g.dilation_y, g.dilation_x}, {0, 0},
                           {g.stride_y, g.stride_x});
        std::vector<std::int64_t> chosen(
            std::size_t(std::min<std::int64_t>(places, m_options.positions)));
        if (std::int64_t(chosen.size()) == places)
            std::iota(chosen.begin(), chosen.end(), 0);
        else
            for (auto& place : chosen)
                place = std::int64_t(m_random() % std::uint64_t(places));
        const at::Tensor index = at::tensor(at::ArrayRef<std::int64_t>(chosen), at::kLong);
        columns.push_back(x.index_select(2, index).transpose(1, 2).flatten(0, 1));
        targets.push_back(y.index_select(2, index).transpose(1, 2).flatten(0, 1));
    }
    Samples samples{at::cat(columns).round().to(at::kDouble), at::cat(targets).to(at::kDouble), 0};
    const auto per_picture = samples.columns.size(0) / m_count;
    samples.fitted = (m_count - m_count / 5) * per_picture;
    return samples;
}

/// A layer, or one group of its channels, as one problem.
void Pass::solveRows(int i, const Samples& samples, std::int64_t group, at::Tensor& weights,
                     at::Tensor& steps, at::Tensor& bias)
{
    const auto& layer = m_network->layer(i);
    const auto range = integerRange(m_bits.weightBits(i), true);
    const auto k = weights.size(1);
    const auto rows = weights.size(0) / layer.geometry.groups;
    const auto own = weights.slice(0, group * rows, (group + 1) * rows);
    const auto x = samples.columns.slice(1, group * k, (group + 1) * k);
    const auto y = samples.targets.slice(1, group * rows, (group + 1) * rows);
    const at::Tensor start = own * inputStep(i);
    // What the weights as they are leave unexplained, beside the columns.
    const auto unexplained = [&](Moments moments) {
        moments.about.cross = moments.about.cross - at::matmul(start, moments.about.covariance);
        return moments;
    };
    const auto all = unexplained(momentsOf(x, y));
    double strength = std::numeric_limits<double>::infinity();
    if (samples.fitted > 0 && samples.fitted < x.size(0)) {
        const auto fitted =
            unexplained(momentsOf(x.slice(0, 0, samples.fitted), y.slice(0, 0, samples.fitted)));
        const auto held_back =
            unexplained(momentsOf(x.slice(0, samples.fitted), y.slice(0, samples.fitted)));
        strength = chosenStrength(start, fitted.about, held_back.about, strengths);
    }
    const at::Tensor wanted = refitted(start, all.about, strength);
    RoundingOptions rounding;
    rounding.damping = m_options.damping;
    rounding.one_step = isRawOutput(*m_network, layer.output);
    const auto rounded = roundedRows(wanted, all.about.covariance, range, rounding);
    own.copy_(rounded.integers);
    steps.slice(0, group * rows, (group + 1) * rows).copy_(rounded.steps);
    bias.slice(0, group * rows, (group + 1) * rows)
        .copy_(all.mean_targets - rounded.steps * at::matmul(rounded.integers, all.mean_columns));
}

void Pass::solveDepthwise(int i, const Samples& samples, at::Tensor& weights, at::Tensor& steps,
                          at::Tensor& bias)
{
    const auto range = integerRange(m_bits.weightBits(i), true);
    const auto channels = weights.size(0);
    const auto k = weights.size(1);
    const auto n = double(samples.columns.size(0));
    // Per channel: C x n x k columns and C x n targets.
    const auto x = samples.columns.reshape({-1, channels, k}).transpose(0, 1);
    const auto y = samples.targets.t();
    const at::Tensor mean_x = x.mean(1);
    const at::Tensor mean_y = y.mean(1);
    const at::Tensor centred = x - mean_x.unsqueeze(1);
    const at::Tensor covariance = at::matmul(centred.transpose(1, 2), centred) / n;
    const at::Tensor cross =
        at::matmul((y - mean_y.unsqueeze(1)).unsqueeze(1), centred).squeeze(1) / n;
    const at::Tensor wanted =
        refittedChannels(weights * inputStep(i), {covariance, cross}, depthwise_strength);
    const auto rounded = roundedChannels(wanted, covariance, range);
    weights.copy_(rounded.integers);
    steps.copy_(rounded.steps);
    bias.copy_(mean_y - rounded.steps * (rounded.integers * mean_x).sum(1));
}

void Pass::solve(int i)
{
    const auto& layer = m_network->layer(i);
    const auto samples = samplesOf(i);
    const auto folded = m_real.foldedWeight(i);
    at::Tensor weights = folded.flatten(1).to(at::kDouble).clone();
    at::Tensor steps = at::empty({weights.size(0)}, at::kDouble);
    at::Tensor bias = at::empty({weights.size(0)}, at::kDouble);
    if (layer.kind == LayerKind::DepthwiseConv)
        solveDepthwise(i, samples, weights, steps, bias);
    else
        for (int group = 0; group < layer.geometry.groups; ++group)
            solveRows(i, samples, group, weights, steps, bias);
    // Steps are those of the pre-activation for one integer of the input; the state's are those of
    // the weights.
    const at::Tensor of_weights = (steps / inputStep(i)).to(at::kFloat).contiguous();
    const at::Tensor on_grid =
        (weights.to(at::kFloat) * of_weights.unsqueeze(1)).reshape(folded.sizes());
    m_quantized.setLayer(i, on_grid, bias.to(at::kFloat));
    auto& scales = m_state.weight_scales[std::size_t(i)];
    const float* values = of_weights.data_ptr<float>();
    scales.assign(values,
                  values + (isRawOutput(*m_network, layer.output) ? 1 : of_weights.numel()));
}

} // namespace

QuantizationState quantizePostTraining(const std::shared_ptr<const Network>& network,
                                       const BitAssignment& bits, const Calibration& calibration,
                                       const ImageSubset& pictures,
                                       const PostTrainingOptions& options,
                                       const std::stop_token& stop,
                                       const std::function<void(int layer)>& progress)
{
    checkPicturesFit(*network, pictures, "calibration");
    return withTorchErrors("The quantization failed", network->name(), [&] {
        const at::NoGradGuard no_gradient;
        return Pass(network, bits, calibration, options, stop).run(pictures, progress);
    });
}

} // namespace bitdial
