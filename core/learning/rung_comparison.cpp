// SPDX-License-Identifier: Apache-2.0
#include "core/learning/rung_comparison.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/evaluator.h"
#include "core/learning/fake_quantize.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"
#include "core/quantization/integer_evaluator.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <utility>

namespace bitdial {
namespace {

/// Integers of one batch that are held while the other rung computes its own.
constexpr std::int64_t held_integers = std::int64_t(1) << 24;
/// As evaluateFake, whose arithmetic can depend on it.
constexpr std::int64_t most_per_batch = 64;

/// Both rungs on one batch after the other; adds up what differs.
class CodeComparer {
public:
    explicit CodeComparer(const RungRequest& request)
        : m_request(request),
          m_model(request.network, *request.state.parameters),
          m_hooks(fakeQuantizeHooks(*request.network, request.bits, request.state)),
          m_executor(request.integers),
          m_codes(std::size_t(request.network->tensorCount())),
          m_found(m_codes.size())
    {
        m_executor.keepAllTensors(true);
        auto quantize = std::exchange(m_hooks.activation, {});
        m_hooks.activation = [this, quantize](int tensor, const at::Tensor& value) {
            auto result = quantize(tensor, value);
            count(tensor, result);
            return result;
        };
    }

    int batchSize() const
    {
        std::int64_t elements = 0;
        for (const auto& tensor : m_request.network->tensors())
            elements += tensor.shape.elements();
        return int(std::clamp<std::int64_t>(held_integers / elements, 1, most_per_batch));
    }

    void run(std::span<const int> positions, const std::stop_token& stop)
    {
        const auto& data = m_request.samples;
        std::vector<float> input(std::size_t(data.images->shape().elements()));
        for (auto& codes : m_codes)
            codes.clear();
        for (const int position : positions) {
            data.images->writeInput(data.indices[std::size_t(position)], input.data());
            m_executor.run(input, stop);
            for (int t = 0; t < int(m_codes.size()); ++t) {
                const auto kept = m_executor.tensor(t);
                auto& codes = m_codes[std::size_t(t)];
                codes.insert(codes.end(), kept.begin(), kept.end());
            }
        }
        m_model.forward(makeBatch(data, positions).inputs, false, m_hooks);
    }

    const CodeDifference& found(int tensor) const { return m_found[std::size_t(tensor)]; }

private:
    double scaleOf(int tensor) const
    {
        return isRawOutput(*m_request.network, tensor)
                   ? double(m_request.integers->output_scale)
                   : double(m_request.state.activations[std::size_t(tensor)].scale);
    }

    void count(int tensor, const at::Tensor& value)
    {
        const double scale = scaleOf(tensor);
        const auto flat = value.contiguous();
        const float* fake = flat.data_ptr<float>();
        auto& found = m_found[std::size_t(tensor)];
        const auto& codes = m_codes[std::size_t(tensor)];
        for (std::size_t i = 0; i < codes.size(); ++i) {
            const auto code = std::int64_t(std::llround(double(fake[i]) / scale));
            const auto difference = std::abs(code - std::int64_t(codes[i]));
            found.differing += difference != 0 ? 1 : 0;
            found.largest = std::max(found.largest, difference);
        }
        found.elements += std::int64_t(codes.size());
    }

    const RungRequest& m_request;
    TorchNetwork m_model;
    ForwardHooks m_hooks;
    IntegerExecutor m_executor;
    std::vector<std::vector<std::int32_t>> m_codes; ///< per tensor: N,C,H,W of the integer rung
    std::vector<CodeDifference> m_found;            ///< per tensor
};

CodeComparison compareBatches(const RungRequest& request, const std::stop_token& stop,
                              const std::function<void(double)>& progress)
{
    const at::NoGradGuard no_grad;
    const auto& network = *request.network;
    CodeComparison result;
    result.samples = std::min(request.code_samples, request.samples.size());
    std::vector<int> positions(std::size_t(result.samples));
    std::iota(positions.begin(), positions.end(), 0);
    CodeComparer comparer(request);
    const int batch = comparer.batchSize();
    for (int begin = 0; begin < result.samples; begin += batch) {
        const int count = std::min(batch, result.samples - begin);
        comparer.run(std::span(positions).subspan(std::size_t(begin), std::size_t(count)), stop);
        if (progress)
            progress(double(begin + count) / result.samples);
    }
    result.input = comparer.found(network.input());
    for (const auto& layer : network.layers())
        result.layers.push_back(comparer.found(layer.output));
    return result;
}

} // namespace

CodeComparison compareCodes(const RungRequest& request, std::stop_token stop,
                            const std::function<void(double fraction)>& progress)
{
    if (request.code_samples < 1)
        throw Error(ErrorCode::Usage, "No layers are compared", request.network->name(),
                    "the number of samples for them is below 1", "Ask for at least one sample");
    checkDataFits(*request.network, request.samples, "labelled");
    return withTorchErrors("The comparison failed", request.network->name(),
                           [&] { return compareBatches(request, stop, progress); });
}

RungComparison compareRungs(const RungRequest& request, std::stop_token stop,
                            const std::function<void(double fraction)>& progress)
{
    constexpr double parts = 4;
    const auto tell = [&](double done) {
        if (progress)
            progress(done / parts);
    };
    const auto& samples = request.samples;
    RungComparison result;
    result.codes = compareCodes(request, stop, tell);
    result.float_rung = evaluateFloat(request.network, samples, request.role, stop);
    tell(2);
    std::vector<int> fake;
    result.fake = evaluateFake(request.network, request.bits, request.state, samples, request.role,
                               stop, &fake);
    tell(3);
    std::vector<int> integer;
    result.integer = evaluateInteger(
        request.integers, samples, request.role, request.threads, stop,
        [&](int done) { tell(3 + double(done) / samples.size()); }, &integer);
    for (std::size_t i = 0; i < fake.size(); ++i)
        result.agreeing += fake[i] == integer[i] ? 1 : 0;
    return result;
}

} // namespace bitdial
