// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/tiler.h"
#include "core/hardware/model/width_index.h"
#include "core/hardware/profile/fields.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bitdial {

/// Where a network's data live on a target at given widths.
struct MemoryPlan {
    bool weights_in_l3 = false;
    bool tensors_in_l3 = false;         ///< whether any is
    std::vector<char> tensor_in_l3;     ///< per tensor: 1 if so
    std::vector<std::int64_t> l2_bytes; ///< per layer: live activations and weights in L2 then
    std::int64_t weight_bytes = 0;      ///< packed, all layers
    std::string infeasible_reason;      ///< non-empty: it fits nowhere
};

/// Packed bytes of a layer's weights with its requantization parameters, pad channels included.
std::int64_t layerWeightBytes(const Network& network, int layer, LayerBits bits,
                              const HardwareProfile::Fields& profile);

/// Plans the memory of one network on one target: everything in L2 where that fits with the code
/// reserve; otherwise all weights move to L3, and of the activations those that are live while too
/// much is, largest first, until the rest and a streaming buffer fit. More L2 never moves more.
/// Knows sizes and live ranges beforehand, so that a plan takes a microsecond. Thread-safe.
class MemoryPlanner {
public:
    /// The references must outlive it.
    MemoryPlanner(const Network& network, const HardwareProfile::Fields& profile);

    MemoryPlan plan(const BitAssignment& assignment) const;
    /// Whether the weights live in L3 whatever the widths are, and all activations in L2; nothing
    /// where that depends on widths, or where something may not fit.
    const std::optional<bool>& weightsInL3AtAnyWidth() const
    {
        return m_weights_in_l3_at_any_width;
    }
    /// Whether the network's input is stored with fewChannels (called_geometry.h).
    bool storesFewChannels(const BitAssignment& assignment) const;
    /// Which of a layer's data the plan keeps in L3. Of more than two inputs (a concat's, which no
    /// kernel runs) only two count.
    ExternalData externalData(const MemoryPlan& plan, int layer) const
    {
        const LayerData& data = m_layers[std::size_t(layer)];
        ExternalData external{plan.weights_in_l3 && data.has_weights, 0, false};
        if (!plan.tensors_in_l3)
            return external;
        external.inputs = plan.tensor_in_l3[std::size_t(data.first_input)];
        if (data.second_input >= 0)
            external.inputs += plan.tensor_in_l3[std::size_t(data.second_input)];
        external.output = plan.tensor_in_l3[std::size_t(data.output)] != 0;
        return external;
    }
    std::int64_t weightBytes(int layer, LayerBits bits) const
    {
        return m_layers[std::size_t(layer)].weight_bytes[weightIndex(bits)];
    }
    /// The widths that a layer sees, as BitAssignment::layerBits.
    LayerBits layerBits(const BitAssignment& assignment, int layer) const
    {
        const LayerData& data = m_layers[std::size_t(layer)];
        return {assignment.activationBits(data.first_input), assignment.weightBits(layer),
                data.raw_output ? 32 : assignment.activationBits(data.output)};
    }

private:
    /// Sizes at 2, 4, 8 and 32 bits.
    struct TensorData {
        std::array<std::int64_t, 4> bytes{};
        int first = 0; ///< first layer during which it must exist
        int last = 0;
    };
    struct LayerData {
        int first_input = 0;
        int second_input = -1; ///< -1: none
        int output = 0;
        bool raw_output = false;
        bool has_weights = false;
        std::array<std::int64_t, 32> weight_bytes{}; ///< by weightIndex
    };

    static std::size_t weightIndex(LayerBits bits)
    {
        // Of the input's width, only 2 bits make a difference (paddedLinearInputs).
        return (bits.in == 2 ? 16 : 0) + widthIndex(bits.weight) * 4 + widthIndex(bits.out);
    }
    void fillLayer(int layer);
    std::optional<bool> findWeightsInL3AtAnyWidth() const;
    void moveTensors(MemoryPlan& plan, std::vector<std::int64_t>& live,
                     const std::vector<std::int64_t>& bytes) const;
    void checkL3(MemoryPlan& plan, const std::vector<std::int64_t>& bytes) const;

    const Network& m_network;
    const HardwareProfile::Fields& m_profile;
    std::vector<TensorData> m_tensors;
    std::vector<LayerData> m_layers;
    std::int64_t m_few_channels_bytes = 0;
    std::optional<bool> m_weights_in_l3_at_any_width;
};

} // namespace bitdial
