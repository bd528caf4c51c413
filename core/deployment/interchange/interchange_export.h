// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/export_folder.h"
#include "core/quantization/aimet_encodings.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/quantization_state.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// Formats in which other programs read a quantized network.
enum class InterchangeFormat { OnnxQdq, Qonnx, Aimet, Csv };

/// "onnx-qdq", "qonnx", "aimet", "csv".
const char* interchangeFormatName(InterchangeFormat format);
std::optional<InterchangeFormat> interchangeFormatNamed(const std::string& name);

/// What an interchange export writes.
struct InterchangeRequest {
    std::shared_ptr<const Network> network; ///< its numbers are those of the state
    BitAssignment bits;
    QuantizationState state;
    std::string title;        ///< e.g. "fashion-resnet8, point 12"
    std::optional<int> opset; ///< of onnx-qdq; without it the first one that can say everything
    AimetVersion aimet_version = AimetVersion::V0_6_1;
};

/// Something that a format cannot say, or says otherwise than the integer network computes.
struct InterchangeLoss {
    std::string where; ///< layer or tensor; empty: everywhere
    std::string what;
    bool operator==(const InterchangeLoss&) const = default;
};

/// The files of an export by name, and what they do not say.
struct InterchangeExport {
    ProjectFiles files;
    std::vector<InterchangeLoss> losses;
};

/// The file of the format (network.onnx, network.encodings with network.onnx beside it, bits.csv),
/// report.txt and report.json. Throws Error(Infeasible) naming the tensors when the asked opset is
/// too old for their widths or a scale is not positive, and for a network without numbers.
InterchangeExport interchangeFiles(const InterchangeRequest& request, InterchangeFormat format);

/// Writes them with writeExportFolder and returns the losses.
std::vector<InterchangeLoss> exportInterchange(const InterchangeRequest& request,
                                               InterchangeFormat format,
                                               const std::filesystem::path& folder);

} // namespace bitdial
