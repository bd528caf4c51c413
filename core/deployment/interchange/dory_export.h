// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/interchange/interchange_export.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"

#include <filesystem>
#include <vector>

namespace bitdial {

/// Writes what DORY's Quantlab front end reads (dory be3d6dda): network.onnx, config.json,
/// input.txt and one out_layer<i>.txt per layer for the first golden input, as H,W,C integers; and
/// README.md, report.txt, report.json. Returns what DORY is told otherwise than the integer network
/// says. Throws Error(Infeasible) naming the layer that DORY cannot express or gets wrong, before
/// anything is written.
std::vector<InterchangeLoss> exportDory(const ExportRequest& request,
                                        const std::filesystem::path& folder);

} // namespace bitdial
