// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/export_plan.h"
#include "core/deployment/golden_vectors.h"

#include <string>
#include <vector>

namespace bitdial {

/// File of a layer's golden outputs below golden/: "layer_03.bin".
std::string goldenFileName(int layer);

// The generated C files of an exported project.
std::string networkHeader(const ExportPlan& plan, int images); ///< src/network.h
std::string networkSource(const ExportPlan& plan);             ///< src/network.c: buffers and calls
std::string weightsHeader(const ExportPlan& plan);             ///< src/weights.h
std::string weightsSource(const ExportPlan& plan);             ///< src/weights.c
std::string kernelsHeader(const ExportPlan& plan); ///< host/pulp_nn_kernels.h: real signatures
std::string kernelsSource(const ExportPlan& plan); ///< host/pulp_nn_kernels.c: entry points
std::string goldenHeader(const ExportPlan& plan, std::size_t images); ///< src/golden_pulp.h
std::string goldenSource(const ExportPlan& plan, const std::vector<GoldenImage>& images);

/// Text that is safe inside a C comment or string: printable ASCII, no quotes, stars or
/// backslashes.
std::string cSafe(const std::string& text);

} // namespace bitdial
