// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/quantization/accuracy.h"
#include "core/quantization/integer_network.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <vector>

namespace bitdial {

/// Top-1 accuracy of an integer network on samples of a role (rung Integer).
/// The first of several largest logits wins. `progress` gets the number of finished samples, on the
/// calling thread. `predictions`, if given, becomes one class per sample, in the subset's order.
/// The result does not depend on `threads`. Throws Error(BadInput) when the samples do not fit the
/// network and Error(Cancelled) when stopped (checked between layers).
Accuracy evaluateInteger(const std::shared_ptr<const IntegerNetwork>& network,
                         const ImageSubset& samples, DataRole role, int threads,
                         std::stop_token stop = {},
                         const std::function<void(int done)>& progress = {},
                         std::vector<int>* predictions = nullptr);

} // namespace bitdial
