// SPDX-License-Identifier: Apache-2.0
#include "core/search/ledger.h"

#include "core/base/error.h"
#include "core/search/accuracy_list.h"

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

using Json = nlohmann::json;

constexpr const char* where = "journal of the search";
/// One text that held everything: what projects of format 1 kept of Free Bits.
constexpr const char* old_schema = "bitdial.free-bits-checkpoint/1";

std::string bitsText(const Network& network, const BitAssignment& assignment)
{
    return assignment.empty() ? std::string() : toBitsJson(network, assignment);
}

BitAssignment bitsOf(const Network& network, const Json& text)
{
    const auto bits = text.get<std::string>();
    return bits.empty() ? BitAssignment() : fromBitsJson(network, bits, where);
}

ReportedPoint pointOf(const Network& network, const Json& point)
{
    return {bitsOf(network, point.at("bits")), point.at("state").get<std::string>(),
            accuraciesOf(point.at("accuracies")), accuraciesOf(point.at("at_end"))};
}

void checkKey(const Json& found, const std::string& key)
{
    if (found != key)
        throw Error(ErrorCode::BadInput, "The search cannot be resumed", where,
                    "network, data, targets, seed or options differ from the run that was "
                    "interrupted",
                    "Resume with the same ones, or start anew");
}

} // namespace

Ledger::Ledger(const Network& network, std::string key, const std::vector<std::string>& journal,
               SearchObserver& observer)
    : m_network(network), m_key(std::move(key)), m_observer(observer)
{
    try {
        for (const auto& entry : journal)
            read(entry);
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The search cannot be resumed", where,
                    std::string("the journal is damaged: ") + error.what(), "Start anew");
    }
    if (!journal.empty() && !m_key_is_written)
        checkKey(nullptr, m_key);
}

void Ledger::read(const std::string& entry)
{
    const auto json = Json::parse(entry);
    if (json.contains("key")) {
        checkKey(json.at("key"), m_key);
        m_key_is_written = true;
    }
    if (json.value("schema", "") == old_schema) {
        for (const auto& [task, point] : json.at("points").items())
            m_points[task] = pointOf(m_network, point);
        for (const auto& [task, bits] : json.at("chosen").items())
            m_chosen[task] = bitsOf(m_network, bits);
    } else if (json.contains("point")) {
        m_points[json.at("task").get<std::string>()] = pointOf(m_network, json.at("point"));
    } else if (json.contains("chosen")) {
        m_chosen[json.at("task").get<std::string>()] = bitsOf(m_network, json.at("chosen"));
    }
}

void Ledger::write(const std::string& entry)
{
    if (!m_key_is_written)
        m_observer.journalled(Json({{"key", m_key}}).dump());
    m_key_is_written = true;
    m_observer.journalled(entry);
}

const ReportedPoint* Ledger::point(const std::string& task) const
{
    const auto found = m_points.find(task);
    return found == m_points.end() ? nullptr : &found->second;
}

const ReportedPoint* Ledger::sameBits(const BitAssignment& assignment) const
{
    for (const auto& [task, point] : m_points)
        if (point.assignment == assignment)
            return &point;
    return nullptr;
}

void Ledger::keep(const std::string& task, const ReportedPoint& point)
{
    m_points[task] = point;
    write(Json({{"task", task},
                {"point",
                 {{"bits", bitsText(m_network, point.assignment)},
                  {"state", point.state_hash},
                  {"accuracies", accuracyList(point.accuracies)},
                  {"at_end", accuracyList(point.at_end)}}}})
              .dump());
}

const BitAssignment* Ledger::chosen(const std::string& task) const
{
    const auto found = m_chosen.find(task);
    return found == m_chosen.end() ? nullptr : &found->second;
}

void Ledger::keep(const std::string& task, const BitAssignment& bits)
{
    m_chosen[task] = bits;
    write(Json({{"task", task}, {"chosen", bitsText(m_network, bits)}}).dump());
}

} // namespace bitdial
