// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>
#include <torch/optim/optimizer.h>

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// An optimiser with its learning rate at each step; a rate left out is the optimiser's own.
struct ScheduledOptimizer {
    std::reference_wrapper<torch::optim::Optimizer> optimizer;
    std::function<double(int step)> rate = {};
};

/// Gradient descent as all training here does it; what is trained, on what and how is handed in.
/// One thread.
struct TrainingLoop {
    std::string what;  ///< "The fine-tuning": of messages
    std::string where; ///< the network's name
    int steps = 0;
    std::vector<ScheduledOptimizer> optimizers = {};
    /// Makes the next batch and gives its loss.
    std::function<at::Tensor(int step)> loss = {};
    /// Between backward and the optimisers' steps: where machines that share the work would
    /// average their gradients.
    std::function<void()> gradients_ready = {};
    /// After the optimisers' steps.
    std::function<void(int step, const at::Tensor& loss)> stepped = {};
};

/// A stop request ends it at the next step: throws Error(Cancelled).
void runTraining(const TrainingLoop& loop, const std::stop_token& stop);

/// For a forward pass, which can take seconds: throws that error after a stop request.
std::function<void()> stopCheck(const TrainingLoop& loop, const std::stop_token& stop);

/// 1 at step 0, falling by half a cosine to 0 at the end (Loshchilov 2017).
double cosineDecay(int step, int steps);

} // namespace bitdial
