// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/measured_cycles.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/hardware/profile/figure_table.h"
#include "core/hardware/profile/names.h"

#include <cstdint>

namespace bitdial {

namespace {

/// What profiles allow (sections.cpp); products of two stay far from overflow in 64 bits.
/// A month of a cluster at 400 MHz; what profiles write has two decimals.
constexpr double most_cycles = 1e15;
constexpr double least_cycles = 0.01;

class TableReader {
public:
    explicit TableReader(FigureTable& table) : m_table(table)
    {
        m_table.requireColumns({"kind", "cores", "in_h", "in_w", "in_c", "out_h", "out_w", "out_c",
                                "k_h", "k_w", "stride", "pad", "bits_in", "bits_out", "bits_w",
                                "cycles"},
                               "a table of measured cycles needs it");
    }

    MeasuredCycles row() const
    {
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
        m_table.fail(what, why, next);
    }
    const std::string& cell(const std::string& column) const { return m_table.cell(column); }

    void readMeasurement(MeasuredCycles& row) const
    {
        row.cycles = m_table.number("cycles", least_cycles, most_cycles);
        if (!m_table.optionalCell("count").empty())
            row.count = m_table.integer("count", 1, most_measurements);
        if (!m_table.optionalCell("variance").empty())
            row.variance = m_table.number("variance", 0, most_cycles * most_cycles);
        row.layer = m_table.optionalCell("layer");
        const std::string scope = m_table.optionalCell("scope");
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
        return m_table.integer(column, least, most_of_a_dimension);
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
        const std::vector<std::string> parts = FigureTable::split(cell("pad"), '/');
        std::vector<int> sides;
        sides.reserve(parts.size());
        for (const std::string& part : parts)
            sides.push_back(m_table.integer(part, "pad", 0, most_of_a_dimension));
        if (sides.size() == 1)
            return {sides[0], sides[0], sides[0], sides[0]};
        if (sides.size() != 4)
            fail("'" + shownName(cell("pad")) + "' is no pad",
                 "one number or top/bottom/left/right is expected", "Correct the row");
        return {sides[0], sides[2], sides[1], sides[3]};
    }

    FigureTable& m_table;
};

} // namespace

std::vector<MeasuredCycles> parseMeasuredCycles(std::string_view csv, const std::string& where)
{
    FigureTable table(csv, where);
    const TableReader reader(table);
    std::vector<MeasuredCycles> rows;
    while (table.next())
        rows.push_back(reader.row());
    if (rows.empty())
        table.fail("The table has no rows", "nothing was measured there",
                   "Give a table with measured kernels");
    return rows;
}

} // namespace bitdial
