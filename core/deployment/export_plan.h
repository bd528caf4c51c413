// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/hardware_profile.h"
#include "core/quantization/integer_network.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bitdial {

/// A tensor as the exported project stores it: H,W,C, packed, channels padded with zeros.
struct StoredTensor {
    TensorShape shape; ///< real channels
    IntegerType type;
    int channels = 0;              ///< with padding
    std::int64_t bytes = 0;        ///< what the golden file holds
    std::int64_t buffer_bytes = 0; ///< with what kernels write or read behind it
};

/// Kernels of the library that an export calls.
enum class KernelFamily { Conv, Depthwise, Linear, Linear32, Add, AveragePool, MaxPool };

/// One kernel call.
struct PlannedLayer {
    int index = 0; ///< of the network's layer
    KernelFamily family = KernelFamily::Conv;
    std::string kernel; ///< "pulp_nn_conv_u8_u4_i4"
    /// Sources in the library, relative to its ISA folder; more than one where it calls a helper.
    std::vector<std::string> sources;
    TensorShape in;  ///< as passed: with padded channels and with columns put around explicitly
    TensorShape out; ///< as passed; neurons are its channels
    int kernel_height = 1;
    int kernel_width = 1;
    int stride_y = 1;
    int stride_x = 1;
    Padding padding;          ///< as passed: what the windows really touch
    Padding explicit_padding; ///< put around the map before the call
    std::int64_t im2col_bytes = 0;
    std::int64_t weight_buffer_bytes = 0;
    std::int64_t map_buffer_bytes = 0; ///< rearranged or padded copy of the input
};

/// Something that the exported project does otherwise than the network or the cost model says.
struct ExportNote {
    std::string layer; ///< empty: the whole project
    std::string what;
};

/// How a folded network becomes kernel calls on one target.
struct ExportPlan {
    std::shared_ptr<const IntegerNetwork> network;
    std::shared_ptr<const HardwareProfile> profile;
    std::string isa; ///< "XpulpV2" or "XpulpNN": the library's folder
    int cores = 1;
    std::vector<StoredTensor> tensors; ///< per tensor of the network
    std::vector<PlannedLayer> layers;  ///< per layer
    std::vector<ExportNote> notes;

    const StoredTensor& tensor(int index) const { return tensors[std::size_t(index)]; }
    const IntegerLayer& folded(const PlannedLayer& layer) const
    {
        return network->layers[std::size_t(layer.index)];
    }
    const Layer& layer(const PlannedLayer& planned) const
    {
        return network->network->layer(planned.index);
    }
};

/// Version of the kernel library whose names, signatures and defects the plan follows.
inline constexpr const char* kernel_library_version =
    "pulp-nn-mixed b69ec23ec81595ebbec694f4a28d84022858af83";

/// "u8", "i4"; 32-bit results are "i32".
std::string typeToken(const IntegerType& type);

/// Plans the calls. Throws Error(Infeasible) naming the layer when the target lacks a kernel or the
/// library's kernel cannot compute the layer.
ExportPlan planExport(std::shared_ptr<const IntegerNetwork> network,
                      std::shared_ptr<const HardwareProfile> profile);

} // namespace bitdial
