// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/network/network.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace bitdial {

/// How to train a float network: SGD with Nesterov momentum, one warm-up and one cosine cycle.
struct TrainOptions {
    int epochs = 30;
    int batch_size = 128;
    double learning_rate = 0.1; ///< peak, after one tenth of the steps
    double momentum = 0.9;
    double weight_decay = 5e-4;
    double label_smoothing = 0.05;
    bool mirror = true;
    int shift = 2; ///< pixels
    std::uint64_t seed = 1;
    /// What is recorded in the ONNX file.
    std::vector<std::pair<std::string, std::string>> metadata() const;
};

struct TrainProgress {
    int epoch = 0; ///< from 1
    int epochs = 0;
    double fraction = 0;
    double loss = 0; ///< mean over the steps of this epoch so far
    double validation_accuracy =
        0; ///< fraction, at the end of an epoch; negative: not measured yet
    double eta_s = 0;
};

/// Trains `network` (from its own numbers, or from random ones when it has none) on data.train and
/// watches data.validation. Deterministic for a seed, thread count and machine. Throws
/// Error(Cancelled) after a stop request.
std::shared_ptr<const Network>
trainNetwork(const std::shared_ptr<const Network>& network, const DataSplits& data,
             const TrainOptions& options, std::stop_token stop,
             const std::function<void(const TrainProgress&)>& progress);

} // namespace bitdial
