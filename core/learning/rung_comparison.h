// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/quantization/accuracy.h"
#include "core/quantization/integer_network.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

namespace bitdial {

/// How the integers of one tensor differ between two rungs, over all samples compared.
struct CodeDifference {
    std::int64_t elements = 0;
    std::int64_t differing = 0;
    std::int64_t largest = 0; ///< absolute, in steps of the tensor
    bool operator==(const CodeDifference&) const = default;
};

/// The integers of the fake-quantized network (value / scale, rounded) beside those of the integer
/// network. Both run on their own from the samples: what differs in a layer goes on to the next.
struct CodeComparison {
    int samples = 0;
    CodeDifference input;
    std::vector<CodeDifference> layers; ///< outputs, one per layer of the network
    /// First layer in execution order whose outputs differ; none: all are equal.
    std::optional<int> firstDifferingLayer() const;
};

/// One assignment and the samples that its rungs are compared on.
struct RungRequest {
    std::shared_ptr<const Network> network; ///< the float rung runs on its own numbers
    BitAssignment bits;
    QuantizationState state;
    std::shared_ptr<const IntegerNetwork> integers; ///< foldToIntegers() of the three
    ImageSubset samples;
    DataRole role = DataRole::All;
    int code_samples = 64; ///< the first ones, whose layers are compared; at most all of them
    int threads = 1;       ///< of the integer rung
};

/// The rungs of one assignment on the same samples.
struct RungComparison {
    Accuracy float_rung, fake, integer;
    int agreeing = 0; ///< samples to which fake and integer give the same class
    CodeComparison codes;
};

/// Compares every layer's integers over the first code_samples samples. Throws as evaluateFake and
/// IntegerExecutor::run do.
CodeComparison compareCodes(const RungRequest& request, std::stop_token stop = {},
                            const std::function<void(double fraction)>& progress = {});

/// All of it; `progress` gets a fraction on the calling thread. Throws as evaluateFloat,
/// evaluateFake and evaluateInteger do, Error(Usage) when no sample's layers are asked for.
RungComparison compareRungs(const RungRequest& request, std::stop_token stop = {},
                            const std::function<void(double fraction)>& progress = {});

} // namespace bitdial
