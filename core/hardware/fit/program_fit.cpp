// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/fit/program_fit.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/shown_name.h"
#include "core/hardware/fit/nnls.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/figure_table.h"
#include "core/hardware/profile/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace bitdial {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t least_rows = 8;
constexpr double most_value = 1e15;

/// A figure of the profile, and how much of it a row's layer has.
struct Figure {
    const char* section;
    const char* parent; ///< of a section inside another; null: none
    const char* key;
    double (*amount)(const ProgramWork&);
};

constexpr std::array<Figure, 8> figures = {{
    {"overhead", nullptr, "layer_cycles", [](const ProgramWork&) { return 1.0; }},
    {"overhead", nullptr, "tile_cycles", [](const ProgramWork& w) { return w.tiles; }},
    {"overhead", nullptr, "spread_cycles", [](const ProgramWork& w) { return w.spreads; }},
    {"overhead", nullptr, "spread_line_cycles",
     [](const ProgramWork& w) { return w.spread_lines; }},
    {"overhead", nullptr, "spread_byte_cycles",
     [](const ProgramWork& w) { return w.spread_bytes; }},
    {"overhead", nullptr, "spread_word_byte_cycles",
     [](const ProgramWork& w) { return w.spread_word_bytes; }},
    {"dma", nullptr, "program_cycles", [](const ProgramWork& w) { return w.transfers; }},
    {"l3", "memory", "program_cycles", [](const ProgramWork& w) { return w.requests; }},
}};

const std::vector<std::string> columns = {"layer",
                                          "tiles",
                                          "transfers",
                                          "requests",
                                          "spreads",
                                          "spread_lines",
                                          "spread_bytes",
                                          "spread_word_bytes",
                                          "exposed_transfer_cycles",
                                          "kernel_cycles",
                                          "measured_kernel_cycles",
                                          "cycles"};

ProgramRow rowOf(const FigureTable& table)
{
    const auto number = [&](const char* name) { return table.number(name, 0, most_value); };
    ProgramRow row;
    row.layer = table.cell("layer");
    row.work = {number("tiles"),
                number("transfers"),
                number("requests"),
                number("spreads"),
                number("spread_lines"),
                number("spread_bytes"),
                number("spread_word_bytes"),
                number("kernel_cycles")};
    row.exposed_transfer_cycles = number("exposed_transfer_cycles");
    row.measured_kernel_cycles = number("measured_kernel_cycles");
    row.cycles = number("cycles");
    if (row.measured_kernel_cycles > row.cycles)
        table.fail("The kernels of '" + shownName(row.layer) + "' take longer than the layer",
                   "a layer's cycles contain those of its kernels", "Correct the row");
    return row;
}

/// The figures that some row's work has.
std::vector<const Figure*> figuresOf(const std::vector<ProgramRow>& rows)
{
    std::vector<const Figure*> found;
    for (const Figure& figure : figures)
        if (std::ranges::any_of(rows,
                                [&](const ProgramRow& row) { return figure.amount(row.work) > 0; }))
            found.push_back(&figure);
    return found;
}

/// A layer's error weighs by what it would mean for its promise: in per cent for large layers, in
/// cycles for small ones.
double weightOf(const ProgramRow& row, double least_cycles, double part)
{
    return 1 / std::max(least_cycles, part * row.cycles);
}

std::vector<double> solve(const std::vector<ProgramRow>& rows,
                          const std::vector<const Figure*>& wanted)
{
    std::vector<double> matrix;
    std::vector<double> right;
    for (const ProgramRow& row : rows) {
        const double weight = weightOf(row, 300, 0.01);
        for (const Figure* figure : wanted)
            matrix.push_back(figure->amount(row.work) * weight);
        right.push_back(row.besideKernels() * weight);
    }
    return solveNonNegative(matrix, wanted.size(), right);
}

/// What kernels take longer in a program than alone: cycles per layer, and a part of theirs.
std::vector<double> solveKernels(const std::vector<ProgramRow>& rows)
{
    std::vector<double> matrix;
    std::vector<double> right;
    for (const ProgramRow& row : rows) {
        const double weight = weightOf(row, 1000, 0.05);
        matrix.insert(matrix.end(), {weight, row.work.kernel_cycles * weight});
        right.push_back((row.measured_kernel_cycles - row.work.kernel_cycles) * weight);
    }
    return solveNonNegative(matrix, 2, right);
}

double rounded(double value)
{
    const double power = value < 10 ? 1e4 : 10;
    return std::round(value * power) / power;
}

void setErrors(ProgramFit& fit, const std::vector<ProgramRow>& rows,
               const std::vector<const Figure*>& wanted, const std::vector<double>& values)
{
    constexpr double most = 0.95;
    std::vector<double> errors;
    for (const ProgramRow& row : rows) {
        double cycles = 0;
        for (std::size_t i = 0; i < wanted.size(); ++i)
            cycles += values[i] * wanted[i]->amount(row.work);
        errors.push_back(std::abs(cycles - row.besideKernels()));
        fit.mean_error_cycles += errors.back() / double(rows.size());
    }
    std::ranges::sort(errors);
    fit.rows = int(rows.size());
    fit.within_95_cycles = errors[std::min(
        errors.size() - 1, std::size_t(std::ceil(most * double(errors.size()))) - 1)];
    fit.worst_error_cycles = errors.back();
}

} // namespace

bool isProgramTable(std::string_view csv)
{
    const auto names = csvHeader(csv);
    return std::ranges::find(names, "spread_lines") != names.end();
}

std::vector<ProgramRow> parseProgramRows(std::string_view csv, const std::string& where)
{
    FigureTable table(csv, where);
    table.requireColumns(columns, "a table that 'verify --table' wrote has it");
    std::vector<ProgramRow> rows;
    while (table.next())
        rows.push_back(rowOf(table));
    return rows;
}

ProgramFit fitProgram(const HardwareProfile& profile, const std::vector<ProgramRow>& rows,
                      const std::string& source)
{
    if (rows.size() < least_rows)
        throw Error(ErrorCode::BadInput, "The overheads cannot be fitted", profile.name(),
                    "the table has " + std::to_string(rows.size()) + " layers",
                    "Give at least " + std::to_string(least_rows));
    const auto wanted = figuresOf(rows);
    const auto values = solve(rows, wanted);
    const auto kernels = solveKernels(rows);
    Json json = Json::parse(profile.text());
    const Json provenance = {
        {"provenance", "measured"},
        {"source", "fitted to " + std::to_string(rows.size()) + " layers of " + source}};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const Figure& figure = *wanted[i];
        Json& section =
            figure.parent != nullptr ? json[figure.parent][figure.section] : json[figure.section];
        const bool layer = std::string_view(figure.key) == "layer_cycles";
        section[figure.key] = rounded(values[i] + (layer ? kernels[0] : 0));
        const std::string path =
            (figure.parent != nullptr ? std::string(figure.parent) + "." : "") + figure.section;
        const bool whole = std::string_view(figure.section) == "overhead";
        json["sources"][whole ? path : path + "." + figure.key] = provenance;
    }
    json["overhead"]["kernel_fraction"] = rounded(kernels[1]);
    ProgramFit fit;
    fit.text = profileText(json);
    setErrors(fit, rows, wanted, values);
    return fit;
}

} // namespace bitdial
