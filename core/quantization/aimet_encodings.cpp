// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/aimet_encodings.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/network.h"
#include "core/quantization/json_guard.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_set>

namespace bitdial {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_bytes = std::size_t(16) << 20;
constexpr std::size_t most_values = std::size_t(1) << 20;
constexpr std::size_t spare_values = std::size_t(1) << 16;
constexpr std::size_t deepest = 8;
constexpr int most_bits = 32;

[[noreturn]] void refuse(const std::string& where, const std::string& why,
                         const std::string& next = "Write the encodings again")
{
    throw Error(ErrorCode::BadInput, "The AIMET encodings cannot be read", where, why, next);
}

/// Limits that follow from the network: an object of eight values for each channel, and as much
/// again.
std::size_t unitsOf(const Network& network)
{
    std::size_t units = std::size_t(network.tensorCount());
    for (const auto& layer : network.layers())
        units += std::size_t(layer.geometry.output.channels);
    return units;
}

Json parse(const Network& network, std::string_view text, const std::string& where)
{
    const std::size_t units = unitsOf(network);
    if (text.size() > most_bytes)
        refuse(where, "it has " + std::to_string(text.size()) + " bytes, more than 16 MiB");
    const auto outline =
        outlineOfJson(text, deepest, std::min(most_values, spare_values + 16 * units));
    if (!outline.problem.empty())
        refuse(where, outline.problem);
    try {
        return Json::parse(text);
    } catch (const Json::exception& error) { // a number beyond double, say
        refuse(where, "it is not valid JSON: " + shownName(error.what()));
    }
}

/// One entry of a file, with the file and its name for messages.
struct Entry {
    const Json& json;
    std::string name;
    std::string where;

