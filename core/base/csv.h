// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// What a table may be, and how its refusals begin.
struct CsvRules {
    std::string what;                                     ///< "The labels file is wrong"
    std::string next;                                     ///< what to give where it is too large
    std::size_t most_columns = 256;                       ///< fields of one row
    std::size_t most_field_bytes = std::size_t(64) << 10; ///< of one field
    std::size_t most_rows = std::size_t(1) << 21; ///< below the first; empty lines do not count
};

/// Reads a table of RFC 4180 row by row: fields with commas between them, in quotes or not, rows
/// that end in CR LF or LF, a UTF-8 byte order mark in front. Lines without text are left out.
/// Quotes inside a field without them, text behind a closing quote, quotes that do not close, a CR
/// alone, UTF-16 and what is above the limits are Error(BadInput) with `where`:line:column. Bytes
/// are taken as they are, whatever their encoding. The text must outlive the reader.
class CsvReader {
public:
    CsvReader(std::string_view text, std::string where, CsvRules rules);

    /// Goes to the next row that is not empty; false: there is none.
    bool next();
    /// Of the row read last; valid until the next call of next.
    std::span<const std::string> fields() const { return {m_fields.data(), m_count}; }
    /// Where that row begins, from 1; behind the last row the last line; 0 before all.
    int line() const { return m_row_line; }

    /// Speaks of that row: Error(BadInput) with `where`:line.
    [[noreturn]] void fail(const std::string& why, const std::string& next) const;
    [[noreturn]] void fail(const std::string& what, const std::string& why,
                           const std::string& next) const;

private:
    bool atEnd() const { return m_at == m_text.size(); }
    bool take(char expected);
    bool readRow();
    std::string& addField();
    void takePlain(std::string& field);
    void takeQuoted(std::string& field);
    void takeRowEnd();
    [[noreturn]] void failHere(const std::string& why, const std::string& next) const;
    [[noreturn]] void failLong() const;

    std::string_view m_text;
    std::string m_where;
    CsvRules m_rules;
    std::vector<std::string> m_fields; ///< the first m_count are the row's; the others keep memory
    std::size_t m_count = 0;
    std::size_t m_rows = 0;
    std::size_t m_at = 0;
    std::size_t m_line_begin = 0;
    int m_line = 1;
    int m_row_line = 0;
};

/// The fields of a text's first row; empty where that cannot be read. To tell tables apart.
std::vector<std::string> csvHeader(std::string_view text);

/// Writes a table of RFC 4180: fields in quotes where they need them, rows that end in CR LF.
class CsvWriter {
public:
    CsvWriter& field(std::string_view text);
    CsvWriter& fields(std::span<const std::string_view> texts);
    /// `count` fields without text.
    CsvWriter& empty(int count);
    void endRow();
    /// What was written; the writer begins anew.
    std::string take();

private:
    std::string m_text;
    bool m_row_begun = false;
};

} // namespace bitdial
