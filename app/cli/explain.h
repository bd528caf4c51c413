// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli/arguments.h"
#include "core/hardware/model/cost_model.h"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <vector>

namespace bitdial::cli {

/// Indices of the layers that --explain names, in the order given; `all` means every layer. Throws
/// Error(Usage) with the nearest name for one that the network does not have.
std::vector<int> explainedLayers(const Arguments& arguments, const Network& network);

/// What --explain and --free say of one target.
nlohmann::ordered_json explanationJson(const CostModel& model, const BitAssignment& bits,
                                       const std::vector<int>& layers);
std::string explanationText(const CostModel& model, const BitAssignment& bits,
                            const std::vector<int>& layers);
nlohmann::ordered_json freeWidthsJson(const CostModel& model, const BitAssignment& bits);
std::string freeWidthsText(const CostModel& model, const BitAssignment& bits);

} // namespace bitdial::cli
