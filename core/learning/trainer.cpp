// SPDX-License-Identifier: Apache-2.0
#include "core/learning/trainer.h"

#include "core/base/error.h"
#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/evaluator.h"
#include "core/learning/initial_parameters.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"

#include <ATen/ATen.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>

namespace bitdial {
namespace {

/// Linear warm-up over a tenth of the steps, then half a cosine to zero (Loshchilov 2017).
double learningRate(const TrainOptions& options, int step, int steps)
{
    const int warm_up = std::max(1, steps / 10);
    if (step < warm_up)
        return options.learning_rate * (step + 1) / warm_up;
    const double position = double(step - warm_up) / std::max(1, steps - warm_up);
    return options.learning_rate * 0.5 * (1 + std::cos(std::numbers::pi * position));
}

void setLearningRate(torch::optim::SGD& optimizer, double rate)
{
    for (auto& group : optimizer.param_groups())
        static_cast<torch::optim::SGDOptions&>(group.options()).lr(rate);
}

torch::optim::SGD makeOptimizer(TorchNetwork& model, const TrainOptions& options)
{
    return torch::optim::SGD(model.trainable(), torch::optim::SGDOptions(options.learning_rate)
                                                    .momentum(options.momentum)
                                                    .weight_decay(options.weight_decay)
                                                    .nesterov(true));
}

std::shared_ptr<const Network> train(const std::shared_ptr<const Network>& network,
                                     const DataSplits& data, const TrainOptions& options,
                                     std::stop_token stop,
                                     const std::function<void(const TrainProgress&)>& progress)
{
    const auto start = network->hasParameters() ? network->parameters()
                                                : initialParameters(*network, options.seed);
    TorchNetwork model(network, *start);
    model.setRequiresGrad(true);
    auto optimizer = makeOptimizer(model, options);
    std::mt19937_64 random(options.seed);
    const Augmentation augmentation{options.mirror, options.shift};
    const int batch_size = std::min(options.batch_size, data.train.size());
    const int per_epoch = data.train.size() / batch_size;
    const int steps = per_epoch * options.epochs;
    const auto began = std::chrono::steady_clock::now();
    TrainProgress state{.epochs = options.epochs, .validation_accuracy = -1};
    for (int epoch = 0; epoch < options.epochs; ++epoch) {
        const auto order = permutation(data.train.size(), random);
        double loss_sum = 0;
        for (int i = 0; i < per_epoch; ++i) {
            if (stop.stop_requested())
                throw Error(ErrorCode::Cancelled, "Training was cancelled", network->name(), "",
                            "");
            const auto positions = std::span(order).subspan(
                std::size_t(i) * std::size_t(batch_size), std::size_t(batch_size));
            const auto batch = makeAugmentedBatch(data.train, positions, augmentation, random);
            const int step = epoch * per_epoch + i;
            setLearningRate(optimizer, learningRate(options, step, steps));
            optimizer.zero_grad();
            const auto loss =
                at::cross_entropy_loss(model.forward(batch.inputs, true), batch.labels, {},
                                       at::Reduction::Mean, -100, options.label_smoothing);
            loss.backward();
            optimizer.step();
            loss_sum += loss.item<double>();
            state.epoch = epoch + 1;
            state.loss = loss_sum / (i + 1);
            state.fraction = double(step + 1) / steps;
            const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - began;
            state.eta_s = spent.count() * (1 - state.fraction) / state.fraction;
            if (progress && i + 1 < per_epoch)
                progress(state);
        }
        state.validation_accuracy =
            evaluateFloat(model, data.validation, DataRole::Validation, stop).top1();
        if (progress)
            progress(state);
    }
    return network->withParameters(model.snapshot());
}

} // namespace

std::shared_ptr<const Network>
trainNetwork(const std::shared_ptr<const Network>& network, const DataSplits& data,
             const TrainOptions& options, std::stop_token stop,
             const std::function<void(const TrainProgress&)>& progress)
{
    checkDataFits(*network, data.train, "training");
    checkDataFits(*network, data.validation, "validation");
    return withTorchErrors("The training failed", network->name(),
                           [&] { return train(network, data, options, stop, progress); });
}

} // namespace bitdial
