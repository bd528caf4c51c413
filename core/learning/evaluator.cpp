// SPDX-License-Identifier: Apache-2.0
#include "core/learning/evaluator.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/fake_quantize.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <numeric>

namespace bitdial {
namespace {

void checkRunnable(const Network& network, const ImageSubset& data)
{
    if (!network.hasParameters())
        throw Error(ErrorCode::Infeasible, "No accuracy without weights", network.name(),
                    "the network is geometry-only", "Train it, or import a file with weights");
    checkDataFits(network, data, "labelled");
}

Accuracy count(TorchNetwork& model, const ForwardHooks& hooks, const ImageSubset& data, Rung rung,
               DataRole role, const std::stop_token& stop, std::vector<int>* predictions)
{
    const at::NoGradGuard no_grad;
    constexpr int BatchSize = 64; // keeps tensors below the allocator's mmap threshold
    std::vector<int> positions(std::size_t(data.size()));
    std::iota(positions.begin(), positions.end(), 0);
    Accuracy accuracy{rung, role, 0, data.size()};
    if (predictions)
        predictions->clear();
    for (int begin = 0; begin < data.size(); begin += BatchSize) {
        if (stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "The evaluation was cancelled", data.images->name(),
                        "", "");
        const auto count = std::size_t(std::min(BatchSize, data.size() - begin));
        const auto batch = makeBatch(data, std::span(positions).subspan(std::size_t(begin), count));
        const auto classes = model.forward(batch.inputs, false, hooks).argmax(1).contiguous();
        const auto* predicted = classes.data_ptr<std::int64_t>();
        const auto* labels = batch.labels.data_ptr<std::int64_t>();
        for (std::size_t i = 0; i < count; ++i) {
            accuracy.correct += predicted[i] == labels[i] ? 1 : 0;
            if (predictions)
                predictions->push_back(int(predicted[i]));
        }
    }
    return accuracy;
}

Accuracy evaluate(TorchNetwork& model, const ForwardHooks& hooks, const ImageSubset& data,
                  Rung rung, DataRole role, const std::stop_token& stop,
                  std::vector<int>* predictions)
{
    return withTorchErrors("The evaluation failed", model.network().name(), [&] {
        return count(model, hooks, data, rung, role, stop, predictions);
    });
}

} // namespace

Accuracy evaluateFloat(TorchNetwork& model, const ImageSubset& data, DataRole role,
                       std::stop_token stop)
{
    return evaluate(model, {}, data, Rung::Float, role, stop, nullptr);
}

Accuracy evaluateFloat(const std::shared_ptr<const Network>& network, const ImageSubset& data,
                       DataRole role, std::stop_token stop, std::vector<int>* predictions)
{
    checkRunnable(*network, data);
    TorchNetwork model(network, *network->parameters());
    return evaluate(model, {}, data, Rung::Float, role, stop, predictions);
}

Accuracy evaluateFake(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                      const QuantizationState& state, const ImageSubset& data, DataRole role,
                      std::stop_token stop, std::vector<int>* predictions)
{
    checkRunnable(*network, data);
    TorchNetwork model(network, *state.parameters);
    return evaluate(model, fakeQuantizeHooks(*network, bits, state), data, Rung::Fake, role, stop,
                    predictions);
}

} // namespace bitdial
