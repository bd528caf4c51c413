// SPDX-License-Identifier: Apache-2.0
#include "core/learning/fine_tune.h"

#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/learnable_steps.h"
#include "core/learning/torch_errors.h"
#include "core/learning/training_loop.h"

#include <ATen/ATen.h>
#include <torch/optim/adam.h>
#include <torch/optim/sgd.h>

namespace bitdial {
namespace {

QuantizationState tune(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                       const Calibration& calibration, const ImageSubset& train,
                       const FineTuneOptions& options, const std::stop_token& stop,
                       const std::function<void(int step)>& progress)
{
    const auto start = calibration.stateFor(bits);
    TorchNetwork model(network, *start.parameters);
    model.setRequiresGrad(true);
    LearnableSteps steps(network, bits, start);
    torch::optim::SGD weights(model.trainable(), torch::optim::SGDOptions(options.learning_rate)
                                                     .momentum(options.momentum)
                                                     .weight_decay(options.weight_decay));
    torch::optim::Adam quantizers(steps.trainable(),
                                  torch::optim::AdamOptions(options.step_learning_rate));
    ShuffledBatches batches(train, options.batch_size, options.seed);
    TrainingLoop loop{"The fine-tuning", network->name(), options.steps};
    const auto hooks = steps.hooks(stopCheck(loop, stop));
    const auto falling = [&](double from) {
        return [from, &options](int step) { return from * cosineDecay(step, options.steps); };
    };
    loop.optimizers = {{weights, falling(options.learning_rate)},
                       {quantizers, falling(options.step_learning_rate)}};
    loop.loss = [&](int) {
        const auto batch = batches.next();
        return at::cross_entropy_loss(model.forward(batch.inputs, true, hooks), batch.labels);
    };
    loop.stepped = [&](int step, const at::Tensor&) {
        steps.clampToClips();
        if (progress)
            progress(step + 1);
    };
    runTraining(loop, stop);
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