    [[noreturn]] void fail(const std::string& why) const
    {
        refuse(where + ": '" + shownName(name) + "'", why);
    }
    const Json& at(const char* key) const
    {
        if (!json.is_object() || !json.contains(key))
            fail(std::string("its '") + key + "' is missing");
        return json[key];
    }
    std::string text(const char* key) const
    {
        if (!at(key).is_string())
            fail(std::string("its '") + key + "' is no text");
        return at(key).get<std::string>();
    }
    /// Programs write true, "True" and "true".
    bool flag(const char* key) const
    {
        const auto& value = at(key);
        if (value.is_boolean())
            return value.get<bool>();
        if (value == "True" || value == "true")
            return true;
        if (value != "False" && value != "false")
            fail(std::string("its '") + key + "' is neither true nor false");
        return false;
    }
    double number(const char* key) const { return numberOf(at(key), key); }
    double numberOf(const Json& value, const char* key) const
    {
        if (!value.is_number() || !std::isfinite(value.get<double>()))
            fail(std::string("its '") + key + "' is no finite number");
        return value.get<double>();
    }
    int bits(const char* key, int fewest) const
    {
        const double value = number(key);
        if (!(value >= fewest && value <= most_bits) || value != std::floor(value))
            fail(std::string("its '") + key + "' is " + shownName(at(key).dump()) +
                 ", no whole number from " + std::to_string(fewest) + " to 32");
        return int(value);
    }
    float scaleOf(const Json& value, const char* key) const
    {
        const double scale = numberOf(value, key);
        if (!(scale >= double(std::numeric_limits<float>::min()) &&
              scale <= double(std::numeric_limits<float>::max())))
            fail("a scale is not a positive, normal number");
        return float(scale);
    }
};

bool isOneOf(double value, std::initializer_list<double> choices)
{
    return std::ranges::find(choices, value) != choices.end();
}

/// Of one object until 0.6.1: whether its codes are signed, i.e. as many below zero as above.
bool checkRange(const Entry& entry, int bits, float scale)
{
    const double low = entry.number("min") / double(scale);
    const double high = entry.number("max") / double(scale);
    const double steps = std::ldexp(1.0, bits) - 1;
    const double slack = std::max(0.05, steps * 1e-5); // of decimals that were cut
    const bool narrow = std::abs(high - low - (steps - 1)) <= slack;
    if (!narrow && !(std::abs(high - low - steps) <= slack))
        entry.fail("its minimum, maximum and scale do not give 2^" + std::to_string(bits) +
                   " codes");
    const double first = std::round(low);
    if (low > slack || high < -slack || std::abs(low - first) > slack)
        entry.fail("its range does not contain 0 as a code");
    const double offset = entry.number("offset");
    // PyTorch's exporter writes the first code, TensorFlow's one that counts from the other end.
    if (std::abs(offset - first) > slack && !isOneOf(offset, {-first, -first - 1}))
        entry.fail("its offset " + shownName(entry.at("offset").dump()) +
                   " contradicts its minimum, which is " + std::to_string(std::int64_t(first)) +
                   " steps");
    return first < 0 && entry.flag("is_symmetric");
}

void requireIntegers(const Entry& entry)
{
    const auto type = entry.json.contains("dtype") ? entry.text("dtype") : "int"; // since 0.5.0
    if (type != "int" && type != "INT")
        entry.fail("it is of type " + shownName(type) + ", not of integers");
}

/// name: [object per channel], until 0.6.1.
TensorEncoding encodingOfObjects(const Entry& list)
{
    constexpr int fewest = 4;
    if (!list.json.is_array() || list.json.empty())
        list.fail("it is not a list of encodings");
    TensorEncoding encoding{list.name, false, 0, false, {}};
    for (const auto& json : list.json) {
        const Entry entry{json, list.name, list.where};
        if (!json.is_object())
            entry.fail("it is not a list of encodings");
        requireIntegers(entry);
        const int bits = entry.bits("bitwidth", fewest);
        const float scale = entry.scaleOf(entry.at("scale"), "scale");
        const bool is_signed = checkRange(entry, bits, scale);
        if (!encoding.scales.empty() && (encoding.bits != bits || encoding.is_signed != is_signed))
            entry.fail("its channels differ in width or sign");
        encoding.bits = bits;
        encoding.is_signed = is_signed;
        encoding.scales.push_back(scale);
    }
    return encoding;
}

/// An entry of 1.0.0. Without a minimum, the size of the offset alone tells the sign.
TensorEncoding encodingOfEntry(const Entry& entry)
{
    requireIntegers(entry);
    const auto type = entry.text("enc_type");
    if (type != "PER_TENSOR" && type != "PER_CHANNEL")
        entry.fail("its encoding type " + shownName(type) + " is not supported");
    TensorEncoding encoding{entry.name, false, entry.bits("bw", 1), false, {}};
    const auto& scales = entry.at("scale");
    const auto& offsets = entry.at("offset");
    if (!scales.is_array() || !offsets.is_array() || scales.empty() ||
        scales.size() != offsets.size() || (type == "PER_TENSOR" && scales.size() != 1))
        entry.fail("its 'scale' and 'offset' are not lists of the same, right length");
    const bool is_symmetric = entry.flag("is_sym");
    const double half = std::ldexp(1.0, encoding.bits - 1);
    for (std::size_t i = 0; i < scales.size(); ++i) {
        const double offset = std::abs(entry.numberOf(offsets[i], "offset"));
        const bool is_signed = is_symmetric && isOneOf(offset, {half, half - 1}) && offset > 0;
        if ((is_symmetric && !is_signed && offset != 0) || !(offset <= 2 * half - 1) ||
            offset != std::floor(offset))
            entry.fail("its offset does not fit " + std::to_string(encoding.bits) + " bits");
        if (i > 0 && is_signed != encoding.is_signed)
            entry.fail("its channels differ in sign");
        encoding.is_signed = is_signed;
        encoding.scales.push_back(entry.scaleOf(scales[i], "scale"));
    }
    return encoding;
}

void collectScales(const Entry& entry, const Json& value, std::vector<float>& scales)
{
    if (!value.is_array()) {
        scales.push_back(entry.scaleOf(value, "y_scale"));
        return;
    }
    for (const auto& item : value) // the parser has limited the depth
        collectScales(entry, item, scales);
}

/// An entry of 2.0.0.
TensorEncoding encodingOfType(const Entry& entry)
{
    const auto type = entry.text("output_dtype");
    const bool is_signed = type.starts_with("int");
    const auto digits = type.substr(is_signed ? 3 : std::min<std::size_t>(type.size(), 4));
    const bool known = (is_signed || type.starts_with("uint")) && !digits.empty() &&
                       digits.size() <= 2 &&
                       std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
    const int bits = known ? std::stoi(digits) : 0;
    if (bits < 1 || bits > most_bits)
        entry.fail("its type " + shownName(type) + " is no integer type");
    if (entry.json.contains("block_size") && !entry.json["block_size"].is_null() &&
        entry.json["block_size"] != 0)
        entry.fail("it has a scale per block, which is not supported");
    TensorEncoding encoding{entry.name, false, bits, is_signed, {}};
    collectScales(entry, entry.at("y_scale"), encoding.scales);
    if (encoding.scales.empty())
        entry.fail("it has no scale");
    return encoding;
}

/// Which names are a layer's parameters.
class Parameters {
public:
    explicit Parameters(const Network& network)
    {
        for (const auto& layer : network.layers())
            if (layer.hasWeights())
                m_layers.insert(layer.name);
        for (const auto& tensor : network.tensors())
            m_tensors.insert(tensor.name);
    }
    /// Of a parameter: its encoding under the layer's name, or nothing for a bias.
    void add(std::vector<TensorEncoding>& to, TensorEncoding encoding) const
    {
        if (isLayers(encoding.name, ".bias"))
            return;
        encoding.is_weight = true;
        if (isLayers(encoding.name, ".weight"))
            encoding.name.resize(encoding.name.size() - std::string_view(".weight").size());
        to.push_back(std::move(encoding));
    }
    /// Of a file that does not tell parameters from activations.
    bool isParameter(const std::string& name) const
    {
        return !m_tensors.contains(name) && (isLayers(name, ".weight") || isLayers(name, ".bias"));
    }

private:
    bool isLayers(const std::string& name, std::string_view suffix) const
    {
        return name.ends_with(suffix) &&
               m_layers.contains(name.substr(0, name.size() - suffix.size()));
    }

