// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/export_plan.h"

#include <string>

namespace bitdial {

/// File of a layer's golden outputs below golden/: "layer_03.bin".
std::string goldenFileName(int layer);

// The generated C files of an exported project.
/// src/network_sizes.h; `golden_bytes` of flash/golden.bin.
std::string networkSizes(const ExportPlan& plan, int images, std::int64_t golden_bytes);
std::string networkSource(const ExportPlan& plan);     ///< src/network.c: tables and kernel calls
std::string layerDataHeader(const ExportPlan& plan);   ///< src/layer_data.h
std::string layerDataSource(const ExportPlan& plan);   ///< src/layer_data.c
std::string flashWeights(const ExportPlan& plan);      ///< flash/weights.bin, with weights in L3
std::string kernelsHeader(const ExportPlan& plan);     ///< host/pulp_nn_kernels.h: real signatures
std::string kernelsSource(const ExportPlan& plan);     ///< host/pulp_nn_kernels.c: entry points
std::string identityHeader(const std::string& sha256); ///< src/export_identity.h

} // namespace bitdial
