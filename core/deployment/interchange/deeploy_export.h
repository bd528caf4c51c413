// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/interchange/interchange_export.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"

#include <filesystem>
#include <vector>

namespace bitdial {

/// Writes what Deeploy reads for its PULP platform (bf64cfae), where every layer has 8 bits:
/// network.onnx, inputs.npz, outputs.npz and activations.npz for the first golden input; and
/// README.md, report.txt, report.json. Returns what Deeploy is told otherwise than the integer
/// network says. Throws Error(Infeasible) naming the layer, before anything is written.
std::vector<InterchangeLoss> exportDeeploy(const ExportRequest& request,
                                           const std::filesystem::path& folder);

} // namespace bitdial
