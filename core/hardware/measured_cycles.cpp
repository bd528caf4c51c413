// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/measured_cycles.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/number_text.h"
#include "core/base/shown_name.h"
#include "core/hardware/profile_names.h"

#include <charconv>
#include <cstdint>
#include <map>

namespace bitdial {

namespace {

constexpr std::size_t longest_line = 10000;
constexpr std::size_t most_rows = 200000;
/// What profiles allow (profile_sections.cpp); products of two stay far from overflow in 64 bits.
/// A month of a cluster at 400 MHz; what profiles write has two decimals.
constexpr double most_cycles = 1e15;
constexpr double least_cycles = 0.01;

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
            if (!m_columns.emplace(names[i], i).second)
                fail("The column '" + shownName(names[i]) + "' stands twice",
                     "a cell's meaning must be clear", "Rename or remove one of the two");
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
            fail("Unknown kernel kind '" + shownName(cell("kind")) + "'",
                 "no layer is of that kind", didYouMean(shownName(cell("kind")), layerKindNames()));
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
        checkArea("in_h", work.in_height, "in_w", work.in_width);
        checkArea("out_h", work.out_height, "out_w", work.out_width);
        checkArea("k_h", work.kernel_height, "k_w", work.kernel_width);
        readMeasurement(row);
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

    int number(const std::string& text, const std::string& column, int least, int most) const
    {
        int value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value < least ||
            value > most)
            fail("'" + shownName(text) + "' is no " + column,
                 "a whole number from " + std::to_string(least) + " to " + std::to_string(most) +
                     " is expected",
                 "Correct the row");
        return value;
    }

    /// Text of a column that may be absent or have empty cells.
    std::string optionalCell(const std::string& column) const
    {
        const auto found = m_columns.find(column);
        return found == m_columns.end() ? std::string() : m_cells[found->second];
    }

    double fraction(const std::string& column, double least, double most) const
    {
        const std::string& text = cell(column);
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || !(value >= least) ||
            !(value <= most))
            fail("'" + shownName(text) + "' is no " + column,
                 "a number from " + shortestText(least) + " to " + shortestText(most) +
                     " is expected",
                 "Correct the row");
        return value;
    }

    void readMeasurement(MeasuredCycles& row) const
    {
        row.cycles = fraction("cycles", least_cycles, most_cycles);
        if (!optionalCell("count").empty())
            row.count = number(cell("count"), "count", 1, most_measurements);
        if (!optionalCell("variance").empty())
            row.variance = fraction("variance", 0, most_cycles * most_cycles);
        row.layer = optionalCell("layer");
        const std::string scope = optionalCell("scope");
        if (!scope.empty() && scope != "kernel" && scope != "layer")
            fail("Unknown scope '" + shownName(scope) + "'", "a row measures a kernel or a layer",
                 "Write kernel or layer");
        if (scope == "kernel" && !row.layer.empty())
            fail("A kernel's row names the layer '" + shownName(row.layer) + "'",
                 "a kernel's cycles hold for every layer that calls it",
                 "Leave the name out, or write the scope layer");
        if (scope == "layer" || !row.layer.empty())
            row.scope = MeasuredScope::Layer;
    }

    int integer(const std::string& column, int least) const
    {
        return number(cell(column), column, least, most_of_a_dimension);
    }

    void checkArea(const char* height_column, int height, const char* width_column, int width) const
    {
        if (std::int64_t(height) * width > most_of_a_dimension)
            fail(std::string(height_column) + " x " + width_column + " is " +
                     std::to_string(std::int64_t(height) * width),
                 "it is at most " + std::to_string(most_of_a_dimension), "Correct the row");
    }

    Padding padding() const
    {
        const std::vector<std::string> parts = split(cell("pad"), '/');
        std::vector<int> sides;
        sides.reserve(parts.size());
        for (const std::string& part : parts)
            sides.push_back(number(part, "pad", 0, most_of_a_dimension));
        if (sides.size() == 1)
            return {sides[0], sides[0], sides[0], sides[0]};
        if (sides.size() != 4)
            fail("'" + shownName(cell("pad")) + "' is no pad",
                 "one number or top/bottom/left/right is expected", "Correct the row");
        return {sides[0], sides[2], sides[1], sides[3]};
    }

    const std::string& m_where;
    std::map<std::string, std::size_t> m_columns;
    std::vector<std::string> m_cells;
    int m_line = 1;
};

} // namespace

std::vector<MeasuredCycles> parseMeasuredCycles(std::string_view csv, const std::string& where)
{
    int number = 0;
    const auto refuse = [&](const std::string& what, const std::string& why) {
        throw Error(ErrorCode::BadInput, what, where + ":" + std::to_string(number), why,
                    "Give a table with measured kernels");
    };
    std::vector<MeasuredCycles> rows;
    std::optional<TableReader> reader;
    while (!csv.empty()) {
        const std::size_t end = csv.find('\n');
        std::string_view line = csv.substr(0, end);
        csv.remove_prefix(end == std::string_view::npos ? csv.size() : end + 1);
        ++number;
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (line.size() > longest_line || rows.size() == most_rows)
            refuse("The table is too large", "a line has at most 10,000 characters, a table at "
                                             "most 200,000 rows");
        if (!reader)
            reader.emplace(where, line);
        else if (!line.empty())
            rows.push_back(reader->row(line, number));
    }
    if (rows.empty())
        refuse("The table has no rows", "nothing was measured there");
    return rows;
}

} // namespace bitdial
