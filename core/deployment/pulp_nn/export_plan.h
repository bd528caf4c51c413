// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/kernel_names.h"
#include "core/deployment/pulp_nn/memory_map.h"
#include "core/deployment/pulp_nn/tile_plan.h"
#include "core/deployment/pulp_nn/tile_tables.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/hardware_profile.h"
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
    int channels = 0; ///< with padding
    std::int64_t bytes = 0;
};

/// One layer: the kernel that each of its tiles calls.
struct PlannedLayer {
    int index = 0;          ///< of the network's layer
    std::string identifier; ///< what its C names begin with (c_names.h)
    std::string kernel;     ///< "pulp_nn_conv_u8_u4_i4"
    /// Sources in the library, relative to its ISA folder; more than one where it calls a helper.
    std::vector<std::string> sources;
    TileSubject subject;
    TilePlan tiles;
    LayerCost cost; ///< promised by the cost model for these tiles
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
    MemoryMap memory;
    std::vector<TileTables> tables; ///< per layer
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
    /// Bytes of one pixel of a layer's tensor. Linear layers take theirs as one pixel.
    std::int64_t pixelBytes(const PlannedLayer& planned, int tensor) const;
    double latencyCycles() const; ///< promised, all layers
};

/// Version of the kernel library whose names, signatures and defects the plan follows.
inline constexpr const char* kernel_library_version =
    "pulp-nn-mixed b69ec23ec81595ebbec694f4a28d84022858af83";

/// Plans calls, tiles and memory. Throws Error(Infeasible), naming the layer where it is one, when
/// the target lacks a kernel, the library's kernel cannot compute the layer, or memory is too
/// small.
ExportPlan planExport(std::shared_ptr<const IntegerNetwork> network,
                      std::shared_ptr<const HardwareProfile> profile);

} // namespace bitdial
