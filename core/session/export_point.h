// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/deployment/interchange/interchange_export.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/session/quantized_point.h"

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// What a point can be exported as.
enum class ExportFormat { PulpNn, Dory, Deeploy, OnnxQdq, Qonnx, Aimet061, Aimet100, Csv };

/// What is asked for a format.
struct ExportFormatFacts {
    bool has_target = false;
    bool has_images = false; ///< golden inputs, as many as are asked for
    bool can_be_verified = false;
};
ExportFormatFacts factsOf(ExportFormat format);

/// What to export.
struct PointExport {
    QuantizedPoint point;
    std::string title; ///< "fashion-resnet8, point 12"
    ExportFormat format = ExportFormat::PulpNn;
    std::shared_ptr<const HardwareProfile> profile; ///< null: the format is for no target
    ImageSubset samples;                            ///< golden inputs are its first ones
    int images = 16;          ///< golden inputs, 1 to most_golden_images; where the format has them
    std::optional<int> opset; ///< of OnnxQdq; without it the first that suffices
};

enum class ExportPhase { Folding, Writing };

/// What was written.
struct PointExported {
    std::size_t golden_inputs = 0;
    std::vector<InterchangeLoss> losses; ///< what the format does not say; not of PulpNn
    /// Title of the export that was there before, unchanged, and is now replaced.
    std::optional<std::string> replaced;
};

/// Writes the point into a folder that appears whole or not at all. `entered` hears of each phase,
/// on this thread; what it throws stops the export. Throws Error as the exporters do, and
/// Error(Failed) where the folder holds what is no unchanged export.
PointExported exportPoint(const PointExport& request, const std::filesystem::path& folder,
                          const std::function<void(ExportPhase)>& entered = {});

} // namespace bitdial
