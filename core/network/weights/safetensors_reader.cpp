// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/safetensors_reader.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/weights/weight_budget.h"
#include "core/network/weights/weight_elements.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

constexpr std::uint64_t longest_header = 100'000'000; // the format's own limit
constexpr std::size_t most_tensors = 100'000;
constexpr std::size_t most_axes = 16;
// What the JSON library holds at once, several times over, and writes out in its own messages.
constexpr std::size_t longest_text = std::size_t(16) << 20; // of a name, or in the metadata
constexpr std::size_t longest_gap = std::size_t(1) << 20;   // between two of them

/// One entry of the header.
struct Entry {
    std::string name;
    std::optional<std::string> dtype;
    std::optional<std::vector<std::int64_t>> sizes;
    std::optional<std::vector<std::int64_t>> range; ///< begin and end byte in the data
};

[[noreturn]] void fail(const std::string& where, const std::string& why)
{
    throw Error(ErrorCode::BadInput, "The safetensors file cannot be read", where, why,
                "Get the file again, or save it anew with the safetensors library");
}

std::string inQuotes(std::string_view name)
{
    return "'" + shownName(name) + "'";
}

/// Receives the header's JSON piece by piece, so that nothing is built but the entries. A callback
/// that returns false ends the parse; why() says the reason.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
public:
    const std::string& why() const { return m_why; }
    std::vector<Entry>& entries() { return m_entries; }

    bool null() override { return refuse("null"); }
    bool boolean(bool) override { return refuse("a boolean"); }
    bool number_integer(number_integer_t value) override { return takeNumber(value); }
    bool number_unsigned(number_unsigned_t value) override
    {
        return value > number_unsigned_t(std::numeric_limits<std::int64_t>::max())
                   ? refuse("a number above 2^63 - 1")
                   : takeNumber(std::int64_t(value));
    }
    bool number_float(number_float_t, const string_t&) override
    {
        return refuse("a number that is not whole");
    }
    bool binary(binary_t&) override { return refuse("binary data"); }

    bool string(string_t& value) override
    {
        if (m_in_metadata && m_depth == 2)
            return true;
        if (m_depth != 2 || m_in_array || m_key != "dtype")
            return refuse("a text");
        m_entries.back().dtype = value;
        return true;
    }

    bool start_object(std::size_t) override
    {
        if (m_depth >= 2 || m_in_array)
            return refuse("an object");
        ++m_depth;
        return true;
    }

    bool end_object() override
    {
        --m_depth;
        m_in_metadata = false;
        return true;
    }

    bool start_array(std::size_t) override
    {
        if (m_depth != 2 || m_in_array || m_in_metadata ||
            (m_key != "shape" && m_key != "data_offsets"))
            return refuse("a list");
        m_in_array = true;
        (m_key == "shape" ? m_entries.back().sizes : m_entries.back().range).emplace();
        return true;
    }

    bool end_array() override
    {
        m_in_array = false;
        return true;
    }

    bool key(string_t& name) override { return m_depth == 1 ? takeName(name) : takeField(name); }

    bool parse_error(std::size_t position, const std::string&,
                     const nlohmann::detail::exception&) override
    {
        m_why = "its header is no valid JSON at byte " + std::to_string(position);
        return false;
    }

private:
    bool takeName(const std::string& name)
    {
        m_key.clear();
        m_fields.clear();
        if (!m_names.insert(name).second)
            return stop("the name " + inQuotes(name) + " appears twice in its header");
        m_in_metadata = name == "__metadata__";
        if (m_in_metadata)
            return true;
        if (m_entries.size() == most_tensors)
            return stop("it has more tensors than the limit of " + std::to_string(most_tensors));
        m_entries.push_back({name, {}, {}, {}});
        return true;
    }

    bool takeField(const std::string& name)
    {
        m_key = name;
        if (m_fields.size() == most_tensors)
            return stop("there are more than " + std::to_string(most_tensors) + " keys in " +
                        place());
        if (!m_fields.insert(name).second)
            return stop("the key " + inQuotes(name) + " appears twice in " + place());
        if (m_in_metadata || name == "dtype" || name == "shape" || name == "data_offsets")
            return true;
        return stop("there is an unknown key " + inQuotes(name) + " in " + place());
    }

    bool takeNumber(std::int64_t value)
    {
        if (!m_in_array)
            return refuse("a number");
        if (value < 0)
            return refuse("a negative number");
        auto& list = *(m_key == "shape" ? m_entries.back().sizes : m_entries.back().range);
        if (list.size() == most_axes)
            return stop("there are more than " + std::to_string(most_axes) + " numbers in " +
                        place());
        list.push_back(value);
        return true;
    }

    std::string place() const
    {
        if (m_in_metadata)
            return "__metadata__";
        return m_entries.empty() ? "its header" : "tensor " + inQuotes(m_entries.back().name);
    }

    bool refuse(const std::string& what)
    {
        return stop("there is " + what + " where none may be, in " + place());
    }

    bool stop(std::string why)
    {
        m_why = std::move(why);
        return false;
    }

    std::vector<Entry> m_entries;
    std::set<std::string> m_names;
    std::set<std::string> m_fields; ///< of the current entry
    std::string m_key;
    std::string m_why;
    int m_depth = 0;
    bool m_in_array = false;
    bool m_in_metadata = false;
};