    std::unordered_set<std::string> m_layers;
    std::unordered_set<std::string> m_tensors;
};

/// The entries of a list, each with its name, or of a map.
void addSection(std::vector<TensorEncoding>& to, const Json& section, bool is_parameters,
                const Parameters& parameters, const std::string& where)
{
    const auto add = [&](TensorEncoding encoding) {
        if (is_parameters)
            parameters.add(to, std::move(encoding));
        else
            to.push_back(std::move(encoding));
    };
    if (section.is_object()) {
        for (const auto& [name, json] : section.items())
            add(encodingOfObjects({json, name, where}));
        return;
    }
    for (const auto& json : section) {
        Entry entry{json, "", where};
        entry.name = entry.text("name");
        add(encodingOfEntry(entry));
    }
}

std::string versionOf(const Json& root, const std::string& where)
{
    if (!root.contains("version"))
        return "0.4.0"; // which did not write it
    if (!root["version"].is_string())
        refuse(where, "its version is no text");
    return root["version"].get<std::string>();
}

} // namespace

bool isAimetEncodings(std::string_view json)
{
    const auto keys = outlineOfJson(json, deepest, most_values).keys;
    return keys.contains("activation_encodings") || keys.contains("param_encodings") ||
           keys.contains("encodings");
}

std::vector<TensorEncoding> fromAimetEncodings(const Network& network, std::string_view json,
                                               const std::string& where)
{
    const Json root = parse(network, json, where);
    if (!root.is_object())
        refuse(where, "it is not a JSON object");
    const auto version = versionOf(root, where);
    const Parameters parameters(network);
    std::vector<TensorEncoding> encodings;
    if (version == "2.0.0") {
        if (!root.contains("encodings") || !root["encodings"].is_array())
            refuse(where, "its 'encodings' are missing or no list");
        for (const auto& item : root["encodings"]) {
            Entry entry{item, "", where};
            entry.name = entry.text("name");
            auto encoding = encodingOfType(entry);
            if (parameters.isParameter(entry.name))
                parameters.add(encodings, std::move(encoding));
            else
                encodings.push_back(std::move(encoding));
        }
        return encodings;
    }
    static const std::set<std::string> maps = {"0.4", "0.4.0", "0.5.0", "0.5.1", "0.6.0", "0.6.1"};
    const bool is_map = maps.contains(version);
    if (!is_map && version != "1.0.0")
        refuse(where, "its version " + shownName(version) + " is not known",
               "Write it as version 0.6.1, 1.0.0 or 2.0.0");
    for (const char* key : {"param_encodings", "activation_encodings"}) {
        if (!root.contains(key) || !(is_map ? root[key].is_object() : root[key].is_array()))
            refuse(where, std::string("its '") + key + "' are missing or no " +
                              (is_map ? "map" : "list") + ", as version " + version + " has them");
        addSection(encodings, root[key], key[0] == 'p', parameters, where);
    }
    return encodings;
}

} // namespace bitdial
