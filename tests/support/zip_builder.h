// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <zlib.h>

namespace bitdial::test {

/// A file for a zip archive; the optional members lie about it.
struct ZipItem {
    std::string name;
    std::string content = {};
    bool deflate = false;
    unsigned method = 0;                          ///< another one than deflate says, if not 0
    unsigned flags = 0;                           ///< general purpose bits
    std::optional<std::uint64_t> size = {};       ///< as the directory says
    std::optional<std::uint64_t> compressed = {}; ///< as the directory says
    std::optional<std::uint64_t> offset = {};     ///< of the local header, as the directory says
    bool zip64 = false; ///< the directory's numbers stand in its extra field
    unsigned mode = 0;  ///< Unix file type and rights; 0120777 is a symbolic link
};

/// Writes a zip archive byte by byte (APPNOTE.TXT 4.3).
class ZipBuilder {
public:
    ZipBuilder& add(const ZipItem& item)
    {
        const auto body = item.deflate ? deflated(item.content) : item.content;
        const auto crc = crc32(0, reinterpret_cast<const Bytef*>(item.content.data()),
                               uInt(item.content.size()));
        const auto offset = item.offset.value_or(m_files.size());
        const auto size = item.size.value_or(item.content.size());
        const auto compressed = item.compressed.value_or(body.size());
        const unsigned method = item.method != 0 ? item.method : item.deflate ? 8 : 0;
        const std::string common =
            number(item.flags, 2) + number(method, 2) + number(0, 4) + number(crc, 4);
        m_files += "PK\3\4" + number(20, 2) + common + number(body.size(), 4) +
                   number(item.content.size(), 4) + number(item.name.size(), 2) + number(0, 2) +
                   item.name + body;
        const std::string extra = item.zip64 ? number(1, 2) + number(24, 2) + number(size, 8) +
                                                   number(compressed, 8) + number(offset, 8)
                                             : "";
        const auto shown = [&](std::uint64_t n) { return number(item.zip64 ? 0xFFFFFFFF : n, 4); };
        m_directory += "PK\1\2" + number(item.mode != 0 ? 0x0314 : 20, 2) + number(20, 2) + common +
                       shown(compressed) + shown(size) + number(item.name.size(), 2) +
                       number(extra.size(), 2) + number(0, 2 + 2 + 2) +
                       number(std::uint64_t(item.mode) << 16U, 4) + shown(offset) + item.name +
                       extra;
        ++m_entries;
        return *this;
    }

    /// The archive; `entries` may lie about how many there are.
    std::vector<std::byte> bytes(std::optional<std::uint64_t> entries = {},
                                 const std::string& comment = {}) const
    {
        const auto count = entries.value_or(m_entries);
        std::string all = m_files + m_directory;
        if (count > 0xFFFF) { // only the zip64 record can say it
            const auto at = all.size();
            all += "PK\6\6" + number(44, 8) + number(45, 2) + number(45, 2) + number(0, 8) +
                   number(count, 8) + number(count, 8) + number(m_directory.size(), 8) +
                   number(m_files.size(), 8);
            all += "PK\6\7" + number(0, 4) + number(at, 8) + number(1, 4);
        }
        all += "PK\5\6" + number(0, 4) + number(count & 0xFFFFU, 2) + number(count & 0xFFFFU, 2) +
               number(m_directory.size(), 4) + number(m_files.size(), 4) +
               number(comment.size(), 2) + comment;
        const auto view = std::as_bytes(std::span(all));
        return {view.begin(), view.end()};
    }

    static std::string number(std::uint64_t value, int bytes)
    {
        std::string text;
        for (int i = 0; i < bytes; ++i) {
            text += char(value & 0xFFU);
            value >>= 8U;
        }
        return text;
    }

private:
    static std::string deflated(const std::string& content)
    {
        z_stream stream{};
        deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 9, Z_DEFAULT_STRATEGY);
        std::string out(deflateBound(&stream, content.size()), '\0');
        stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
        stream.avail_in = uInt(content.size());
        stream.next_out = reinterpret_cast<Bytef*>(out.data());
        stream.avail_out = uInt(out.size());
        deflate(&stream, Z_FINISH);
        out.resize(stream.total_out);
        deflateEnd(&stream);
        return out;
    }

    std::string m_files;
    std::string m_directory;
    std::uint64_t m_entries = 0;
};

} // namespace bitdial::test
