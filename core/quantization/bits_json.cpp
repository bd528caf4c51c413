// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/widths.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace bitdial {
namespace {

using nlohmann::ordered_json;
using Json = nlohmann::json;
constexpr const char* schema = "bitdial.bits/1";

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The bit widths cannot be used", where, why, next);
}

/// Sees each value before it is built: what cannot be a bits.json is refused at once, and so are
/// keys that occur twice in one object, which JSON libraries let pass.
class ParseGuard {
public:
    explicit ParseGuard(const std::string& where) : m_where(where) {}

    bool operator()(int depth, Json::parse_event_t event, const Json& value)
    {
        constexpr int deepest = 1; // of an object inside the outermost one
        if (event == Json::parse_event_t::array_start ||
            (event == Json::parse_event_t::object_start && depth > deepest))
            refuse(m_where, "it has a list or an object where none may be",
                   "Give a bits.json file (schema bitdial.bits/1)");
        if (event == Json::parse_event_t::object_start)
            m_keys[depth + 1].clear();
        if (event == Json::parse_event_t::key &&
            !m_keys[depth].insert(value.get<std::string>()).second)
            refuse(m_where, "the key '" + shownName(value.get<std::string>()) + "' occurs twice",
                   "Leave one of the two");
        return true;
    }

private:
    const std::string& m_where;
    std::map<int, std::set<std::string>> m_keys;
};

/// More than any text of this network's names needs, each character written as an escape of six.
std::size_t mostBytes(const Network& network)
{
    constexpr std::size_t per_name = 64;
    constexpr std::size_t per_character = 12;
    std::size_t bytes = std::size_t(1) << 20;
    for (const auto& layer : network.layers())
        bytes += per_name + per_character * layer.name.size();
    for (int t = 0; t < network.tensorCount(); ++t)
        bytes += per_name + per_character * network.tensor(t).name.size();
    return bytes;
}

Json parse(std::string_view text, std::size_t most_bytes, const std::string& where)
{
    if (text.size() > most_bytes)
        refuse(where,
               "it has " + std::to_string(text.size()) + " bytes, more than the " +
                   std::to_string(most_bytes) + " that the network's names can need",
               "Give a bits.json file (schema bitdial.bits/1)");
    ParseGuard guard(where);
    try {
        return Json::parse(text, std::ref(guard));
    } catch (const Json::exception& error) {
        std::string why = error.what(); // "[json.exception.parse_error.101] parse error at line…"
        if (const auto end = why.find("] "); end != std::string::npos)
            why.erase(0, end + 2);
        refuse(where, "it is not valid JSON: " + shownName(why),
               "Correct the file, or write it again");
    }
}

void checkHeader(const Network& network, const Json& root, const std::string& where)
{
    const std::vector<std::string> known = {"schema", "network", "weights", "activations"};
    if (!root.is_object())
        refuse(where, "it is not a JSON object", "Give a bits.json file (schema bitdial.bits/1)");
    for (const auto& [key, value] : root.items())
        if (std::ranges::find(known, key) == known.end())
            refuse(where, "the key '" + shownName(key) + "' is unknown", didYouMean(key, known));
    for (const auto& key : known)
        if (!root.contains(key))
            refuse(where, "the key '" + key + "' is missing",
                   "Add it, or write the file again with this program");
    if (root["schema"] != schema)
        refuse(where, std::string("its schema is not \"") + schema + "\"",
               "Give a bits.json file of this schema");
    if (root["network"] != network.hash())
        refuse(where, "it belongs to another network than '" + network.name() + "'",
               "Open the network that it was made for (its \"network\" is the SHA-256 " +
                   network.hash() + " for this one)");
    for (const char* key : {"weights", "activations"})
        if (!root[key].is_object())
            refuse(where, std::string("'") + key + "' is not an object",
                   "Map each name to 8, 4 or 2");
}

/// Names that may occur in one of the two objects, with the one width that is legal (0: any).
struct Expected {
    std::string object; ///< "weights" or "activations"
    std::string noun;   ///< "layer" or "tensor"
    std::vector<std::string> names;
    std::vector<int> indices;
    std::vector<int> fixed;
};