WeightType weightType(const std::string& dtype, const std::string& where)
{
    static const std::pair<const char*, WeightType> types[] = {
        {"F64", WeightType::F64},   {"F32", WeightType::F32}, {"F16", WeightType::F16},
        {"BF16", WeightType::BF16}, {"I64", WeightType::I64}, {"I32", WeightType::I32},
        {"I16", WeightType::I16},   {"I8", WeightType::I8},   {"U8", WeightType::U8},
        {"BOOL", WeightType::Bool}};
    for (const auto& [name, type] : types)
        if (dtype == name)
            return type;
    fail(where, "its type " + inQuotes(dtype) +
                    " is not read; F64, F32, F16, BF16, I64, I32, I16, I8, U8 and BOOL are");
}

/// Checks one entry on its own; `data_bytes` is the size of the data behind the header.
WeightType checkEntry(const Entry& entry, std::uint64_t data_bytes, const std::string& where)
{
    if (!entry.dtype || !entry.sizes || !entry.range)
        fail(where, "one of dtype, shape and data_offsets is missing");
    if (entry.range->size() != 2)
        fail(where, "data_offsets is not a begin and an end");
    const auto type = weightType(*entry.dtype, where);
    const auto begin = std::uint64_t((*entry.range)[0]);
    const auto end = std::uint64_t((*entry.range)[1]);
    if (begin > end)
        fail(where, "data_offsets ends before it begins");
    if (end > data_bytes)
        fail(where, "data_offsets ends at byte " + std::to_string(end) + ", but the data has " +
                        std::to_string(data_bytes));
    const auto count = elementCount(*entry.sizes);
    if (!count)
        fail(where, "the product of its shape is too large");
    // By division: the product of count and size may overflow.
    const auto size = std::uint64_t(weightTypeBytes(type));
    if ((end - begin) % size != 0 || (end - begin) / size != *count)
        fail(where, "data_offsets spans " + std::to_string(end - begin) +
                        " bytes, which shape and dtype do not");
    return type;
}

/// The ranges must follow each other from the data's first byte to its last.
void checkCovered(const std::vector<Entry>& entries, std::uint64_t data_bytes,
                  const std::string& where)
{
    std::vector<const Entry*> by_place;
    by_place.reserve(entries.size());
    for (const auto& entry : entries)
        by_place.push_back(&entry);
    std::ranges::sort(by_place, {}, [](const Entry* entry) { return *entry->range; });
    std::uint64_t covered = 0;
    for (const auto* entry : by_place) {
        const auto begin = std::uint64_t((*entry->range)[0]);
        if (begin != covered)
            fail(where + ": tensor " + inQuotes(entry->name),
                 begin < covered ? "its bytes overlap another tensor's"
                                 : "there is a gap of bytes before it");
        covered = std::uint64_t((*entry->range)[1]);
    }
    if (covered != data_bytes)
        fail(where,
             "there are " + std::to_string(data_bytes - covered) + " bytes behind the last tensor");
}

/// Whether all texts, and all that stands between them, are short enough.
bool hasShortTokens(std::string_view header)
{
    bool in_text = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < header.size(); ++i) {
        if (i - begin > (in_text ? longest_text : longest_gap))
            return false;
        if (in_text && header[i] == '\\') {
            ++i;
        } else if (header[i] == '"') {
            in_text = !in_text;
            begin = i;
        }
    }
    return true;
}

std::vector<Entry> readHeader(std::span<const std::byte> header, const std::string& where)
{
    HeaderReader reader;
    const std::string_view text(reinterpret_cast<const char*>(header.data()), header.size());
    if (!hasShortTokens(text))
        fail(where, "its header has a text of more than " + std::to_string(longest_text) +
                        " bytes, or more than " + std::to_string(longest_gap) + " between two");
    const bool read = nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
    if (!read)
        fail(where, reader.why());
    return std::move(reader.entries());
}

std::uint64_t headerLength(std::span<const std::byte> bytes)
{
    std::uint64_t length = 0;
    std::memcpy(&length, bytes.data(), sizeof length);
    return length;
}

} // namespace

bool isSafetensors(std::span<const std::byte> bytes)
{
    return bytes.size() > 8 && bytes[8] == std::byte('{');
}

WeightFile readSafetensors(std::span<const std::byte> bytes, const std::string& where)
{
    if (!isSafetensors(bytes))
        fail(where, "it does not begin with a length and a JSON object");
    const auto length = headerLength(bytes);
    if (length > longest_header)
        fail(where, "its header would have " + std::to_string(length) +
                        " bytes, more than the limit of " + std::to_string(longest_header));
    if (length > bytes.size() - 8)
        fail(where, "its header would have " + std::to_string(length) +
                        " bytes, but the file has " + std::to_string(bytes.size()));
    const auto entries = readHeader(bytes.subspan(8, std::size_t(length)), where);
    const auto data = bytes.subspan(8 + std::size_t(length));
    std::vector<WeightType> types;
    types.reserve(entries.size());
    WeightBudget budget(bytes.size());
    for (const auto& entry : entries) {
        const auto place = where + ": tensor " + inQuotes(entry.name);
        types.push_back(checkEntry(entry, data.size(), place));
        if (!budget.take(elementCount(*entry.sizes).value_or(0)))
            fail(place, "as 32-bit floats the file's numbers would need too much memory");
    }
    checkCovered(entries, data.size(), where);
    WeightFile file{"safetensors", {}, {}, {}};
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto& entry = entries[i];
        const auto begin = std::size_t((*entry.range)[0]);
        const auto end = std::size_t((*entry.range)[1]);
        file.tensors.push_back({entry.name, *entry.sizes,
                                gatherFloats(types[i], data.subspan(begin, end - begin),
                                             {0, *entry.sizes, rowMajorStrides(*entry.sizes)})});
    }
    return file;
}

} // namespace bitdial
