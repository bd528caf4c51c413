// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/integer_network.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace bitdial {

class HardwareProfile;

inline constexpr int most_golden_images = 64;

/// What an export needs besides the folded network.
struct ExportRequest {
    std::shared_ptr<const IntegerNetwork> network;
    std::shared_ptr<const HardwareProfile> profile;
    std::vector<std::vector<float>> golden_inputs; ///< network inputs (C,H,W), 1 to most
    std::string title;                             ///< e.g. "fashion-resnet8, point 12"
};

/// Throws Error(BadInput) when the request has no network, no profile, or not 1 to 64 golden
/// inputs.
void checkExportRequest(const ExportRequest& request);

/// Writes a C project that calls the PULP-NN mixed-precision kernels by their real names: weights,
/// quantization parameters, golden vectors, Makefile (host and PULP targets), README and a report
/// of what could not be expressed. The folder appears whole or not at all; an existing non-empty
/// folder is refused unless it is an export that nobody changed. Throws Error.
void exportPulpNn(const ExportRequest& request, const std::filesystem::path& folder);

} // namespace bitdial
