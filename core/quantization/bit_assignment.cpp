// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/bit_assignment.h"

#include "core/base/error.h"
#include "core/network/network.h"
#include "core/quantization/widths.h"

#include <numeric>

namespace bitdial {
namespace {

void requireWidth(int bits)
{
    if (!isQuantizedWidth(bits))
        throw Error(ErrorCode::Usage, "A width is not possible", std::to_string(bits) + " bits",
                    "weights and activations have 2, 4 or 8 bits", "Choose 2, 4 or 8");
}

/// Disjoint sets of tensors (union by smaller index, so that roots are deterministic).
class TensorSets {
public:
    explicit TensorSets(int count) : m_parent(std::size_t(count))
    {
        std::iota(m_parent.begin(), m_parent.end(), 0);
    }
    int root(int tensor)
    {
        while (parent(tensor) != tensor) {
            parent(tensor) = parent(parent(tensor));
            tensor = parent(tensor);
        }
        return tensor;
    }
    void tie(int a, int b)
    {
        a = root(a);
        b = root(b);
        parent(std::max(a, b)) = std::min(a, b);
    }

private:
    int& parent(int tensor) { return m_parent[std::size_t(tensor)]; }
    std::vector<int> m_parent;
};

TensorSets tiedTensors(const Network& network)
{
    TensorSets sets(network.tensorCount());
    for (const auto& layer : network.layers()) {
        if (layer.kind == LayerKind::Add)
            sets.tie(layer.inputs[0], layer.inputs[1]);
        else if (layer.kind == LayerKind::MaxPool)
            sets.tie(layer.inputs[0], layer.output);
    }
    return sets;
}

} // namespace

bool isRawOutput(const Network& network, int tensor)
{
    const int producer = network.tensor(tensor).producer;
    return tensor == network.output() && producer >= 0 &&
           network.layer(producer).kind == LayerKind::Linear;
}

BitAssignment BitAssignment::uniform(const Network& network, int weight_bits, int activation_bits)
{
    requireWidth(weight_bits);
    requireWidth(activation_bits);
    BitAssignment assignment;
    for (const auto& layer : network.layers())
        assignment.m_weights.push_back(layer.hasWeights() ? std::uint8_t(weight_bits) : 0);
    const ActivationGroups groups(network);
    for (int t = 0; t < network.tensorCount(); ++t) {
        int bits = groups.isFixed(groups.groupOf(t)) ? 8 : activation_bits;
        if (isRawOutput(network, t))
            bits = 32;
        assignment.m_activations.push_back(std::uint8_t(bits));
    }
    return assignment;
}

LayerBits BitAssignment::layerBits(const Network& network, int layer) const
{
    const auto& l = network.layer(layer);
    LayerBits bits;
    bits.in = activationBits(l.inputs[0]);
    bits.weight = weightBits(layer);
    bits.out = isRawOutput(network, l.output) ? 32 : activationBits(l.output);
    return bits;
}

std::size_t BitAssignment::hash() const
{
    std::uint64_t value = 0xcbf29ce484222325U; // FNV-1a, 64 bit
    const auto feed = [&value](std::uint8_t byte) { value = (value ^ byte) * 0x100000001b3U; };
    for (const auto bits : m_weights)
        feed(bits);
    feed(0xff); // separates the two lists
    for (const auto bits : m_activations)
        feed(bits);
    return std::size_t(value);
}

std::string BitAssignment::widths() const
{
    std::string text(m_weights.begin(), m_weights.end());
    text += '\xff'; // separates the two lists
    return text.append(m_activations.begin(), m_activations.end());
}

ActivationGroups::ActivationGroups(const Network& network)
    : m_group_of(std::size_t(network.tensorCount()), -1)
{
    TensorSets sets = tiedTensors(network);
    std::vector<int> group_of_root(m_group_of.size(), -1);
    for (int t = 0; t < network.tensorCount(); ++t) {
        int& group = group_of_root[std::size_t(sets.root(t))];
        if (group < 0) {
            group = count();
            m_members.emplace_back();
            m_fixed.push_back(false);
        }
        m_group_of[std::size_t(t)] = group;
        m_members[std::size_t(group)].push_back(t);
        if (t == network.input() || t == network.output())
            m_fixed[std::size_t(group)] = true;
    }
}

void ActivationGroups::setBits(BitAssignment& assignment, int group, int bits) const
{
    requireWidth(bits);
    if (isFixed(group))
        throw Error(ErrorCode::Infeasible, "A width cannot be changed",
                    "activation group " + std::to_string(group),
                    "it holds the network's input or output", "Change another tensor");
    for (const int tensor : members(group))
        assignment.setActivationBits(tensor, bits);
}

BitAssignment parseUniform(const Network& network, std::string_view text)
{
    const bool matches = text.size() == 4 && text[0] == 'w' && text[2] == 'a' &&
                         isQuantizedWidth(text[1] - '0') && isQuantizedWidth(text[3] - '0');
    if (!matches)
        throw Error(ErrorCode::Usage, "The uniform widths cannot be read", std::string(text),
                    "they are written wXaY with X and Y one of 2, 4 and 8", "Write, e.g., w4a8");
    return BitAssignment::uniform(network, text[1] - '0', text[3] - '0');
}

} // namespace bitdial
