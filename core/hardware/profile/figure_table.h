// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/csv.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// Reads a CSV of figures: a first line that names the columns, in any order, then rows of as many
/// cells; lines without text are left out. All that is wrong is Error(BadInput) with
/// `where`:line. The text must outlive it.
class FigureTable {
public:
    FigureTable(std::string_view csv, const std::string& where);

    /// Of each of these columns there must be one; `why` is what the table is for.
    void requireColumns(const std::vector<std::string>& names, const std::string& why);
    /// Goes to the next row; false: there is none.
    bool next();

    const std::string& cell(const std::string& column) const
    {
        return m_reader.fields()[m_columns.at(column)];
    }
    /// Of a column that may be absent or have empty cells.
    std::string optionalCell(const std::string& column) const;
    double number(const std::string& column, double least, double most) const;
    int integer(const std::string& column, int least, int most) const
    {
        return integer(cell(column), column, least, most);
    }
    /// Of part of a cell.
    int integer(const std::string& text, const std::string& column, int least, int most) const;

    /// Speaks of the line that was read last.
    [[noreturn]] void fail(const std::string& what, const std::string& why,
                           const std::string& next) const
    {
        m_reader.fail(what, why, next);
    }

    static std::vector<std::string> split(std::string_view text, char separator);

private:
    CsvReader m_reader;
    std::map<std::string, std::size_t> m_columns;
};

} // namespace bitdial
