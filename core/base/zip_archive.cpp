// SPDX-License-Identifier: Apache-2.0
#include "core/base/zip_archive.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <zlib.h>

namespace bitdial {
namespace {

constexpr std::uint64_t most_entries = 100'000;
constexpr std::uint64_t highest_ratio = 100;
constexpr std::uint64_t ratio_free_bytes = std::uint64_t(1) << 20;
constexpr std::uint64_t free_total_bytes = std::uint64_t(240) << 20;
constexpr std::uint64_t only_in_zip64 = 0xFFFFFFFF;

// Signatures and fixed sizes of the records (APPNOTE.TXT 4.3).
constexpr std::uint64_t local_signature = 0x04034B50;
constexpr std::uint64_t central_signature = 0x02014B50;
constexpr std::uint64_t end_signature = 0x06054B50;
constexpr std::uint64_t end64_signature = 0x06064B50;
constexpr std::uint64_t locator64_signature = 0x07064B50;
constexpr std::size_t local_size = 30;
constexpr std::size_t central_size = 46;
constexpr std::size_t end_size = 22;
constexpr std::size_t end64_size = 56;
constexpr std::size_t locator64_size = 20;

/// Little-endian number of `count` bytes at `offset`, which must lie inside.
std::uint64_t number(std::span<const std::byte> bytes, std::size_t offset, int count)
{
    std::uint64_t value = 0;
    for (int i = count - 1; i >= 0; --i)
        value = value << 8U | std::to_integer<std::uint64_t>(bytes[offset + std::size_t(i)]);
    return value;
}

std::string_view text(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Replaces the numbers that the zip64 extra field carries; false where it is cut off.
bool readZip64(std::span<const std::byte> extra, std::initializer_list<std::uint64_t*> numbers)
{
    const bool needed = std::any_of(numbers.begin(), numbers.end(),
                                    [](const auto* n) { return *n == only_in_zip64; });
    while (needed && extra.size() >= 4) {
        const auto id = number(extra, 0, 2);
        const auto size = std::size_t(number(extra, 2, 2));
        extra = extra.subspan(4);
        if (size > extra.size())
            return false;
        auto field = extra.first(size);
        extra = extra.subspan(size);
        if (id != 1)
            continue;
        for (auto* n : numbers) {
            if (*n != only_in_zip64)
                continue;
            if (field.size() < 8)
                return false;
            *n = number(field, 0, 8);
            field = field.subspan(8);
        }
        return true;
    }
    return !needed;
}

/// Inflates a raw deflate stream that must fill `to` exactly and end with its input.
bool inflateAll(std::span<const std::byte> from, std::vector<std::byte>& to)
{
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
        return false;
    // zlib wants a place to write to even where nothing comes.
    std::byte none{};
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(from.data()));
    stream.avail_in = uInt(from.size());
    stream.next_out = reinterpret_cast<Bytef*>(to.empty() ? &none : to.data());
    stream.avail_out = uInt(to.size());
    const int result = inflate(&stream, Z_FINISH);
    const bool whole =
        result == Z_STREAM_END && stream.avail_in == 0 && stream.total_out == to.size();
    inflateEnd(&stream);
    return whole;
}

} // namespace

struct ZipArchive::Directory {
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    std::uint64_t entries = 0;
};

bool ZipArchive::isZip(std::span<const std::byte> bytes)
{
    if (bytes.size() < 4)
        return false;
    const auto signature = number(bytes, 0, 4);
    return signature == local_signature || signature == end_signature;
}

ZipArchive::ZipArchive(std::span<const std::byte> bytes, std::string where,
                       std::uint64_t max_total_bytes)
    : m_bytes(bytes), m_where(std::move(where))
{
    const auto directory = findDirectory();
    readDirectory(directory,
                  std::min<std::uint64_t>(max_total_bytes, bytes.size() + free_total_bytes));
    checkNoOverlap(directory.offset);
    for (std::size_t i = 0; i < m_entries.size(); ++i)
        if (!m_by_name.emplace(m_entries[i].name, i).second)
            fail("entry '" + shownName(m_entries[i].name) + "'", "two entries have this name");
}

void ZipArchive::fail(const std::string& place, const std::string& why) const
{
    throw Error(ErrorCode::BadInput, "The zip archive cannot be read",
                m_where + (place.empty() ? "" : ": " + place), why,
                "Get the file again or write it anew");
}

ZipArchive::Directory ZipArchive::findDirectory() const
{
    // The end record is the last thing in the file but for a comment of at most 64 KiB.
    std::optional<std::size_t> end;
    const std::size_t deepest = end_size + 0xFFFF;
    for (std::size_t back = end_size; back <= std::min(deepest, m_bytes.size()) && !end; ++back) {
        const std::size_t at = m_bytes.size() - back;
        if (number(m_bytes, at, 4) == end_signature &&
            number(m_bytes, at + 20, 2) == back - end_size)
            end = at;
    }
    if (!end)
        fail("", "it has no directory at its end: the file is cut off or no zip archive");
    const auto record = m_bytes.subspan(*end);
    Directory found{number(record, 16, 4), number(record, 12, 4), number(record, 10, 2)};
    std::uint64_t limit = *end;
    if (number(record, 4, 2) != 0 && number(record, 4, 2) != 0xFFFF)
        fail("", "it is one of several volumes");
    if (*end >= locator64_size &&
        number(m_bytes, *end - locator64_size, 4) == locator64_signature) {
        const auto at = number(m_bytes, *end - locator64_size + 8, 8);
        if (at > *end - locator64_size || *end - locator64_size - at < end64_size ||
            number(m_bytes, std::size_t(at), 4) != end64_signature)
            fail("", "its zip64 directory record is not where it should be");
        const auto record64 = m_bytes.subspan(std::size_t(at));
        found = {number(record64, 48, 8), number(record64, 40, 8), number(record64, 32, 8)};
        limit = at;
    }
    if (found.offset > limit || found.size > limit - found.offset)
        fail("", "its directory lies outside the file");
    return found;
}

void ZipArchive::readDirectory(const Directory& directory, std::uint64_t max_total_bytes)
{
    if (directory.entries > most_entries)
        fail("", "it has " + std::to_string(directory.entries) +
                     " entries, more than the limit of " + std::to_string(most_entries));
    if (directory.entries > directory.size / central_size)
        fail("", "its directory is too small for its number of entries");
    m_entries.reserve(std::size_t(directory.entries));
    auto rest = m_bytes.subspan(std::size_t(directory.offset), std::size_t(directory.size));
    std::uint64_t total = 0;
    for (std::uint64_t i = 0; i < directory.entries; ++i) {
        const std::string place = "entry " + std::to_string(i + 1);
        if (rest.size() < central_size || number(rest, 0, 4) != central_signature)
            fail(place, "its directory record is damaged");
        const auto name_size = std::size_t(number(rest, 28, 2));
        const auto extra_size = std::size_t(number(rest, 30, 2));
        const auto record_size = central_size + name_size + extra_size + number(rest, 32, 2);
        if (record_size > rest.size())
            fail(place, "its directory record is cut off");
        m_entries.push_back(readEntry(rest, name_size, extra_size));
        const auto& entry = m_entries.back();
        if (entry.size > max_total_bytes - total)
            fail("entry '" + shownName(entry.name) + "'",
                 "decompressed, the archive would have more than the limit of " +
                     std::to_string(max_total_bytes) + " bytes");
        total += entry.size;
        rest = rest.subspan(std::size_t(record_size));
    }
    if (!rest.empty())
        fail("", "its directory has more records than its number of entries");
}

ZipEntry ZipArchive::readEntry(std::span<const std::byte> record, std::size_t name_size,
                               std::size_t extra_size) const
{
    ZipEntry entry;
    entry.name = text(record.subspan(central_size, name_size));
    const std::string place = "entry '" + shownName(entry.name) + "'";
    entry.crc = std::uint32_t(number(record, 16, 4));
    entry.compressed_size = number(record, 20, 4);
    entry.size = number(record, 24, 4);
    std::uint64_t header = number(record, 42, 4);
    if (!readZip64(record.subspan(central_size + name_size, extra_size),
                   {&entry.size, &entry.compressed_size, &header}))
        fail(place, "its zip64 sizes are cut off");
    if ((number(record, 8, 2) & 1U) != 0)
        fail(place, "it is encrypted");
    const auto method = number(record, 10, 2);
    if (method != 0 && method != 8)
        fail(place, "it is compressed by method " + std::to_string(method) +
                        "; only stored and deflated entries can be read");
    entry.deflated = method == 8;
    if (!entry.deflated && entry.size != entry.compressed_size)
        fail(place, "it is stored, but its two sizes differ");
    if (entry.size > ratio_free_bytes && entry.size / highest_ratio > entry.compressed_size)
        fail(place, std::to_string(entry.compressed_size) + " bytes would become " +
                        std::to_string(entry.size) + ", more than " +
                        std::to_string(highest_ratio) + " times as many");
    locate(entry, header, place);
    return entry;
}

void ZipArchive::locate(ZipEntry& entry, std::uint64_t header, const std::string& place) const
{
    if (header > m_bytes.size() || m_bytes.size() - header < local_size ||
        number(m_bytes, std::size_t(header), 4) != local_signature)
        fail(place, "its header is not where the directory says");
    const auto name_size = number(m_bytes, std::size_t(header) + 26, 2);
    const auto extra_size = number(m_bytes, std::size_t(header) + 28, 2);
    entry.header_offset = header;
    entry.data_offset = header + local_size + name_size + extra_size;
    if (entry.data_offset > m_bytes.size() ||
        entry.compressed_size > m_bytes.size() - entry.data_offset)
        fail(place, "its bytes lie outside the file");
    if (text(m_bytes.subspan(std::size_t(header) + local_size, std::size_t(name_size))) !=
        entry.name)
        fail(place, "its header has another name than the directory");
}

void ZipArchive::checkNoOverlap(std::uint64_t directory_offset) const
{
    std::vector<const ZipEntry*> by_place;
    by_place.reserve(m_entries.size());
    for (const auto& entry : m_entries)
        by_place.push_back(&entry);
    std::ranges::sort(by_place, {}, [](const ZipEntry* entry) { return entry->header_offset; });
    for (std::size_t i = 0; i < by_place.size(); ++i) {
        const auto next =
            i + 1 < by_place.size() ? by_place[i + 1]->header_offset : directory_offset;
        if (by_place[i]->data_offset + by_place[i]->compressed_size > next)
            fail("entry '" + shownName(by_place[i]->name) + "'",
                 "it overlaps what follows it in the file");
    }
}

const ZipEntry* ZipArchive::find(std::string_view name) const
{
    const auto found = m_by_name.find(name);
    return found == m_by_name.end() ? nullptr : &m_entries[found->second];
}

std::span<const std::byte> ZipArchive::read(const ZipEntry& entry,
                                            std::vector<std::byte>& buffer) const
{
    const std::string place = "entry '" + shownName(entry.name) + "'";
    auto bytes =
        m_bytes.subspan(std::size_t(entry.data_offset), std::size_t(entry.compressed_size));
    buffer.clear();
    if (entry.deflated) {
        constexpr auto most = std::numeric_limits<uInt>::max();
        if (entry.size > most || entry.compressed_size > most)
            fail(place, "it is larger than 4 GiB and compressed");
        buffer.resize(std::size_t(entry.size));
        if (!inflateAll(bytes, buffer))
            fail(place, "its compressed bytes are damaged");
        bytes = buffer;
    }
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (crc != entry.crc)
        fail(place, "its checksum is wrong: the file is damaged");
    return bytes;
}

} // namespace bitdial
