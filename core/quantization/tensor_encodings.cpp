// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/tensor_encodings.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/network/network.h"
#include "core/quantization/requantization.h"
#include "core/quantization/widths.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace bitdial {
namespace {

constexpr std::size_t most_listed = 10;
constexpr int raw_bits = 32;

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The bit widths cannot be used", where, why, next);
}

std::string quoted(const std::string& name)
{
    return "'" + shownName(name) + "'";
}

/// Up to ten names in quotes, and how many there are besides.
std::string listed(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), most_listed); ++i)
        text += (i ? ", " : "") + quoted(names[i]);
    if (names.size() > most_listed)
        text += " and " + std::to_string(names.size() - most_listed) + " more";
    return text;
}

/// Puts encodings into an assignment and remembers what was said.
class Reading {
public:
    Reading(const Network& network, const std::string& where)
        : m_network(network),
          m_where(where),
          m_groups(network),
          m_layer_said(std::size_t(network.layerCount())),
          m_tensor_said(std::size_t(network.tensorCount()))
    {
        m_result.bits = BitAssignment::uniform(network, 8, 8);
        for (int i = 0; i < network.layerCount(); ++i)
            if (network.layer(i).hasWeights())
                m_layers.emplace(network.layer(i).name, i);
        for (int t = 0; t < network.tensorCount(); ++t)
            m_tensors.emplace(network.tensor(t).name, t);
    }

    ReadAssignment read(std::span<const TensorEncoding> encodings)
    {
        for (const auto& encoding : encodings)
            encoding.is_weight ? takeWeights(encoding) : takeActivation(encoding);
        checkNames();
        checkTies();
        return std::move(m_result);
    }

private:
    void checkWidth(const TensorEncoding& encoding, int channels) const
    {
        if (!isQuantizedWidth(encoding.bits))
            refuse(m_where + ": " + quoted(encoding.name),
                   "its width is " + std::to_string(encoding.bits), "Choose 8, 4 or 2");
        const std::size_t scales = encoding.scales.size();
        if (scales > 1 && scales != std::size_t(channels))
            refuse(m_where + ": " + quoted(encoding.name),
                   "it has " + std::to_string(scales) + " scales, the tensor has " +
                       std::to_string(channels) + " channels",
                   "Give one scale, or one per output channel");
    }

    /// Index of the name, or -1 after it was noted as unknown.
    int find(const std::unordered_map<std::string, int>& names, const TensorEncoding& encoding,
             std::vector<bool>& said)
    {
        const auto found = names.find(encoding.name);
        if (found == names.end()) {
            (encoding.is_weight ? m_unknown_layers : m_unknown_tensors).push_back(encoding.name);
            return -1;
        }
        if (said[std::size_t(found->second)])
            refuse(m_where, quoted(encoding.name) + " occurs twice", "Leave one of the two");
        said[std::size_t(found->second)] = true;
        return found->second;
    }

    void takeWeights(const TensorEncoding& encoding)
    {
        const int layer = find(m_layers, encoding, m_layer_said);
        if (layer < 0)
            return;
        checkWidth(encoding, m_network.layer(layer).geometry.output.channels);
        m_result.bits.setWeightBits(layer, encoding.bits);
    }

    void takeActivation(const TensorEncoding& encoding)
    {
        const int tensor = find(m_tensors, encoding, m_tensor_said);
        if (tensor < 0)
            return;
        const int fixed = m_result.bits.activationBits(tensor);
        if (fixed == raw_bits) {
            if (encoding.bits != raw_bits)
                m_result.remarks.push_back(
                    "the output " + quoted(encoding.name) + " has " +
                    std::to_string(encoding.bits) +
                    " bits in the file; the integers here keep its 32-bit accumulators");
            return;
        }
        checkWidth(encoding, m_network.tensor(tensor).shape.channels);
        if (m_groups.isFixed(m_groups.groupOf(tensor)) && encoding.bits != fixed)
            refuse(m_where + ": " + quoted(encoding.name),
                   "its width is " + std::to_string(encoding.bits) + ", but it is fixed at " +
                       std::to_string(fixed) + " (network input or output)",
                   "Set it to " + std::to_string(fixed) + ", or leave it out");
        m_result.bits.setActivationBits(tensor, encoding.bits);
    }

