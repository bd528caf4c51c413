// SPDX-License-Identifier: Apache-2.0
#include "core/learning/fine_tune.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/learnable_steps.h"
#include "core/learning/torch_errors.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

#include <cmath>
#include <numbers>

namespace bitdial {
namespace {

/// Half a cosine from 1 to 0 (Loshchilov 2017).
double decay(int step, int steps)
{
    return 0.5 * (1 + std::cos(std::numbers::pi * step / steps));
}

QuantizationState tune(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                       const Calibration& calibration, const ImageSubset& train,
                       const FineTuneOptions& options, const std::stop_token& stop,
                       const std::function<void(int step)>& progress)
{
    const auto start = calibration.stateFor(bits);
    TorchNetwork model(network, *start.parameters);
    model.setRequiresGrad(true);
    LearnableSteps steps(network, bits, start);
    const auto hooks = steps.hooks([&] {
        if (stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "The fine-tuning was cancelled", network->name(), "",
                        "");
    });
    torch::optim::SGD weights(model.trainable(), torch::optim::SGDOptions(options.learning_rate)
                                                     .momentum(options.momentum)
                                                     .weight_decay(options.weight_decay));
    torch::optim::Adam quantizers(steps.trainable(),
                                  torch::optim::AdamOptions(options.step_learning_rate));
    ShuffledBatches batches(train, options.batch_size, options.seed);
    for (int step = 0; step < options.steps; ++step) {
        const double rate = decay(step, options.steps);
        for (auto& group : weights.param_groups())
            group.options().set_lr(options.learning_rate * rate);
        for (auto& group : quantizers.param_groups())
            group.options().set_lr(options.step_learning_rate * rate);
        const auto batch = batches.next();
        weights.zero_grad();
        quantizers.zero_grad();
        const auto loss =
            at::cross_entropy_loss(model.forward(batch.inputs, true, hooks), batch.labels);
        loss.backward();
        weights.step();
        quantizers.step();
        steps.clampToClips();
        if (progress)
            progress(step + 1);
    }
    return steps.state(model.snapshot());
}

} // namespace

QuantizationState fineTune(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                           const Calibration& calibration, const ImageSubset& train,
                           const FineTuneOptions& options, const std::stop_token& stop,
                           const std::function<void(int step)>& progress)
{
    checkDataFits(*network, train, "training");
    return withTorchErrors("The fine-tuning failed", network->name(), [&] {
        return tune(network, bits, calibration, train, options, stop, progress);
    });
}

} // namespace bitdial
