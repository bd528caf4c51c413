// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/onnx_encodings.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/network.h"

#include <unordered_map>
#include <unordered_set>

namespace bitdial {
namespace {

/// Finds the network's names for an imported file's tensors.
class TensorNames {
public:
    TensorNames(const Network& network, const Network& imported) : m_imported(imported)
    {
        for (const auto& tensor : network.tensors())
            m_tensors.insert(tensor.name);
        for (const auto& layer : network.layers())
            m_made_by.emplace(layer.name, network.tensor(layer.output).name);
        m_input = network.tensor(network.input()).name;
    }
    std::string operator()(int tensor) const
    {
        const auto& found = m_imported.tensor(tensor);
        if (m_tensors.contains(found.name))
            return found.name;
        if (found.producer < 0)
            return m_input;
        const auto made = m_made_by.find(m_imported.layer(found.producer).name);
        return made == m_made_by.end() ? found.name : made->second;
    }

private:
    const Network& m_imported;
    std::unordered_set<std::string> m_tensors;
    std::unordered_map<std::string, std::string> m_made_by; ///< layer -> tensor
    std::string m_input;
};

} // namespace

std::vector<TensorEncoding> encodingsInOnnx(const Network& network, const Network& imported,
                                            const std::string& where)
{
    const auto refuse = [&](const std::string& place, const std::string& why) {
        throw Error(ErrorCode::BadInput, "The bit widths cannot be used", place, why,
                    "Give an ONNX file with QuantizeLinear or IntQuant nodes");
    };
    if (imported.quantizers().empty())
        refuse(where, "this ONNX file has no quantizers");
    const TensorNames names(network, imported);
    std::vector<TensorEncoding> encodings;
    std::unordered_map<std::string, std::size_t> known[2]; // activations, weights
    for (const auto& quantizer : imported.quantizers()) {
        if (quantizer.is_bias || (quantizer.layer < 0 && quantizer.tensor < 0))
            continue;
        const bool is_weight = quantizer.layer >= 0;
        TensorEncoding encoding{is_weight ? imported.layer(quantizer.layer).name
                                          : names(quantizer.tensor),
                                is_weight, quantizer.bits, quantizer.is_signed, quantizer.scales};
        const auto [place, is_new] = known[is_weight].emplace(encoding.name, encodings.size());
        if (is_new)
            encodings.push_back(std::move(encoding));
        else if (encodings[place->second].bits != encoding.bits)
            refuse(where + ": '" + shownName(encoding.name) + "'",
                   "it has quantizers of " + std::to_string(encodings[place->second].bits) +
                       " and of " + std::to_string(encoding.bits) + " bits");
    }
    return encodings;
}

} // namespace bitdial
