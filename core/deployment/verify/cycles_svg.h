// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/verify_export.h"

namespace bitdial {

/// Promised and measured cycles of each layer as bars, with the part that kernels take where it is
/// known. Layers without cycles are left out.
std::string cyclesSvg(const std::string& title, const VerifyResult& result);

} // namespace bitdial
