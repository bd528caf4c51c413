// SPDX-License-Identifier: Apache-2.0
#include "core/base/csv.h"

#include "core/base/error.h"

#include <algorithm>
#include <utility>

namespace bitdial {

CsvReader::CsvReader(std::string_view text, std::string where, CsvRules rules)
    : m_text(text), m_where(std::move(where)), m_rules(std::move(rules))
{
    if (m_text.starts_with("\xFF\xFE") || m_text.starts_with("\xFE\xFF"))
        failHere("the text is UTF-16", "Save the file as UTF-8");
    if (m_text.starts_with("\xEF\xBB\xBF"))
        m_text.remove_prefix(3);
}

bool CsvReader::next()
{
    while (readRow()) {
        if (m_count == 1 && m_fields[0].empty())
            continue; // an empty line
        if (m_rows++ > m_rules.most_rows)
            fail("there are more than " + std::to_string(m_rules.most_rows) + " rows",
                 m_rules.next);
        return true;
    }
    return false;
}

bool CsvReader::readRow()
{
    m_count = 0;
    if (atEnd())
        return false;
    m_row_line = m_line;
    do {
        std::string& field = addField();
        if (take('"'))
            takeQuoted(field);
        else
            takePlain(field);
    } while (take(','));
    takeRowEnd();
    return true;
}

std::string& CsvReader::addField()
{
    if (m_count == m_rules.most_columns)
        failHere("the row has more than " + std::to_string(m_rules.most_columns) + " fields",
                 m_rules.next);
    if (m_count == m_fields.size())
        m_fields.emplace_back();
    std::string& field = m_fields[m_count++];
    field.clear();
    return field;
}

bool CsvReader::take(char expected)
{
    if (atEnd() || m_text[m_at] != expected)
        return false;
    ++m_at;
    if (expected == '\n') {
        ++m_line;
        m_line_begin = m_at;
    }
    return true;
}

void CsvReader::takePlain(std::string& field)
{
    const auto end = std::min(m_text.find_first_of(",\r\n", m_at), m_text.size());
    const auto plain = m_text.substr(m_at, end - m_at);
    if (plain.size() > m_rules.most_field_bytes)
        failLong();
    if (const auto quote = plain.find('"'); quote != std::string_view::npos) {
        m_at += quote;
        failHere("a quote stands inside a field that does not begin with one",
                 "Put the whole field in quotes and double the quotes in it");
    }
    field = plain;
    m_at = end;
}

void CsvReader::takeQuoted(std::string& field)
{
    const int line = m_line;
    const std::size_t begin = m_at - 1 - m_line_begin;
    while (!atEnd()) {
        const char c = m_text[m_at];
        take(c);
        if (c == '"' && !take('"')) {
            if (!atEnd() && std::string_view(",\r\n").find(m_text[m_at]) == std::string_view::npos)
                failHere("text follows the closing quote of a field",
                         "Double the quotes inside a field");
            return;
        }
        if (field.size() == m_rules.most_field_bytes)
            failLong();
        field += c;
    }
    throw Error(ErrorCode::BadInput, m_rules.what,
                m_where + ":" + std::to_string(line) + ":" + std::to_string(begin + 1),
                "a quote is never closed: the field does not end", "Close the quotes");
}

void CsvReader::takeRowEnd()
{
    if (take('\n') || atEnd())
        return;
    if (!take('\r') || !(take('\n') || atEnd()))
        failHere("a line ends in CR alone", "End lines with LF or with CR LF");
}

void CsvReader::failLong() const
{
    constexpr std::size_t kib = 1024;
    const std::size_t most = m_rules.most_field_bytes;
    failHere("a field has more than " + (most % (kib * kib) == 0
                                             ? std::to_string(most / (kib * kib)) + " MiB"
                                             : std::to_string(most) + " bytes"),
             m_rules.next);
}

void CsvReader::failHere(const std::string& why, const std::string& next) const
{
    throw Error(ErrorCode::BadInput, m_rules.what,
                m_where + ":" + std::to_string(m_line) + ":" +
                    std::to_string(m_at - m_line_begin + 1),
                why, next);
}

void CsvReader::fail(const std::string& why, const std::string& next) const
{
    fail(m_rules.what, why, next);
}

void CsvReader::fail(const std::string& what, const std::string& why, const std::string& next) const
{
    throw Error(ErrorCode::BadInput, what, m_where + ":" + std::to_string(m_row_line), why, next);
}

std::vector<std::string> csvHeader(std::string_view text)
{
    try {
        CsvReader reader(text, {}, {});
        reader.next();
        return {reader.fields().begin(), reader.fields().end()};
    } catch (const Error&) { // no table that anybody here writes
        return {};
    }
}

CsvWriter& CsvWriter::field(std::string_view text)
{
    if (std::exchange(m_row_begun, true))
        m_text += ',';
    if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
        m_text += text;
        return *this;
    }
    m_text += '"';
    for (const char c : text)
        m_text.append(c == '"' ? 2 : 1, c);
    m_text += '"';
    return *this;
}

CsvWriter& CsvWriter::fields(std::span<const std::string_view> texts)
{
    for (const auto text : texts)
        field(text);
    return *this;
}

CsvWriter& CsvWriter::empty(int count)
{
    for (int i = 0; i < count; ++i)
        field({});
    return *this;
}

void CsvWriter::endRow()
{
    m_text += "\r\n";
    m_row_begun = false;
}

std::string CsvWriter::take()
{
    m_row_begun = false;
    return std::exchange(m_text, {});
}

} // namespace bitdial
