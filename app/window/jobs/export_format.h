// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/session/export_point.h"

#include <QString>

#include <span>

namespace bitdial {

/// A format in the window's words, and what is asked for it.
struct ExportFormatInfo {
    ExportFormat format;
    QString title;       ///< "PULP-NN C project"
    QString file_name;   ///< part of the suggested folder's name: "pulp-nn"
    QString explanation; ///< a sentence or two
    ExportFormatFacts facts = factsOf(format);
};

/// All formats, in the order of ExportFormat.
std::span<const ExportFormatInfo> exportFormats();
const ExportFormatInfo& infoOf(ExportFormat format);

} // namespace bitdial
