// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/figure_table.h"

#include "core/base/nearest_name.h"
#include "core/base/number_text.h"
#include "core/base/shown_name.h"

#include <charconv>

namespace bitdial {

namespace {

CsvRules rules()
{
    CsvRules rules{"The table cannot be read", "Give a table with measured cycles"};
    rules.most_field_bytes = 10000;
    rules.most_rows = 200000;
    return rules;
}

} // namespace

std::vector<std::string> FigureTable::split(std::string_view text, char separator)
{
    std::vector<std::string> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos)
            return parts;
        text.remove_prefix(end + 1);
    }
}

FigureTable::FigureTable(std::string_view csv, const std::string& where)
    : m_reader(csv, where, rules())
{
    if (!m_reader.next())
        fail("The table is empty", "its first line names columns",
             "Give a table with measured cycles");
    const auto names = m_reader.fields();
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!m_columns.emplace(names[i], i).second)
            fail("The column '" + shownName(names[i]) + "' stands twice",
                 "a cell's meaning must be clear", "Rename or remove one of the two");
}

void FigureTable::requireColumns(const std::vector<std::string>& names, const std::string& why)
{
    std::vector<std::string> present;
    for (const auto& [name, place] : m_columns)
        present.push_back(name);
    for (const std::string& needed : names)
        if (!m_columns.contains(needed))
            fail("The column '" + needed + "' is missing", why, didYouMean(needed, present));
}

bool FigureTable::next()
{
    if (!m_reader.next())
        return false;
    if (m_reader.fields().size() != m_columns.size())
        fail("A row has " + std::to_string(m_reader.fields().size()) + " cells",
             "the first line names " + std::to_string(m_columns.size()) + " columns",
             "Correct the row");
    return true;
}

std::string FigureTable::optionalCell(const std::string& column) const
{
    const auto found = m_columns.find(column);
    return found == m_columns.end() ? std::string() : m_reader.fields()[found->second];
}

double FigureTable::number(const std::string& column, double least, double most) const
{
    const std::string& text = cell(column);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !(value >= least) ||
        !(value <= most))
        fail("'" + shownName(text) + "' is no " + column,
             "a number from " + shortestText(least) + " to " + shortestText(most) + " is expected",
             "Correct the row");
    return value;
}

int FigureTable::integer(const std::string& text, const std::string& column, int least,
                         int most) const
{
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
        fail("'" + shownName(text) + "' is no " + column,
             "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                 " is expected",
             "Correct the row");
    return value;
}

} // namespace bitdial
