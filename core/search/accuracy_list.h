// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/accuracy.h"

#include <nlohmann/json_fwd.hpp>

#include <vector>

namespace bitdial {

/// Accuracies as journals and tasks keep them: [[rung, role, correct, samples], ...].
nlohmann::json accuracyList(const std::vector<Accuracy>& accuracies);
/// Throws nlohmann::json::exception.
std::vector<Accuracy> accuraciesOf(const nlohmann::json& list);

} // namespace bitdial
