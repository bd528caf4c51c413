// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/accuracy.h"

#include <nlohmann/json.hpp>

namespace bitdial::cli {

/// {rung, role, top1, correct, samples, ci_low, ci_high}; fractions.
nlohmann::ordered_json accuracyJson(const Accuracy& accuracy);

} // namespace bitdial::cli
