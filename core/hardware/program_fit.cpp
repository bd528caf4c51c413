// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/program_fit.h"

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/shown_name.h"
#include "core/hardware/nnls.h"
#include "core/hardware/profile_fields.h"
#include "core/hardware/profile_text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

namespace bitdial {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t least_rows = 8;
constexpr std::size_t most_rows = 200000;
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

constexpr const char* number_columns[] = {"tiles",
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

std::vector<std::string> cellsOf(std::string_view line)
{
    std::vector<std::string> cells;
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    for (;;) {
        const std::size_t end = line.find(',');
        cells.emplace_back(line.substr(0, end));
        if (end == std::string_view::npos)
            return cells;
        line.remove_prefix(end + 1);
    }
}

/// The text's lines that are not empty, with their numbers.
std::vector<std::pair<int, std::string_view>> linesOf(std::string_view text)
{
    std::vector<std::pair<int, std::string_view>> lines;
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0 && text.substr(0, end) != "\r")
            lines.emplace_back(number, text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

class Reader {
public:
    Reader(const std::string& where, std::string_view header) : m_where(where)
    {
        const auto names = cellsOf(header);
        for (std::size_t i = 0; i < names.size(); ++i)
            if (!m_columns.emplace(names[i], i).second)
                fail(1, "The column '" + shownName(names[i]) + "' stands twice",
                     "Rename or remove one of the two");
        m_count = names.size();
        require("layer");
        for (const char* name : number_columns)
            require(name);
    }

    ProgramRow row(int line, std::string_view text)
    {
        m_cells = cellsOf(text);
        if (m_cells.size() != m_count)
            fail(line,
                 "A row has " + std::to_string(m_cells.size()) + " cells, not " +
                     std::to_string(m_count),
                 "Correct the row");
        const auto number = [&](const char* name) { return this->number(line, name); };
        ProgramRow row;
        row.layer = m_cells[m_columns.at("layer")];
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
            fail(line, "The kernels of '" + shownName(row.layer) + "' take longer than the layer",
                 "Correct the row");
        return row;
    }

private:
    [[noreturn]] void fail(int line, const std::string& why, const std::string& next) const
    {
        throw Error(ErrorCode::BadInput, "The table of measured layers cannot be read",
                    m_where + ":" + std::to_string(line), why, next);
    }
    void require(const char* name) const
    {
        if (!m_columns.contains(name))
            fail(1, "The column '" + std::string(name) + "' is missing",
                 "Take a table that 'verify --table' wrote");
    }
    double number(int line, const char* name) const
    {
        const std::string& text = m_cells[m_columns.at(name)];
        double value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || !(value >= 0) ||
            value > most_value)
            fail(line,
                 "'" + shownName(text) + "' in the column '" + name +
                     "' is no number from 0 to 1e15",
                 "Correct the cell");
        return value;
    }

    std::string m_where;
    std::map<std::string, std::size_t> m_columns;
    std::size_t m_count = 0;
    std::vector<std::string> m_cells;
};

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
    const auto names = cellsOf(csv.substr(0, csv.find('\n')));
    return std::ranges::find(names, "spread_lines") != names.end();
}

std::vector<ProgramRow> parseProgramRows(std::string_view csv, const std::string& where)
{
    const auto lines = linesOf(csv);
    if (lines.empty() || lines.size() > most_rows)
        throw Error(ErrorCode::BadInput, "The table of measured layers cannot be read", where,
                    lines.empty() ? "it is empty" : "it has more than 200000 lines",
                    "Take a table that 'verify --table' wrote");
    Reader reader(where, lines.front().second);
    std::vector<ProgramRow> rows;
    for (std::size_t i = 1; i < lines.size(); ++i)
        rows.push_back(reader.row(lines[i].first, lines[i].second));
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