/// Reads one object; returns widths per name in the order of `expected`, 0 where a fixed one is
/// absent.
std::vector<int> readWidths(const Json& object, const Expected& expected, const std::string& where)
{
    std::vector<int> widths(expected.names.size(), 0);
    for (const auto& [name, value] : object.items()) {
        const auto found = std::ranges::find(expected.names, name);
        if (found == expected.names.end())
            refuse(where,
                   "the network has no " + expected.noun + " '" + shownName(name) + "' (in '" +
                       expected.object + "')",
                   didYouMean(name, expected.names));
        const auto i = std::size_t(found - expected.names.begin());
        const std::string place = where + ": " + expected.noun + " '" + shownName(name) + "'";
        if (const int only = expected.fixed[i]; only != 0) {
            if (!value.is_number_integer() || value != only)
                refuse(place,
                       "its width is " + shownName(value.dump()) + ", but it is fixed at " +
                           std::to_string(only) +
                           " (the network's input or output, or tied to it by an addition)",
                       "Set it to " + std::to_string(only) + ", or leave it out");
        } else if (!value.is_number_integer() ||
                   std::ranges::none_of(quantized_widths,
                                        [&found = value](int width) { return found == width; })) {
            refuse(place, "its width is " + shownName(value.dump()), "Choose 8, 4 or 2");
        }
        widths[i] = value.get<int>();
    }
    for (std::size_t i = 0; i < widths.size(); ++i)
        if (widths[i] == 0 && expected.fixed[i] == 0)
            refuse(where,
                   "the " + expected.noun + " '" + expected.names[i] + "' is missing from '" +
                       expected.object + "'",
                   "Add it with 8, 4 or 2");
    return widths;
}

Expected weightNames(const Network& network)
{
    Expected expected{"weights", "layer", {}, {}, {}};
    for (int i = 0; i < network.layerCount(); ++i) {
        if (!network.layer(i).hasWeights())
            continue;
        expected.names.push_back(network.layer(i).name);
        expected.indices.push_back(i);
        expected.fixed.push_back(0);
    }
    return expected;
}

Expected activationNames(const Network& network, const ActivationGroups& groups,
                         const BitAssignment& defaults)
{
    Expected expected{"activations", "tensor", {}, {}, {}};
    for (int t = 0; t < network.tensorCount(); ++t) {
        expected.names.push_back(network.tensor(t).name);
        expected.indices.push_back(t);
        expected.fixed.push_back(groups.isFixed(groups.groupOf(t)) ? defaults.activationBits(t)
                                                                   : 0);
    }
    return expected;
}

void checkTies(const Network& network, const ActivationGroups& groups,
               const BitAssignment& assignment, const std::string& where)
{
    for (int g = 0; g < groups.count(); ++g) {
        const int first = groups.members(g).front();
        for (const int t : groups.members(g))
            if (!groups.isFixed(g) &&
                assignment.activationBits(t) != assignment.activationBits(first))
                refuse(where,
                       "the tensors '" + network.tensor(first).name + "' and '" +
                           network.tensor(t).name +
                           "' must have one width (operands of an add, or ends of a max-pooling), "
                           "but have " +
                           std::to_string(assignment.activationBits(first)) + " and " +
                           std::to_string(assignment.activationBits(t)),
                       "Give both the same width");
    }
}

} // namespace

std::string toBitsJson(const Network& network, const BitAssignment& assignment)
{
    ordered_json root = {{"schema", schema},
                         {"network", network.hash()},
                         {"weights", ordered_json::object()},
                         {"activations", ordered_json::object()}};
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).hasWeights())
            root["weights"][network.layer(i).name] = assignment.weightBits(i);
    for (int t = 0; t < network.tensorCount(); ++t)
        if (assignment.activationBits(t) != 32) // raw accumulators have no choice of width
            root["activations"][network.tensor(t).name] = assignment.activationBits(t);
    try {
        return root.dump();
    } catch (const ordered_json::exception&) {
        throw Error(ErrorCode::Failed, "The bit widths cannot be written", network.name(),
                    "a name in the network is not UTF-8 text", "Rename it in the network's file");
    }
}

BitAssignment fromBitsJson(const Network& network, std::string_view json, const std::string& where)
{
    const Json root = parse(json, mostBytes(network), where);
    checkHeader(network, root, where);
    const ActivationGroups groups(network);
    BitAssignment assignment = BitAssignment::uniform(network, 8, 8);
    const Expected layers = weightNames(network);
    const Expected tensors = activationNames(network, groups, assignment);
    const auto weights = readWidths(root["weights"], layers, where);
    for (std::size_t i = 0; i < weights.size(); ++i)
        assignment.setWeightBits(layers.indices[i], weights[i]);
    const auto activations = readWidths(root["activations"], tensors, where);
    for (std::size_t i = 0; i < activations.size(); ++i)
        if (tensors.fixed[i] == 0)
            assignment.setActivationBits(tensors.indices[i], activations[i]);
    checkTies(network, groups, assignment, where);
    return assignment;
}

} // namespace bitdial
