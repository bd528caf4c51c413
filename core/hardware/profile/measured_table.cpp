// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/measured_table.h"

#include "core/base/error.h"
#include "core/base/json_text.h"
#include "core/base/shown_name.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/text.h"

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdint>

namespace bitdial {

namespace {

using Json = nlohmann::ordered_json;

/// Count, mean and spread of measurements that come in groups with a count, mean and variance.
class Aggregate {
public:
    void add(const MeasuredCycles& row)
    {
        const std::int64_t count = m_count + row.count;
        const double offset = row.cycles - m_mean;
        m_spread += (row.count - 1) * row.variance.value_or(0) +
                    offset * offset * double(m_count) * row.count / double(count);
        m_mean += offset * row.count / double(count);
        m_count = count;
        // Several measurements behind one mean, and nothing said of how they scattered.
        m_variance_known &= row.count == 1 || row.variance.has_value();
    }

    MeasuredEntry entry(const std::string& source) const
    {
        if (m_count > most_measurements)
            throw Error(ErrorCode::BadInput,
                        "The table measures one thing " + std::to_string(m_count) + " times",
                        shownName(source),
                        "the counts of rows of the same thing add up to at most " +
                            std::to_string(most_measurements),
                        "Correct the counts of those rows");
        MeasuredEntry entry{m_mean, int(m_count), std::nullopt, source};
        if (m_count > 1 && m_variance_known)
            entry.variance = m_spread / double(m_count - 1);
        return entry;
    }

private:
    std::int64_t m_count = 0; // 200,000 rows of up to 10^9
    double m_mean = 0;
    double m_spread = 0; ///< sum of squared distances from the mean
    bool m_variance_known = true;
};

bool belongsTo(const MeasuredCycles& row, const HardwareProfile& profile)
{
    // The network's adds have operands of one width.
    return row.cores == profile.cores() &&
           (row.work.kind != LayerKind::Add || row.second_in_bits == row.work.bits.in) &&
           profile.fields().kernels.contains({row.work.kind, row.work.bits});
}

/// Two decimals: cycles are whole, their means nearly so.
double rounded(double value)
{
    return std::round(value * 100) / 100;
}

Json entryJson(const MeasuredKey& key, const MeasuredEntry& entry)
{
    constexpr const char* names[] = {"in_c",  "in_h", "in_w", "out_c", "out_h",
                                     "out_w", "k_h",  "k_w",  "stride"};
    Json json = Json::object();
    json["scope"] = key.scope == MeasuredScope::Layer ? "layer" : "kernel";
    if (!key.layer.empty())
        json["layer"] = key.layer;
    json["kind"] = layerKindName(key.kernel.kind);
    std::size_t i = 0;
    for (const char* name : names)
        json[name] = key.geometry[i++];
    json["pad"] = std::vector<int>(key.geometry.begin() + int(i), key.geometry.end());
    json["bits_in"] = key.kernel.bits.in;
    json["bits_w"] = key.kernel.bits.weight;
    json["bits_out"] = key.kernel.bits.out;
    json["cycles"] = rounded(entry.cycles);
    json["count"] = entry.count;
    if (entry.variance)
        json["variance"] = rounded(*entry.variance);
    json["source"] = entry.source;
    return json;
}

std::int64_t valuesIn(const Json& json)
{
    std::int64_t values = 1;
    if (json.is_structured())
        for (const Json& item : json)
            values += valuesIn(item);
    return values;
}

[[noreturn]] void failTooLarge(std::size_t entries, const std::string& limit,
                               const std::string& source)
{
    throw Error(ErrorCode::BadInput, "The table is too large for a profile", shownName(source),
                "with " + std::to_string(entries) +
                    " measured entries the profile would have more than " + limit,
                "Keep only the rows of shapes and widths that your networks use");
}

/// Refuses what no profile may hold, before it is built. `profile` has no measured entries yet.
void checkSize(const Json& profile, const MeasuredEntries& entries, const std::string& source)
{
    std::int64_t values = valuesIn(profile);
    std::size_t texts = 0;
    for (const auto& [key, entry] : entries) {
        constexpr int always = 23; // the object, its 18 values and the padding's four sides
        values += always + (key.layer.empty() ? 0 : 1) + (entry.variance ? 1 : 0);
        texts += key.layer.size() + entry.source.size();
    }
    if (values > most_json_values)
        failTooLarge(entries.size(), std::to_string(most_json_values) + " values", source);
    if (texts > most_profile_bytes)
        failTooLarge(entries.size(), std::to_string(most_profile_bytes >> 20) + " MiB", source);
}

} // namespace

MeasuredTable addMeasuredTable(const HardwareProfile& profile,
                               const std::vector<MeasuredCycles>& rows, const std::string& source)
{
    std::map<MeasuredKey, Aggregate> table;
    MeasuredTable result;
    for (const MeasuredCycles& row : rows) {
        if (!belongsTo(row, profile)) {
            ++result.unused_rows;
            continue;
        }
        MeasuredKey key = measuredKey(row.work, row.stride);
        key.scope = row.scope;
        key.layer = row.layer;
        table[key].add(row);
    }
    if (table.empty())
        throw Error(ErrorCode::BadInput, "The table does not belong to the profile", profile.name(),
                    "no row has the profile's " + std::to_string(profile.cores()) +
                        " cores and a kernel that it knows",
                    "Measure with that many cores, or choose another profile");
    MeasuredEntries entries = profile.fields().measured;
    for (const auto& [key, aggregate] : table)
        entries[key] = aggregate.entry(source);
    Json json = Json::parse(profile.text());
    json["measured"] = Json::array();
    checkSize(json, entries, source);
    Json list = Json::array();
    for (const auto& [key, entry] : entries)
        list.push_back(entryJson(key, entry));
    json["measured"] = list;
    result.text = profileText(json);
    if (result.text.size() > most_profile_bytes)
        failTooLarge(entries.size(), std::to_string(most_profile_bytes >> 20) + " MiB", source);
    // What is written must be readable.
    parseProfile(result.text, profile.name() + " with " + source);
    result.entries = int(table.size());
    return result;
}

} // namespace bitdial
