// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/export_folder.h"
#include "core/deployment/interchange/loss_report.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"
#include "core/network/onnx/file.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace bitdial {

/// What the exports for DORY and Deeploy have in common: integer networks as ONNX for a program
/// that calls the library's XpulpV2 kernels.

/// Throws where the request is incomplete, the folder cannot be written, or the target is none that
/// such code can be for.
void checkDeployerRequest(const ExportRequest& request, const std::string& deployer,
                          const std::filesystem::path& folder);

/// Adds network.onnx, README.md, report.txt and report.json and writes the folder.
void writeDeployerFolder(ProjectFiles files, const OnnxFile& graph, const std::string& readme,
                         const LossReport& report, const std::filesystem::path& folder);

} // namespace bitdial