    std::vector<std::string> missing() const
    {
        std::vector<std::string> names;
        for (int i = 0; i < m_network.layerCount(); ++i)
            if (m_network.layer(i).hasWeights() && !m_layer_said[std::size_t(i)])
                names.push_back("weights of " + m_network.layer(i).name);
        for (int t = 0; t < m_network.tensorCount(); ++t)
            if (!m_tensor_said[std::size_t(t)] && !m_groups.isFixed(m_groups.groupOf(t)))
                names.push_back(m_network.tensor(t).name);
        return names;
    }

    void checkNames() const
    {
        std::string why;
        std::string next;
        const auto unknown = [&](const std::vector<std::string>& names, const char* what,
                                 const std::unordered_map<std::string, int>& known) {
            if (names.empty())
                return;
            why += std::string(why.empty() ? "" : "; ") + "the network has no " + what + " " +
                   listed(names);
            std::vector<std::string> candidates;
            candidates.reserve(known.size());
            for (const auto& entry : known)
                candidates.push_back(entry.first);
            std::ranges::sort(candidates);
            next += (next.empty() ? "" : " ") + didYouMean(names.front(), candidates);
        };
        unknown(m_unknown_layers, "layer", m_layers);
        unknown(m_unknown_tensors, "tensor", m_tensors);
        if (const auto names = missing(); !names.empty()) {
            why += std::string(why.empty() ? "" : "; ") + "it says nothing of " + listed(names);
            if (next.empty())
                next = "Add what is missing with 8, 4 or 2 bits";
        }
        if (!why.empty())
            refuse(m_where, why, next);
    }

    void checkTies() const
    {
        for (int group = 0; group < m_groups.count(); ++group) {
            const int first = m_groups.members(group).front();
            const int bits = m_result.bits.activationBits(first);
            for (const int t : m_groups.members(group))
                if (!m_groups.isFixed(group) && m_result.bits.activationBits(t) != bits)
                    refuse(m_where,
                           "the tensors " + quoted(m_network.tensor(first).name) + " and " +
                               quoted(m_network.tensor(t).name) +
                               " must have one width (operands of an add, or ends of a "
                               "max-pooling), but have " +
                               std::to_string(bits) + " and " +
                               std::to_string(m_result.bits.activationBits(t)),
                           "Give both the same width");
        }
    }

    const Network& m_network;
    const std::string& m_where;
    ActivationGroups m_groups;
    std::unordered_map<std::string, int> m_layers;
    std::unordered_map<std::string, int> m_tensors;
    std::vector<bool> m_layer_said;
    std::vector<bool> m_tensor_said;
    std::vector<std::string> m_unknown_layers;
    std::vector<std::string> m_unknown_tensors;
    ReadAssignment m_result;
};

} // namespace

std::vector<TensorEncoding> encodingsOf(const Network& network, const BitAssignment& assignment,
                                        const QuantizationState& state)
{
    std::vector<TensorEncoding> encodings;
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).hasWeights())
            encodings.push_back({network.layer(i).name, true, assignment.weightBits(i), true,
                                 state.weight_scales[std::size_t(i)]});
    for (int t = 0; t < network.tensorCount(); ++t) {
        const auto& quantizer = state.activations[std::size_t(t)];
        TensorEncoding encoding{network.tensor(t).name,
                                false,
                                assignment.activationBits(t),
                                quantizer.is_signed,
                                {quantizer.scale}};
        if (isRawOutput(network, t))
            encoding = {network.tensor(t).name, false, raw_bits, true, {}};
        encodings.push_back(std::move(encoding));
    }
    return encodings;
}

std::vector<std::int8_t> weightIntegers(std::span<const float> weights,
                                        std::span<const float> scales, int bits)
{
    const IntegerRange range = integerRange(bits, true);
    const std::size_t per_scale = weights.size() / scales.size();
    std::vector<std::int8_t> integers;
    integers.reserve(weights.size());
    for (std::size_t i = 0; i < weights.size(); ++i)
        integers.push_back(weightInteger(weights[i], scales[i / per_scale], range));
    return integers;
}

ReadAssignment assignmentFrom(const Network& network, std::span<const TensorEncoding> encodings,
                              const std::string& where)
{
    return Reading(network, where).read(encodings);
}

} // namespace bitdial
