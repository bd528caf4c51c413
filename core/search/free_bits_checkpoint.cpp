// SPDX-License-Identifier: Apache-2.0
#include "core/search/free_bits_checkpoint.h"

#include "core/base/error.h"

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

using Json = nlohmann::json;

constexpr const char* schema = "bitdial.free-bits-checkpoint/1";
constexpr const char* where = "checkpoint of free-bits";

Json toJson(const std::vector<Accuracy>& accuracies)
{
    Json list = Json::array();
    for (const auto& a : accuracies)
        list.push_back({int(a.rung), int(a.role), a.correct, a.samples});
    return list;
}

std::vector<Accuracy> accuraciesOf(const Json& list)
{
    std::vector<Accuracy> accuracies;
    for (const auto& a : list)
        accuracies.push_back({Rung(a.at(0).get<int>()), DataRole(a.at(1).get<int>()),
                              a.at(2).get<int>(), a.at(3).get<int>()});
    return accuracies;
}

std::string bitsText(const Network& network, const BitAssignment& assignment)
{
    return assignment.empty() ? std::string() : toBitsJson(network, assignment);
}

BitAssignment bitsOf(const Network& network, const Json& text)
{
    const auto bits = text.get<std::string>();
    return bits.empty() ? BitAssignment() : fromBitsJson(network, bits, where);
}

} // namespace

std::string FreeBitsCheckpoint::toText(const Network& network) const
{
    Json reported = Json::object();
    for (const auto& [task, point] : points)
        reported[task] = {{"id", point.id},
                          {"bits", bitsText(network, point.assignment)},
                          {"state", point.state_hash},
                          {"accuracies", toJson(point.accuracies)},
                          {"at_end", toJson(point.at_end)}};
    Json gates = Json::object();
    for (const auto& [task, assignment] : chosen)
        gates[task] = bitsText(network, assignment);
    return Json({{"schema", schema}, {"key", key}, {"points", reported}, {"chosen", gates}}).dump();
}

FreeBitsCheckpoint FreeBitsCheckpoint::fromText(const Network& network, const std::string& text,
                                                const std::string& key)
{
    FreeBitsCheckpoint checkpoint{key, {}, {}};
    try {
        const auto json = Json::parse(text);
        if (json.at("schema") != schema || json.at("key") != key)
            throw Error(ErrorCode::BadInput, "The search cannot be resumed", where,
                        "network, data, targets, seed or options differ from the run that was "
                        "interrupted",
                        "Resume with the same ones, or start anew");
        for (const auto& [task, point] : json.at("points").items())
            checkpoint.points[task] = {
                point.at("id").get<std::int64_t>(), bitsOf(network, point.at("bits")),
                point.at("state").get<std::string>(), accuraciesOf(point.at("accuracies")),
                accuraciesOf(point.at("at_end"))};
        for (const auto& [task, bits] : json.at("chosen").items())
            checkpoint.chosen[task] = bitsOf(network, bits);
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The search cannot be resumed", where,
                    std::string("the checkpoint is damaged: ") + error.what(), "Start anew");
    }
    return checkpoint;
}

} // namespace bitdial
