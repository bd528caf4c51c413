// SPDX-License-Identifier: Apache-2.0
#include "core/data/labels_csv.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/data/sample_source.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <functional>
#include <utility>

namespace bitdial {
namespace {

constexpr auto MaxRows = std::size_t(max_samples);
constexpr int MaxLines = 2 * max_samples; // with empty ones
constexpr std::size_t MaxFieldBytes = std::size_t(64) << 10;
constexpr std::size_t MaxColumns = 256;
constexpr int MaxClass = 1 << 20;

class CsvReader {
public:
    CsvReader(std::string_view text, const std::string& where) : m_text(text), m_where(where) {}

    bool atEnd() const { return m_at == m_text.size(); }
    /// Line of the row read last.
    int line() const { return m_row_line; }

    [[noreturn]] void fail(const std::string& why, const std::string& next) const
    {
        throw Error(ErrorCode::BadInput, "The labels file is wrong",
                    m_where + ":" + std::to_string(m_row_line), why, next);
    }

    /// Reads one row into `fields`.
    void readRow(std::vector<std::string>& fields)
    {
        m_row_line = m_line;
        fields.clear();
        do {
            if (fields.size() == MaxColumns)
                fail("it has more than " + std::to_string(MaxColumns) + " columns",
                     "Give a table with the columns file and class_id");
            fields.push_back(readField());
        } while (takeComma());
        takeLineEnd();
    }

private:
    bool takeComma()
    {
        const bool comma = !atEnd() && m_text[m_at] == ',';
        m_at += comma ? 1 : 0;
        return comma;
    }

    void takeLineEnd()
    {
        if (!atEnd() && m_text[m_at] == '\r')
            ++m_at;
        if (!atEnd() && m_text[m_at] == '\n')
            ++m_at;
        ++m_line;
    }

    std::string readField()
    {
        if (!atEnd() && m_text[m_at] == '"')
            return readQuoted();
        const auto end = std::min(m_text.find_first_of(",\r\n", m_at), m_text.size());
        const auto field = m_text.substr(m_at, end - m_at);
        if (field.size() > MaxFieldBytes)
            failLong();
        if (field.find('"') != std::string_view::npos)
            fail("a quote stands inside a field that does not begin with one",
                 "Put the whole field in quotes and double the quotes in it");
        m_at = end;
        return std::string(field);
    }

    std::string readQuoted()
    {
        std::string field;
        for (++m_at;; ++m_at) {
            if (atEnd())
                fail("a quoted field does not end", "Close the quotes");
            if (field.size() == MaxFieldBytes)
                failLong();
            if (m_text[m_at] == '"' && (m_at + 1 == m_text.size() || m_text[m_at + 1] != '"'))
                break;
            m_at += m_text[m_at] == '"' ? 1 : 0;
            m_line += m_text[m_at] == '\n' ? 1 : 0;
            field += m_text[m_at];
        }
        ++m_at;
        if (!atEnd() && std::string_view(",\r\n").find(m_text[m_at]) == std::string_view::npos)
            fail("text follows the closing quote of a field", "Double quotes inside a field");
        return field;
    }

    [[noreturn]] void failLong() const
    {
        fail("a field has more than " + std::to_string(MaxFieldBytes) + " bytes",
             "Give a table with the columns file and class_id");
    }

    std::string_view m_text;
    const std::string& m_where;
    std::size_t m_at = 0;
    int m_line = 1;
    int m_row_line = 1;
};

std::size_t columnOf(const CsvReader& reader, const std::vector<std::string>& header,
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
    if (text.starts_with("\xEF\xBB\xBF"))
        text.remove_prefix(3);
    CsvReader reader(text, where);
    if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
        reader.fail("the text is UTF-16", "Save the file as UTF-8");
    std::vector<std::string> fields;
    reader.readRow(fields);
    const auto file = columnOf(reader, fields, "file");
    const auto label = columnOf(reader, fields, "class_id");
    const auto columns = fields.size();
    std::vector<LabelledFile> rows;
    // Not grown step by step, for which old and new rows would be in memory at once.
    rows.reserve(std::min(MaxRows, std::size_t(std::ranges::count(text, '\n'))));
    while (!reader.atEnd()) {
        reader.readRow(fields);
        if (reader.line() > MaxLines)
            reader.fail("there are more than " + std::to_string(MaxLines) + " lines",
                        "Remove empty lines, or split the data");
        if (fields.size() == 1 && fields[0].empty())
            continue; // an empty line
        if (fields.size() != columns)
            reader.fail("the row has " + std::to_string(fields.size()) + " fields, the first row " +
                            std::to_string(columns),
                        "Put fields with commas in quotes");
        checkPath(reader, fields[file]);
        if (rows.size() == MaxRows)
            reader.fail("there are more than " + std::to_string(MaxRows) + " rows",
                        "Split the data");
        rows.push_back({fields[file], labelOf(reader, fields[label]), reader.line()});
    }
    checkNamedOnce(rows, where);
    if (rows.empty())
        reader.fail("there is no row below the first", "Give one row per picture");
    return rows;
}

} // namespace bitdial
