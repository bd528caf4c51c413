// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/activation_samples.h"
#include "core/learning/evaluator.h"
#include "core/learning/fine_tune.h"
#include "core/learning/gate_search.h"
#include "core/learning/rung_comparison.h"
#include "core/learning/trainer.h"

namespace bitdial {

/// What the library that is loaded on demand computes: the functions of this folder that need
/// LibTorch and that something outside it calls. Another one: an entry here, one in
/// tensor_library.cpp, a call in tensor_calls.cpp.
struct TensorTable {
    using EvaluateFloat = Accuracy(const std::shared_ptr<const Network>&, const ImageSubset&,
                                   DataRole, std::stop_token, std::vector<int>*);

    const char* version; ///< of Bitdial; first, so that any version can be told
    std::size_t bytes;   ///< of this table: tells builds of one version apart, as far as it goes
    decltype(sampleActivations)* sample_activations;
    EvaluateFloat* evaluate_float;
    decltype(evaluateFake)* evaluate_fake;
    decltype(compareCodes)* compare_codes;
    decltype(compareRungs)* compare_rungs;
    decltype(trainNetwork)* train_network;
    decltype(fineTune)* fine_tune;
    decltype(searchGates)* search_gates;
};

} // namespace bitdial

/// The only name that the library shows.
extern "C" const bitdial::TensorTable* bitdialTensorTable();
