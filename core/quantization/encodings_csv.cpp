// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/encodings_csv.h"

#include "core/base/error.h"
#include "core/base/number_text.h"
#include "core/base/shown_name.h"
#include "core/base/utf8.h"
#include "core/network/network.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>

namespace bitdial {
namespace {

constexpr std::size_t most_rows = std::size_t(1) << 16;
constexpr std::size_t most_field_bytes = std::size_t(1) << 20;
constexpr std::size_t most_scales = std::size_t(1) << 16;
constexpr std::string_view formula_starts = "=+-@\t\r\n'";
const std::vector<std::string> columns = {"name", "kind", "bits", "scale", "signed", "bytes"};
enum Column : std::size_t { name_column, kind_column, bits_column, scale_column, signed_column };

std::string field(std::string text)
{
    if (text.find_first_of(",\"\r\n") == std::string::npos)
        return text;
    for (std::size_t at = 0; (at = text.find('"', at)) != std::string::npos; at += 2)
        text.insert(at, 1, '"');
    return '"' + text + '"';
}

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

/// Reads records one after the other.
class CsvRecords {
public:
    CsvRecords(std::string_view text, const std::string& where) : m_text(text), m_where(where) {}

    bool atEnd() const { return m_at >= m_text.size(); }
    int line() const { return m_record_line; }

    std::vector<std::string> next()
    {
        m_record_line = m_line;
        std::vector<std::string> fields;
        do {
            if (fields.size() > columns.size())
                fail("it has more than " + std::to_string(columns.size()) + " fields");
            fields.push_back(takeField());
        } while (take(','));
        if (!take('\n') && !(take('\r') && take('\n')) && !atEnd())
            fail("text follows a closing quote, or a line ends in CR alone");
        return fields;
    }

    /// Names the line where the latest record begins.
    [[noreturn]] void fail(const std::string& why) const
    {
        throw Error(ErrorCode::BadInput, "The table of bit widths cannot be read",
                    m_where + ":" + std::to_string(m_record_line), why,
                    std::string("Give a file whose first line is ") + encodings_csv_header);
    }

private:
    bool take(char expected)
    {
        if (atEnd() || m_text[m_at] != expected)
            return false;
        ++m_at;
        m_line += expected == '\n' ? 1 : 0;
        return true;
    }

    std::string takeField()
    {
        if (take('"'))
            return takeQuoted();
        const auto end = std::min(m_text.find_first_of(",\r\n", m_at), m_text.size());
        const auto plain = m_text.substr(m_at, end - m_at);
        if (plain.find('"') != std::string_view::npos)
            fail("a quote stands inside a field that has none around it");
        if (plain.size() > most_field_bytes)
            fail("a field has more than 1 MiB");
        m_at = end;
        return std::string(plain);
    }

    std::string takeQuoted()
    {
        std::string value;
        while (!atEnd()) {
            const char c = m_text[m_at++];
            if (c == '"' && !take('"'))
                return value;
            m_line += c == '\n' ? 1 : 0;
            if (value.size() >= most_field_bytes)
                fail("a field has more than 1 MiB");
            value += c;
        }
        fail("a quote is never closed");
    }

    std::string_view m_text;
    const std::string& m_where;
    std::size_t m_at = 0;
    int m_line = 1;
    int m_record_line = 1;
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

TensorEncoding encodingOf(const std::vector<std::string>& fields,
                          const std::vector<std::size_t>& places, const CsvRecords& records)
{
    TensorEncoding encoding;
    const auto text = [&](Column column) -> const std::string& { return fields[places[column]]; };
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

/// For each column of ours its place in the file.
std::vector<std::size_t> placesOf(const std::vector<std::string>& header, const CsvRecords& records)
{
    std::vector<std::size_t> places;
    places.reserve(columns.size());
    for (const auto& column : columns) {
        const auto found = std::ranges::find(header, column);
        if (found == header.end())
            records.fail("the column '" + column + "' is missing");
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

const char* const encodings_csv_header = "name,kind,bits,scale,signed,bytes";

std::string toEncodingsCsv(const Network& network, const std::vector<TensorEncoding>& encodings)
{
    std::map<std::string, std::int64_t> weights;
    std::map<std::string, std::int64_t> activations;
    for (const auto& layer : network.layers())
        weights[layer.name] = layer.weightCount();
    for (const auto& tensor : network.tensors())
        activations[tensor.name] = tensor.shape.elements();
    std::string text = std::string(encodings_csv_header) + "\r\n";
    for (const auto& encoding : encodings)
        text += field(guarded(encoding.name)) + (encoding.is_weight ? ",weight," : ",activation,") +
                std::to_string(encoding.bits) + ',' + joined(encoding.scales) + ',' +
                (encoding.is_signed ? "1," : "0,") +
                std::to_string(
                    packedBytes(network, encoding, encoding.is_weight ? weights : activations)) +
                "\r\n";
    return text;
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
    CsvRecords records(text, where);
    if (firstBadUtf8(text) != std::string_view::npos)
        records.fail("it is not UTF-8 text");
    const auto places = placesOf(records.next(), records);
    std::vector<TensorEncoding> encodings;
    while (!records.atEnd()) {
        const auto fields = records.next();
        if (fields.size() == 1 && fields[0].empty()) // an empty line
            continue;
        if (fields.size() != columns.size())
            records.fail("line " + std::to_string(records.line()) + " has " +
                         std::to_string(fields.size()) + " fields, the header has " +
                         std::to_string(columns.size()));
        if (encodings.size() == most_rows)
            records.fail("it has more than 65536 rows");
        encodings.push_back(encodingOf(fields, places, records));
    }
    return encodings;
}

} // namespace bitdial
