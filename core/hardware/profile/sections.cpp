// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/sections.h"

#include "core/hardware/profile/kernel_reader.h"
#include "core/quantization/widths.h"

namespace bitdial {

namespace {

void readPerMac(PowerModel& power, const JsonNode& node, ProfileChecks& checks)
{
    const JsonNode& per_mac = *node.find("pj_per_mac");
    std::vector<std::string> keys;
    for (const int in : quantized_widths)
        for (const int weight : quantized_widths)
            keys.push_back(std::to_string(in) + "/" + std::to_string(weight));
    if (per_mac.kind == JsonNode::Kind::Object)
        checks.checkKeys(per_mac, "pj_per_mac", keys, {keys.begin(), keys.end()});
    auto key = keys.begin();
    for (const int in : quantized_widths)
        for (const int weight : quantized_widths) {
            if (per_mac.kind != JsonNode::Kind::Object)
                power.pj_per_mac[{in, weight}] = checks.number(node, "pj_per_mac", Sign::Positive);
            else if (per_mac.find(*key) != nullptr)
                power.pj_per_mac[{in, weight}] =
                    checks.figure(per_mac, *key, "power.pj_per_mac", Sign::Positive);
            ++key;
        }
    if (per_mac.kind != JsonNode::Kind::Object)
        checks.figure(node, "pj_per_mac", "power", Sign::Positive);
    if (power.pj_per_mac.empty())
        checks.fail(per_mac, "'pj_per_mac' has no figures", "no layer would have an energy",
                    "Give the energy at some widths, or remove 'power'");
}

void readStates(PowerModel& power, const JsonNode& node, ProfileChecks& checks)
{
    checks.checkKeys(node, "power", {"active_mw", "transfer_mw"}, {"transfer_mw"});
    power.active_mw = checks.figure(node, "active_mw", "power", Sign::Positive);
    // Without a figure of its own, waiting is taken to cost as much as computing.
    power.transfer_mw = node.find("transfer_mw") == nullptr
                            ? power.active_mw
                            : checks.figure(node, "transfer_mw", "power", Sign::NotNegative);
}

void readOperations(PowerModel& power, const JsonNode& node, ProfileChecks& checks)
{
    checks.checkKeys(node, "power", {"pj_per_mac", "pj_per_byte_l2", "pj_per_byte_l3"},
                     {"pj_per_byte_l2", "pj_per_byte_l3"});
    power.kind = PowerModel::Kind::Operations;
    readPerMac(power, node, checks);
    if (node.find("pj_per_byte_l2") != nullptr)
        power.pj_per_byte_l2 = checks.figure(node, "pj_per_byte_l2", "power", Sign::NotNegative);
    if (node.find("pj_per_byte_l3") != nullptr)
        power.pj_per_byte_l3 = checks.figure(node, "pj_per_byte_l3", "power", Sign::NotNegative);
}

/// One number for all sides, or [top, bottom, left, right].
void readPad(MeasuredKey& key, const JsonNode& node, const ProfileChecks& checks)
{
    const JsonNode& pad = *node.find("pad");
    const std::size_t first = key.geometry.size() - 4;
    if (pad.kind == JsonNode::Kind::Number) {
        const int all =
            int(checks.wholeNumber(node, "pad", Sign::NotNegative, most_of_a_dimension));
        for (std::size_t side = 0; side < 4; ++side)
            key.geometry[first + side] = all;
        return;
    }
    checks.require(pad, JsonNode::Kind::Array, "pad");
    if (pad.items.size() != 4)
        checks.fail(pad, "'pad' has " + std::to_string(pad.items.size()) + " numbers",
                    "it is one number or [top, bottom, left, right]", "Correct the value");
    for (std::size_t side = 0; side < 4; ++side) {
        const JsonNode& value = pad.items[side];
        checks.require(value, JsonNode::Kind::Number, "pad");
        if (value.number < 0 || value.number > most_of_a_dimension ||
            value.number != double(int(value.number)))
            checks.fail(value, "'pad' must be whole numbers from 0", "this one is not",
                        "Correct the value");
        key.geometry[first + side] = int(value.number);
    }
}

MeasuredKey readKey(const JsonNode& node, const ProfileChecks& checks)
{
    MeasuredKey key;
    if (checks.word(node, "scope", {"kernel", "layer"}) == "layer")
        key.scope = MeasuredScope::Layer;
    if (const JsonNode* layer = node.find("layer")) {
        if (key.scope == MeasuredScope::Kernel)
            checks.fail(*layer, "'layer' has no meaning here",
                        "a kernel's cycles hold for every layer that calls it",
                        "Remove it, or write the scope \"layer\"");
        key.layer = checks.text(node, "layer");
    }
    key.kernel = readKernelKey(node, checks, {"bits_in", "bits_w", "bits_out"});
    constexpr const char* names[] = {"in_c",  "in_h", "in_w", "out_c", "out_h",
                                     "out_w", "k_h",  "k_w",  "stride"};
    std::size_t i = 0;
    for (const char* name : names)
        key.geometry[i++] =
            int(checks.wholeNumber(node, name, Sign::Positive, most_of_a_dimension));
    readPad(key, node, checks);
    return key;
}

} // namespace

PowerModel readPower(const JsonNode& node, ProfileChecks& checks)
{
    checks.require(node, JsonNode::Kind::Object, "power");
    PowerModel power;
    if (node.find("pj_per_mac") != nullptr)
        readOperations(power, node, checks);
    else
        readStates(power, node, checks);
    return power;
}

MeasuredEntries readMeasured(const JsonNode& measured, const ProfileChecks& checks)
{
    checks.require(measured, JsonNode::Kind::Array, "measured");
    MeasuredEntries entries;
    for (const JsonNode& node : measured.items) {
        checks.checkKeys(node, "a measured entry",
                         {"scope",  "layer",    "kind",   "in_c",  "in_h",     "in_w",  "out_c",
                          "out_h",  "out_w",    "k_h",    "k_w",   "stride",   "pad",   "bits_in",
                          "bits_w", "bits_out", "cycles", "count", "variance", "source"},
                         {"layer", "variance"});
        MeasuredEntry entry;
        entry.cycles = checks.number(node, "cycles", Sign::Positive);
        entry.count = int(checks.wholeNumber(node, "count", Sign::Positive, most_measurements));
        if (node.find("variance") != nullptr)
            entry.variance = checks.number(node, "variance", Sign::NotNegative);
        entry.source = checks.text(node, "source");
        if (!entries.emplace(readKey(node, checks), entry).second)
            checks.fail(node, "This is measured twice in one profile",
                        "repeated measurements stand in one entry with their mean",
                        "Remove one of the two");
    }
    return entries;
}

} // namespace bitdial
