// SPDX-License-Identifier: Apache-2.0
#include "core/data/npy_array.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace bitdial {
namespace {

constexpr std::size_t MaxDimensions = 8;
constexpr std::size_t MaxHeaderBytes = std::size_t(64) << 10;

[[noreturn]] void fail(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "Cannot read the NumPy array", where, why, next);
}

/// What the header's dictionary says.
struct Header {
    std::optional<std::string> descr;
    std::optional<bool> fortran_order;
    std::optional<std::vector<std::int64_t>> shape;
};

class HeaderParser {
public:
    HeaderParser(std::string_view text, const std::string& where) : m_text(text), m_where(where) {}

    Header parse()
    {
        Header header;
        expect('{');
        while (!take('}')) {
            const auto key = string();
            expect(':');
            if (key == "descr" && !header.descr)
                header.descr = dtype();
            else if (key == "fortran_order" && !header.fortran_order)
                header.fortran_order = boolean();
            else if (key == "shape" && !header.shape)
                header.shape = tuple();
            else
                failHeader("the entry '" + shownName(key) + "' is unknown or there twice");
            if (!take(',')) {
                expect('}');
                break;
            }
        }
        skipSpace();
        if (!m_text.empty())
            failHeader("text follows it");
        if (!header.descr || !header.fortran_order || !header.shape)
            failHeader("descr, fortran_order or shape is missing");
        return header;
    }

private:
    [[noreturn]] void failHeader(const std::string& why) const
    {
        fail(m_where, "its header is wrong: " + why, "Write the array with NumPy's save or savez");
    }

    void skipSpace()
    {
        m_text.remove_prefix(std::min(m_text.find_first_not_of(" \n\t\r"), m_text.size()));
    }

    bool take(char c)
    {
        skipSpace();
        const bool found = m_text.starts_with(c);
        m_text.remove_prefix(found ? 1 : 0);
        return found;
    }

    void expect(char c)
    {
        if (!take(c))
            failHeader(std::string("'") + c + "' is expected");
    }

    std::string string()
    {
        skipSpace();
        const char quote = m_text.empty() ? ' ' : m_text.front();
        const auto end = quote == '\'' || quote == '"' ? m_text.find(quote, 1) : std::string::npos;
        if (end == std::string::npos)
            failHeader("a text in quotes is expected");
        std::string value(m_text.substr(1, end - 1));
        m_text.remove_prefix(end + 1);
        return value;
    }

    std::string dtype()
    {
        skipSpace();
        if (m_text.starts_with('['))
            fail(m_where, "its entries are records of several fields",
                 "Store pixels and labels as plain arrays");
        return string();
    }

    bool boolean()
    {
        skipSpace();
        for (const auto& [word, value] : {std::pair("True", true), std::pair("False", false)}) {
            if (m_text.starts_with(word)) {
                m_text.remove_prefix(std::string_view(word).size());
                return value;
            }
        }
        failHeader("fortran_order is neither True nor False");
    }

    std::vector<std::int64_t> tuple()
    {
        std::vector<std::int64_t> sizes;
        expect('(');
        while (!take(')')) {
            std::int64_t size = -1;
            const auto [end, problem] =
                std::from_chars(m_text.data(), m_text.data() + m_text.size(), size);
            if (problem != std::errc() || size < 0)
                failHeader("a size is no whole number from 0");
            m_text.remove_prefix(std::size_t(end - m_text.data()));
            if (sizes.size() == MaxDimensions)
                failHeader("it has more than " + std::to_string(MaxDimensions) + " dimensions");
            sizes.push_back(size);
            if (!take(',')) {
                expect(')');
                break;
            }
        }
        return sizes;
    }

    std::string_view m_text;
    const std::string& m_where;
};

ElementType typeOf(const std::string& descr, const std::string& where)
{
    using enum ElementType;
    constexpr std::pair<const char*, ElementType> Known[] = {
        {"u1", UInt8}, {"i1", Int8}, {"i2", Int16}, {"i4", Int32},
        {"i8", Int64}, {"f2", Half}, {"f4", Float}, {"f8", Double}};
    const bool swapped = descr.starts_with('>') && !descr.ends_with('1');
    const std::string_view name =
        descr.size() == 3 ? std::string_view(descr).substr(1) : std::string_view(descr);
    for (const auto& [known, type] : Known)
        if (name == known && !swapped)
            return type;
    const bool objects = name.starts_with('O') || descr.ends_with('O');
    fail(where,
         objects ? "its entries are Python objects, which only running code could read"
                 : "its dtype '" + shownName(descr) + "' is not read",
         "Convert the array to uint8, int8, int16, int32, int64, float16, float32 or float64, "
         "little-endian");
}

/// Length of the header's text and where it begins.
std::pair<std::size_t, std::size_t> headerPlace(std::span<const std::byte> bytes,
                                                const std::string& where)
{
    const auto byte = [&](std::size_t i) { return std::size_t(bytes[i]); };
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with("\x93NUMPY") || text.size() < 12)
        fail(where, "it does not begin as a .npy file does",
             "Write the array with NumPy's save or savez");
    const auto version = byte(6);
    if (version < 1 || version > 3)
        fail(where, "its format version is " + std::to_string(version) + ", 1 to 3 are known",
             "Write the array with NumPy's save or savez");
    const std::size_t begin = version == 1 ? 10 : 12;
    std::size_t length = byte(8) | byte(9) << 8U;
    if (version > 1)
        length |= byte(10) << 16U | byte(11) << 24U;
    if (length > MaxHeaderBytes || length > bytes.size() - begin)
        fail(where, "its header of " + std::to_string(length) + " bytes is too long or cut",
             "Check that the file is whole");
    return {begin, length};
}

} // namespace

NpyArray parseNpy(std::span<const std::byte> bytes, const std::string& where)
{
    const auto [begin, length] = headerPlace(bytes, where);
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()) + begin, length);
    const auto header = HeaderParser(text, where).parse();
    NpyArray array{typeOf(*header.descr, where), *header.shape, bytes.subspan(begin + length)};
    if (*header.fortran_order && array.shape.size() > 1)
        fail(where, "its values lie in Fortran order",
             "Store numpy.ascontiguousarray(...) of the array");
    std::uint64_t total = elementBytes(array.type);
    for (const auto size : array.shape) {
        if (size != 0 && total > (std::uint64_t(1) << 40) / std::uint64_t(size))
            fail(where, "its sizes make more than 2^40 bytes", "Check that the file is whole");
        total *= std::uint64_t(size);
    }
    if (total != array.data.size())
        fail(where,
             "its sizes need " + std::to_string(total) + " bytes, but " +
                 std::to_string(array.data.size()) + " follow the header",
             "Check that the file is whole");
    return array;
}

} // namespace bitdial
