// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <span>

namespace bitdial {

/// What a point can be exported as.
enum class ExportFormat { PulpNn, Dory, Deeploy, OnnxQdq, Qonnx, Aimet061, Aimet100, Csv };

/// A format in the window's words, and what is asked for it.
struct ExportFormatInfo {
    ExportFormat format;
    QString title;       ///< "PULP-NN C project"
    QString file_name;   ///< part of the suggested folder's name: "pulp-nn"
    QString explanation; ///< a sentence or two
    bool has_target = false;
    bool has_images = false; ///< golden inputs, as many as are asked for
    bool can_be_verified = false;
};

/// All formats, in the order of ExportFormat.
std::span<const ExportFormatInfo> exportFormats();
const ExportFormatInfo& infoOf(ExportFormat format);

} // namespace bitdial
