// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/integer_network.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

class HardwareProfile;

/// What an export needs besides the folded network.
struct ExportRequest {
    std::shared_ptr<const IntegerNetwork> network;
    std::shared_ptr<const HardwareProfile> profile;
    std::vector<std::vector<float>> golden_inputs; ///< network inputs (C,H,W), 1 to 64
    std::string title;                             ///< e.g. "fashion-resnet8, point 12"
};

/// Writes a C project that calls the PULP-NN mixed-precision kernels by their real names: weights,
/// quantization parameters, golden vectors, Makefile (host and PULP targets), README and a report
/// of what could not be expressed. The folder appears whole or not at all; an existing non-empty
/// folder is refused unless it is an export that nobody changed. Throws Error.
void exportPulpNn(const ExportRequest& request, const std::filesystem::path& folder);

/// Result of building and running an exported project.
struct VerifyResult {
    std::string runner; ///< "host"
    int images = 0;
    int layers = 0;
    bool bit_exact = false;
    std::string first_mismatch; ///< image, layer, channel, pixel, expected and found; empty if none
    std::string log;            ///< what compiler and program printed
};

/// Builds the project in `folder` with the host's C compiler ($CC, else cc), runs its golden
/// vectors and compares every layer byte for byte. `progress` gets a fraction. Throws Error when
/// the compiler is missing or fails (its log is kept in the folder).
VerifyResult verifyExport(const std::filesystem::path& folder, std::stop_token stop = {},
                          const std::function<void(double)>& progress = {});

} // namespace bitdial
