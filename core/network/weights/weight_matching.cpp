// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/weight_matching.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <utility>

namespace bitdial {
namespace {

constexpr std::size_t listed = 10;

using Sizes = std::vector<std::int64_t>;

std::string shapeText(const Sizes& sizes)
{
    std::string text;
    for (const auto size : sizes)
        text += (text.empty() ? "" : "x") + std::to_string(size);
    return text.empty() ? "a single number" : text;
}

Sizes withoutTrailingOnes(Sizes sizes)
{
    while (sizes.size() > 1 && sizes.back() == 1)
        sizes.pop_back();
    return sizes;
}

Sizes weightSizes(const Layer& layer)
{
    const auto& g = layer.geometry;
    const std::int64_t out = g.output.channels;
    if (layer.kind == LayerKind::Linear)
        return {out, g.input.elements()};
    const std::int64_t in =
        layer.kind == LayerKind::DepthwiseConv ? 1 : g.input.channels / g.groups;
    return {out, in, g.kernel_height, g.kernel_width};
}

/// Names of the four tensors of a batch norm.
struct NormNames {
    std::string scale, shift, mean, variance;
};

/// One attempt to find every layer's numbers in a file, by one way of naming.
class Matcher {
public:
    Matcher(const NetworkDescription& network, const WeightFile& file) : m_network(network)
    {
        for (const auto& tensor : file.tensors)
            m_tensors.emplace(tensor.name, &tensor);
    }

    /// By the names of the usual checkpoints.
    void matchCheckpoint(const std::vector<LayerNames>& names)
    {
        for (std::size_t i = 0; i < m_network.layers.size(); ++i) {
            const auto& layer = m_network.layers[i];
            const auto& name = names[i];
            auto& numbers = m_parameters.layers.emplace_back();
            if (!layer.hasWeights())
                continue;
            if (!name.fixed.empty()) {
                numbers.weights = name.fixed;
                continue;
            }
            take(name.weights + ".weight", weightSizes(layer), numbers.weights);
            const std::string bias = name.weights + ".bias";
            if (name.norm.empty() || m_tensors.contains(bias))
                take(bias, {layer.geometry.output.channels}, numbers.bias);
            if (name.norm.empty())
                continue;
            takeNorm(layer,
                     {name.norm + ".weight", name.norm + ".bias", name.norm + ".running_mean",
                      name.norm + ".running_var"},
                     name.epsilon, numbers);
        }
    }

    /// By the names that Bitdial's ONNX files have, with or without a batch norm.
    void matchOwn(const std::vector<LayerNames>& names)
    {
        for (std::size_t i = 0; i < m_network.layers.size(); ++i) {
            const auto& layer = m_network.layers[i];
            auto& numbers = m_parameters.layers.emplace_back();
            if (!layer.hasWeights())
                continue;
            const std::string weight = layer.name + ".weight";
            if (!names[i].fixed.empty() && !m_tensors.contains(weight)) {
                numbers.weights = names[i].fixed;
                continue;
            }
            take(weight, weightSizes(layer), numbers.weights);
            const std::string bn = layer.name + ".bn.";
            const NormNames norm{bn + "scale", bn + "shift", bn + "mean", bn + "variance"};
            const bool has_norm =
                std::ranges::any_of(std::array{norm.scale, norm.shift, norm.mean, norm.variance},
                                    [&](const auto& name) { return m_tensors.contains(name); });
            const std::string bias = layer.name + ".bias";
            const bool needs_bias = !has_norm && names[i].fixed.empty();
            if (needs_bias || m_tensors.contains(bias))
                take(bias, {layer.geometry.output.channels}, numbers.bias);
            if (has_norm)
                takeNorm(layer, norm, BatchNorm().epsilon, numbers);
        }
    }

    bool complete() const { return m_missing.empty() && m_wrong.empty(); }
    /// Tensors of the file that were found under their names, of whatever shape.
    std::size_t found() const { return m_used.size(); }
    NetworkParameters takeParameters() { return std::move(m_parameters); }

