// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/encodings_csv.h"

#include "core/base/csv.h"
#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/shown_name.h"
#include "core/base/utf8.h"
#include "core/network/network.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <span>

namespace bitdial {
namespace {

constexpr std::size_t most_rows = std::size_t(1) << 16;
constexpr std::size_t most_columns = 16;
constexpr std::size_t most_field_bytes = std::size_t(1) << 20;
constexpr std::size_t most_scales = std::size_t(1) << 16;
constexpr std::string_view formula_starts = "=+-@\t\r\n'";
constexpr std::array<std::string_view, 6> columns = {"name",  "kind",   "bits",
                                                     "scale", "signed", "bytes"};
enum Column : std::size_t { name_column, kind_column, bits_column, scale_column, signed_column };

std::string guarded(const std::string& name)
{
    const bool needs = !name.empty() && formula_starts.find(name[0]) != std::string_view::npos;
    return needs ? "'" + name : name;
}

std::string joined(const std::vector<float>& scales)
{
    std::string text;
    for (const float scale : scales)
        text += (text.empty() ? "" : " ") + shortestText(scale);
    return text;
}

std::string headerText()
{
    std::string text;
    for (const auto column : columns)
        text.append(text.empty() ? "" : ",").append(column);
    return text;
}

/// A reader whose refusals all say the same of what to do.
class CsvRecords {
public:
    CsvRecords(std::string_view text, const std::string& where) : m_reader(text, where, rules()) {}

    bool next() { return m_reader.next(); }
    int line() const { return m_reader.line(); }
    std::span<const std::string> fields() const { return m_reader.fields(); }
    [[noreturn]] void fail(const std::string& why) const { m_reader.fail(why, rules().next); }

private:
    static CsvRules rules()
    {
        return {"The table of bit widths cannot be read",
                "Give a file whose first line is " + headerText(), most_columns, most_field_bytes,
                most_rows};
    }

    CsvReader m_reader;
};

template <typename T> std::optional<T> number(std::string_view text)
{
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::vector<float> scalesOf(std::string_view text, const CsvRecords& records)
{
    std::vector<float> scales;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        const auto scale = number<float>(text.substr(0, end));
        if (!scale || !std::isfinite(*scale) || *scale < 0)
            records.fail("the scale '" + shownName(text.substr(0, end)) +
                         "' is not a number from 0");
        if (scales.size() == most_scales)
            records.fail("it has more than 65536 scales");
        scales.push_back(*scale);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return scales;
}

TensorEncoding encodingOf(const std::vector<std::size_t>& places, const CsvRecords& records)
{
    TensorEncoding encoding;
    const auto text = [&](Column column) -> const std::string& {
        return records.fields()[places[column]];
    };
    encoding.name = text(name_column);
    if (encoding.name.starts_with('\''))
        encoding.name.erase(0, 1);
    const auto& kind = text(kind_column);
    if (kind != "weight" && kind != "activation")
        records.fail("the kind '" + shownName(kind) + "' is neither weight nor activation");
    encoding.is_weight = kind == "weight";
    const auto bits = number<int>(text(bits_column));
    if (!bits)
        records.fail("the width '" + shownName(text(bits_column)) + "' is no whole number");
    encoding.bits = *bits;
    const auto& sign = text(signed_column);
    if (sign != "0" && sign != "1")
        records.fail("the sign '" + shownName(sign) + "' is neither 0 nor 1");
    encoding.is_signed = sign == "1";
    encoding.scales = scalesOf(text(scale_column), records);
    return encoding;
}

void checkUtf8(std::string_view text, const std::string& where)
{
    const auto bad = firstBadUtf8(text);
    if (bad == std::string_view::npos)
        return;
    const auto line = 1 + std::ranges::count(text.substr(0, bad), '\n');
    throw Error(ErrorCode::BadInput, "The table of bit widths cannot be read",
                where + ":" + std::to_string(line), "it is not UTF-8 text",
                "Save the file as UTF-8");
}

/// For each column of ours its place in the file.
std::vector<std::size_t> placesOf(const CsvRecords& records)
{
    const auto header = records.fields();
    std::vector<std::size_t> places;
    places.reserve(columns.size());
    for (const auto column : columns) {
        const auto found = std::ranges::find(header, column);
        if (found == header.end())
            records.fail("the column '" + std::string(column) + "' is missing");
        places.push_back(std::size_t(found - header.begin()));
    }
    if (header.size() != columns.size())
        records.fail("it has columns twice, or others than the six known ones");
    return places;
}

std::int64_t packedBytes(const Network& network, const TensorEncoding& encoding,
                         const std::map<std::string, std::int64_t>& elements)
{
    const auto found = elements.find(encoding.name);
    if (found == elements.end())
        throw Error(ErrorCode::Failed, "The bit widths cannot be written", network.name(),
                    "the network has no '" + encoding.name + "'", "Report this with the network");
    return (found->second * encoding.bits + 7) / 8;
}

} // namespace

std::string toEncodingsCsv(const Network& network, const std::vector<TensorEncoding>& encodings)
{
    std::map<std::string, std::int64_t> weights;
    std::map<std::string, std::int64_t> activations;
    for (const auto& layer : network.layers())
        weights[layer.name] = layer.weightCount();
    for (const auto& tensor : network.tensors())
        activations[tensor.name] = tensor.shape.elements();
    CsvWriter table;
    table.fields(columns).endRow();
    for (const auto& encoding : encodings) {
        const auto bytes =
            packedBytes(network, encoding, encoding.is_weight ? weights : activations);
        table.field(guarded(encoding.name))
            .field(encoding.is_weight ? "weight" : "activation")
            .field(std::to_string(encoding.bits))
            .field(joined(encoding.scales))
            .field(encoding.is_signed ? "1" : "0")
            .field(std::to_string(bytes))
            .endRow();
    }
    return table.take();
}

bool isEncodingsCsv(std::string_view text)
{
    const auto line = text.substr(0, text.find_first_of("\r\n"));
    return line.find_first_of("{[") == std::string_view::npos &&
           std::ranges::all_of(columns, [&](const auto& column) {
               return line.find(column) != std::string_view::npos;
           });
}

std::vector<TensorEncoding> fromEncodingsCsv(std::string_view text, const std::string& where)
{
    checkUtf8(text, where);
    CsvRecords records(text, where);
    records.next();
    const auto places = placesOf(records);
    std::vector<TensorEncoding> encodings;
    while (records.next()) {
        if (records.fields().size() != columns.size())
            records.fail("line " + std::to_string(records.line()) + " has " +
                         std::to_string(records.fields().size()) + " fields, the header has " +
                         std::to_string(columns.size()));
        encodings.push_back(encodingOf(places, records));
    }
    return encodings;
}

} // namespace bitdial
