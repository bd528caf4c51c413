// SPDX-License-Identifier: Apache-2.0
#include "core/data/labels_csv.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/data/sample_source.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>

namespace bitdial {
namespace {

constexpr auto MaxRows = std::size_t(max_samples);
constexpr int MaxClass = 1 << 20;

CsvRules rules()
{
    CsvRules rules{"The labels file is wrong", "Give a table with the columns file and class_id"};
    rules.most_rows = MaxRows;
    return rules;
}

std::size_t columnOf(const CsvReader& reader, std::span<const std::string> header,
                     const std::string& name)
{
    const auto found = std::ranges::find(header, name);
    if (found == header.end()) {
        std::string seen;
        for (std::size_t i = 0; i < std::min<std::size_t>(header.size(), 10); ++i)
            seen += (i > 0 ? ", '" : "'") + shownName(header[i]) + "'";
        reader.fail("the column '" + name + "' is missing; the first row has " + seen,
                    "Give the columns names in the first row, file and class_id among them");
    }
    if (std::count(header.begin(), header.end(), name) > 1)
        reader.fail("the column '" + name + "' is there twice", "Remove one of them");
    return std::size_t(found - header.begin());
}

void checkPath(const CsvReader& reader, const std::string& path)
{
    bool inside = !path.empty() && path.front() != '/' && !path.starts_with("file:") &&
                  path.find('\\') == std::string::npos && path.find('\0') == std::string::npos;
    for (std::size_t at = 0; inside && at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto part = std::string_view(path).substr(at, end - at);
        inside = !part.empty() && part != "." && part != "..";
        at = end + 1;
    }
    if (!inside)
        reader.fail("the file '" + shownName(path) +
                        "' is no plain path inside the folder of pictures",
                    "Write paths relative to that folder, with / and without . and ..");
}

int labelOf(const CsvReader& reader, const std::string& text)
{
    int label = -1;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), label);
    if (problem != std::errc() || end != text.data() + text.size() || label < 0 || label > MaxClass)
        reader.fail("the class_id '" + shownName(text) + "' is no whole number from 0 to " +
                        std::to_string(MaxClass),
                    "Number the classes from 0");
    return label;
}

/// By hashes beside the rows: a set of the names would need more memory than the rows themselves.
void checkNamedOnce(const std::vector<LabelledFile>& rows, const std::string& where)
{
    std::vector<std::pair<std::size_t, std::uint32_t>> order;
    order.reserve(rows.size());
    for (std::uint32_t i = 0; i < rows.size(); ++i)
        order.emplace_back(std::hash<std::string>()(rows[i].file), i);
    // Names whose hashes are equal by design still end up in order, so that equals are neighbours.
    std::ranges::sort(order, [&](const auto& a, const auto& b) {
        if (a.first != b.first)
            return a.first < b.first;
        const auto names = rows[a.second].file <=> rows[b.second].file;
        return names != 0 ? names < 0 : a.second < b.second;
    });
    for (std::size_t i = 1; i < order.size(); ++i) {
        const auto& row = rows[order[i].second];
        if (order[i].first == order[i - 1].first && row.file == rows[order[i - 1].second].file)
            throw Error(ErrorCode::BadInput, "The labels file is wrong",
                        where + ":" + std::to_string(row.line),
                        "the file '" + shownName(row.file) + "' has a label already",
                        "Remove one of the rows");
    }
}

} // namespace

std::vector<LabelledFile> parseLabelsCsv(std::string_view text, const std::string& where)
{
    CsvReader reader(text, where, rules());
    reader.next();
    const auto file = columnOf(reader, reader.fields(), "file");
    const auto label = columnOf(reader, reader.fields(), "class_id");
    const auto columns = reader.fields().size();
    std::vector<LabelledFile> rows;
    // Not grown step by step, for which old and new rows would be in memory at once.
    rows.reserve(std::min(MaxRows, std::size_t(std::ranges::count(text, '\n'))));
    while (reader.next()) {
        const auto fields = reader.fields();
        if (fields.size() != columns)
            reader.fail("the row has " + std::to_string(fields.size()) + " fields, the first row " +
                            std::to_string(columns),
                        "Put fields with commas in quotes");
        checkPath(reader, fields[file]);
        rows.push_back({fields[file], labelOf(reader, fields[label]), reader.line()});
    }
    checkNamedOnce(rows, where);
    if (rows.empty())
        reader.fail("there is no row below the first", "Give one row per picture");
    return rows;
}

} // namespace bitdial
