// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/measured_cycles.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/hardware/profile_names.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace bitdial {

namespace {

std::vector<std::string> split(std::string_view text, char separator)
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

class TableReader {
public:
    TableReader(const std::string& where, std::string_view header) : m_where(where)
    {
        const std::vector<std::string> names = split(header, ',');
        for (std::size_t i = 0; i < names.size(); ++i)
            m_columns[names[i]] = i;
        for (const char* needed :
             {"kind", "cores", "in_h", "in_w", "in_c", "out_h", "out_w", "out_c", "k_h", "k_w",
              "stride", "pad", "bits_in", "bits_out", "bits_w", "cycles"})
            if (!m_columns.contains(needed))
                fail("The column '" + std::string(needed) + "' is missing",
                     "a table of measured cycles needs it", didYouMean(needed, names));
    }

    MeasuredCycles row(std::string_view line, int number)
    {
        m_line = number;
        m_cells = split(line, ',');
        if (m_cells.size() != m_columns.size())
            fail("A row has " + std::to_string(m_cells.size()) + " cells",
                 "the first line names " + std::to_string(m_columns.size()) + " columns",
                 "Correct the row");
        MeasuredCycles row;
        const auto kind = layerKindFromName(cell("kind"));
        if (!kind)
            fail("Unknown kernel kind '" + cell("kind") + "'", "no layer is of that kind",
                 didYouMean(cell("kind"), layerKindNames()));
        KernelWork& work = row.work;
        work.kind = *kind;
        work.in_channels = integer("in_c", 1);
        work.in_height = integer("in_h", 1);
        work.in_width = integer("in_w", 1);
        work.out_channels = integer("out_c", 1);
        work.out_height = integer("out_h", 1);
        work.out_width = integer("out_w", 1);
        work.kernel_height = integer("k_h", 1);
        work.kernel_width = integer("k_w", 1);
        work.padding = padding();
        work.bits = {integer("bits_in", 2), integer("bits_w", 0), integer("bits_out", 2)};
        row.second_in_bits = work.bits.weight;
        if (work.kind == LayerKind::Add)
            work.bits.weight = 0;
        row.stride = integer("stride", 1);
        row.cores = integer("cores", 1);
        row.cycles = integer("cycles", 1);
        return row;
    }

private:
    [[noreturn]] void fail(const std::string& what, const std::string& why,
                           const std::string& next) const
    {
        throw Error(ErrorCode::BadInput, what, m_where + ":" + std::to_string(m_line), why, next);
    }

    const std::string& cell(const std::string& column) const
    {
        return m_cells[m_columns.at(column)];
    }

    int number(const std::string& text, const std::string& column, int least) const
    {
        int value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value < least)
            fail("'" + text + "' is no " + column,
                 "a whole number from " + std::to_string(least) + " is expected",
                 "Correct the row");
        return value;
    }

    int integer(const std::string& column, int least) const
    {
        return number(cell(column), column, least);
    }

    Padding padding() const
    {
        const std::vector<std::string> parts = split(cell("pad"), '/');
        std::vector<int> sides;
        sides.reserve(parts.size());
        for (const std::string& part : parts)
            sides.push_back(number(part, "pad", 0));
        if (sides.size() == 1)
            return {sides[0], sides[0], sides[0], sides[0]};
        if (sides.size() != 4)
            fail("'" + cell("pad") + "' is no pad",
                 "one number or top/bottom/left/right is expected", "Correct the row");
        return {sides[0], sides[2], sides[1], sides[3]};
    }

    const std::string& m_where;
    std::map<std::string, std::size_t> m_columns;
    std::vector<std::string> m_cells;
    int m_line = 1;
};

} // namespace

bool MeasuredCycles::sameGeometry(const MeasuredCycles& other) const
{
    const auto shape = [](const MeasuredCycles& row) {
        const KernelWork& w = row.work;
        return std::vector<int>{w.in_channels, w.in_height,    w.in_width,       w.out_channels,
                                w.out_height,  w.out_width,    w.kernel_height,  w.kernel_width,
                                w.padding.top, w.padding.left, w.padding.bottom, w.padding.right,
                                row.stride};
    };
    return shape(*this) == shape(other);
}

std::vector<MeasuredCycles> parseMeasuredCycles(std::string_view csv, const std::string& where)
{
    std::vector<std::string> lines = split(csv, '\n');
    for (std::string& line : lines)
        if (line.ends_with('\r'))
            line.pop_back();
    TableReader reader(where, lines.front());
    std::vector<MeasuredCycles> rows;
    for (std::size_t i = 1; i < lines.size(); ++i)
        if (!lines[i].empty())
            rows.push_back(reader.row(lines[i], int(i) + 1));
    if (rows.empty())
        throw Error(ErrorCode::BadInput, "The table has no rows", where,
                    "nothing was measured there", "Give a table with measured kernels");
    return rows;
}

} // namespace bitdial
