// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/interchange/interchange_export.h"

#include <span>
#include <string>

namespace bitdial {

/// What a report of an export in another program's format tells.
struct LossReport {
    std::string title;  ///< e.g. "fashion-resnet8, point 12"
    std::string format; ///< "dory", "onnx-qdq", ...
    const Network& network;
    const BitAssignment& bits;
    std::span<const InterchangeLoss> losses;
};

std::string lossReportText(const LossReport& report); ///< report.txt
std::string lossReportJson(const LossReport& report); ///< report.json

} // namespace bitdial
