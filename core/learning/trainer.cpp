// SPDX-License-Identifier: Apache-2.0
#include "core/learning/trainer.h"

#include "core/data/data_fit.h"
#include "core/learning/batches.h"
#include "core/learning/evaluator.h"
#include "core/learning/initial_parameters.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"
#include "core/learning/training_loop.h"

#include <ATen/ATen.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numbers>
#include <random>
#include <vector>

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

torch::optim::SGD makeOptimizer(TorchNetwork& model, const TrainOptions& options)
{
    return torch::optim::SGD(model.trainable(), torch::optim::SGDOptions(options.learning_rate)
                                                    .momentum(options.momentum)
                                                    .weight_decay(options.weight_decay)
                                                    .nesterov(true));
}

/// Augmented batches, epoch by epoch; samples that fill no batch are left to another epoch.
class EpochBatches {
public:
    EpochBatches(const ImageSubset& data, const TrainOptions& options)
        : m_data(data),
          m_augmentation{options.mirror, options.shift},
          m_batch_size(std::min(options.batch_size, data.size())),
          m_random(options.seed)
    {
    }

    int perEpoch() const { return m_data.size() / m_batch_size; }

    Batch next()
    {
        if (m_at == 0)
            m_order = permutation(m_data.size(), m_random);
        const auto positions = std::span(m_order).subspan(
            std::size_t(m_at) * std::size_t(m_batch_size), std::size_t(m_batch_size));
        m_at = (m_at + 1) % perEpoch();
        return makeAugmentedBatch(m_data, positions, m_augmentation, m_random);
    }

private:
    const ImageSubset& m_data;
    Augmentation m_augmentation;
    int m_batch_size;
    std::mt19937_64 m_random;
    std::vector<int> m_order;
    int m_at = 0; ///< batch of the epoch
};

/// What a training tells of itself.
class TrainingMeter {
public:
    TrainingMeter(int epochs, int per_epoch) : m_per_epoch(per_epoch)
    {
        m_state.epochs = epochs;
        m_state.validation_accuracy = -1;
    }

    bool isEndOfEpoch(int step) const { return (step + 1) % m_per_epoch == 0; }

    TrainProgress& add(int step, double loss)
    {
        const int in_epoch = step % m_per_epoch;
        m_loss_sum = in_epoch == 0 ? loss : m_loss_sum + loss;
        m_state.epoch = step / m_per_epoch + 1;
        m_state.loss = m_loss_sum / (in_epoch + 1);
        m_state.fraction = double(step + 1) / (double(m_state.epochs) * m_per_epoch);
        const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - m_began;
        m_state.eta_s = spent.count() * (1 - m_state.fraction) / m_state.fraction;
        return m_state;
    }

private:
    int m_per_epoch;
    TrainProgress m_state;
    double m_loss_sum = 0; ///< of this epoch
    std::chrono::steady_clock::time_point m_began = std::chrono::steady_clock::now();
};

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
    EpochBatches batches(data.train, options);
    const int steps = batches.perEpoch() * options.epochs;
    TrainingMeter meter(options.epochs, batches.perEpoch());
    TrainingLoop loop{"Training", network->name(), steps};
    loop.optimizers = {{optimizer, [&](int step) { return learningRate(options, step, steps); }}};
    loop.loss = [&](int) {
        const auto batch = batches.next();
        return at::cross_entropy_loss(model.forward(batch.inputs, true), batch.labels, {},
                                      at::Reduction::Mean, -100, options.label_smoothing);
    };
    loop.stepped = [&](int step, const at::Tensor& loss) {
        TrainProgress& state = meter.add(step, loss.item<double>());
        if (meter.isEndOfEpoch(step))
            state.validation_accuracy =
                evaluateFloat(model, data.validation, DataRole::Validation, stop).top1();
        if (progress)
            progress(state);
    };
    runTraining(loop, stop);
    return network->withParameters(model.snapshot());
}

} // namespace

std::vector<std::pair<std::string, std::string>> TrainOptions::metadata() const
{
    return {{"trained_by", std::string("bitdial-cli train ") + BITDIAL_VERSION},
            {"seed", std::to_string(seed)},
            {"epochs", std::to_string(epochs)},
            {"batch_size", std::to_string(batch_size)},
            {"learning_rate", std::to_string(learning_rate)},
            {"weight_decay", std::to_string(weight_decay)},
            {"label_smoothing", std::to_string(label_smoothing)},
            {"augmentation",
             std::string(mirror ? "mirror, " : "") + "shift " + std::to_string(shift) + " pixels"}};
}

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
