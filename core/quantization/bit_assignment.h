// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

class Network;

/// Widths that a kernel sees: (in, weight, out). weight is 0 for layers without weights; out is 32
/// for the network's last linear layer (raw accumulators). The operands of an add share `in`.
struct LayerBits {
    int in = 8;
    int weight = 0;
    int out = 8;
    auto operator<=>(const LayerBits&) const = default;
};

/// Bits of every weight tensor and every activation edge of one network. A plain value.
/// Valid widths are 2, 4 and 8; the network's input is always 8. Its output is always 32 when a
/// linear layer makes it, and otherwise (a network that ends in a pooling, say) always 8.
class BitAssignment {
public:
    BitAssignment() = default;
    /// All weights and all free activations at the given widths. Throws Error(Usage).
    static BitAssignment uniform(const Network& network, int weight_bits, int activation_bits);

    int weightBits(int layer) const { return m_weights[std::size_t(layer)]; } ///< 0: no weights
    int activationBits(int tensor) const { return m_activations[std::size_t(tensor)]; }
    void setWeightBits(int layer, int bits) { m_weights[std::size_t(layer)] = std::uint8_t(bits); }
    /// Sets one tensor only; use ActivationGroups::setBits to keep tied tensors equal.
    void setActivationBits(int tensor, int bits)
    {
        m_activations[std::size_t(tensor)] = std::uint8_t(bits);
    }
    LayerBits layerBits(const Network& network, int layer) const;
    bool empty() const { return m_activations.empty(); }

    bool operator==(const BitAssignment&) const = default;
    std::size_t hash() const;
    /// All widths, a byte each: weights by layer, then activations by tensor. What content keys are
    /// made of.
    std::string widths() const;

private:
    std::vector<std::uint8_t> m_weights;     ///< per layer
    std::vector<std::uint8_t> m_activations; ///< per tensor
};

/// Whether a tensor holds raw 32-bit accumulators: the network's output, made by a linear layer.
/// Its weights then need a single scale, so that logits stay comparable.
bool isRawOutput(const Network& network, int tensor);

/// Activation tensors that must have one width: the operands of an add, and input and output of a
/// max-pooling. The groups of the network's input (8) and output (32, or 8 when no linear layer
/// makes it) are fixed, with everything tied to them.
class ActivationGroups {
public:
    explicit ActivationGroups(const Network& network);
    int count() const { return int(m_members.size()); }
    int groupOf(int tensor) const { return m_group_of[std::size_t(tensor)]; }
    const std::vector<int>& members(int group) const { return m_members[std::size_t(group)]; }
    bool isFixed(int group) const { return m_fixed[std::size_t(group)]; }
    /// Sets the whole group. Throws Error(Infeasible) for a fixed group, Error(Usage) for a width
    /// other than 2, 4 and 8.
    void setBits(BitAssignment& assignment, int group, int bits) const;

private:
    std::vector<int> m_group_of;
    std::vector<std::vector<int>> m_members;
    std::vector<bool> m_fixed;
};

/// bits.json (schema bitdial.bits/1) of an assignment; names are the network's own. One line.
std::string toBitsJson(const Network& network, const BitAssignment& assignment);

/// Reads bits.json. `where` names the source in messages. Entries left out are errors, unknown
/// layers, tensors or widths are errors that list the nearest names, tied tensors must agree, and a
/// network hash other than this network's is refused. Throws Error(BadInput).
BitAssignment fromBitsJson(const Network& network, std::string_view json, const std::string& where);

/// Parses "w4a8" into an assignment (uniform). Throws Error(Usage).
BitAssignment parseUniform(const Network& network, std::string_view text);

} // namespace bitdial