    std::vector<std::string> unused(const WeightFile& file) const
    {
        std::vector<std::string> names;
        for (const auto& tensor : file.tensors)
            // A counter that PyTorch keeps beside every batch norm for training.
            if (!m_used.contains(tensor.name) && !tensor.name.ends_with("num_batches_tracked"))
                names.push_back(shownName(tensor.name));
        return names;
    }

    [[noreturn]] void fail(const WeightFile& file, const std::string& where) const
    {
        const auto others = unused(file);
        std::string why = std::to_string(m_used.size()) + " of the architecture's " +
                          std::to_string(m_used.size() + m_missing.size()) +
                          " tensors are in the file";
        why += list("; missing: ", m_missing) + list("; of another shape: ", m_wrong) +
               list("; not used: ", others);
        if (m_used.empty() && sameShapesInOrder(file))
            why += "; the shapes in order are those of the architecture, but tensors are matched "
                   "by name only";
        throw Error(ErrorCode::BadInput, "The weights do not fit the architecture", where, why,
                    "Give weights of this very architecture, with the keys (width, classes, ...) "
                    "that they were trained with");
    }

private:
    void take(const std::string& name, const Sizes& sizes, std::vector<float>& into)
    {
        m_wanted.push_back(sizes);
        const auto found = m_tensors.find(name);
        if (found == m_tensors.end()) {
            m_missing.push_back(name + " (" + shapeText(sizes) + ")");
            return;
        }
        m_used.insert(name);
        const auto& tensor = *found->second;
        if (withoutTrailingOnes(tensor.sizes) != withoutTrailingOnes(sizes)) {
            m_wrong.push_back(name + " (" + shapeText(tensor.sizes) + ", expected " +
                              shapeText(sizes) + ")");
            return;
        }
        into = tensor.values;
    }

    void takeNorm(const Layer& layer, const NormNames& names, float epsilon,
                  LayerParameters& numbers)
    {
        const Sizes sizes = {layer.geometry.output.channels};
        auto& norm = numbers.batch_norm.emplace();
        norm.epsilon = epsilon;
        take(names.scale, sizes, norm.scale);
        take(names.shift, sizes, norm.shift);
        take(names.mean, sizes, norm.mean);
        take(names.variance, sizes, norm.variance);
    }

    static std::string list(const std::string& title, const std::vector<std::string>& names)
    {
        if (names.empty())
            return {};
        std::string text = title;
        for (std::size_t i = 0; i < std::min(names.size(), listed); ++i)
            text += (i == 0 ? "" : ", ") + names[i];
        if (names.size() > listed)
            text += " and " + std::to_string(names.size() - listed) + " more";
        return text;
    }

    bool sameShapesInOrder(const WeightFile& file) const
    {
        return std::ranges::equal(m_wanted, file.tensors, {}, withoutTrailingOnes,
                                  [](const auto& t) { return withoutTrailingOnes(t.sizes); });
    }

    const NetworkDescription& m_network;
    std::map<std::string, const NamedTensor*, std::less<>> m_tensors;
    std::set<std::string, std::less<>> m_used;
    std::vector<Sizes> m_wanted;
    std::vector<std::string> m_missing;
    std::vector<std::string> m_wrong;
    NetworkParameters m_parameters;
};

} // namespace

WeightMatch matchWeights(const NetworkDescription& network, const std::vector<LayerNames>& names,
                         const WeightFile& file, const std::string& where)
{
    Matcher usual(network, file);
    usual.matchCheckpoint(names);
    Matcher own(network, file);
    own.matchOwn(names);
    const bool own_fits =
        own.complete() != usual.complete() ? own.complete() : own.found() > usual.found();
    auto& best = own_fits ? own : usual;
    if (!best.complete())
        best.fail(file, where);
    auto unused = best.unused(file);
    return {std::make_shared<NetworkParameters>(best.takeParameters()), std::move(unused)};
}

} // namespace bitdial
