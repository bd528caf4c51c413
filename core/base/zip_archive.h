// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// One file inside a zip archive. Its name is data only: it is never used as a path.
struct ZipEntry {
    std::string name;
    std::uint64_t size = 0;            ///< bytes after decompression
    std::uint64_t compressed_size = 0; ///< bytes in the archive; equals `size` when stored
    std::uint64_t header_offset = 0;   ///< where its local header begins in the archive
    std::uint64_t data_offset = 0;     ///< where its bytes begin in the archive
    std::uint32_t crc = 0;
    bool deflated = false; ///< else stored as it is
};

/// A zip archive in memory (zip64 too; stored and deflated entries). Refused with Error(BadInput)
/// before anything is allocated for it: more than 100,000 entries, an entry above 1 MiB that
/// shrinks by more than 100:1, a total above the limit, encryption, other compression methods,
/// several volumes, two entries of one name, entries that overlap or lie outside the archive.
class ZipArchive {
public:
    /// Whether the bytes begin as a zip archive does.
    static bool isZip(std::span<const std::byte> bytes);

    /// Reads the directory of `bytes`, which must outlive this object. `where` is named in errors.
    /// All entries together may not be larger than `max_total_bytes` decompressed, nor than the
    /// archive and 240 MiB.
    ZipArchive(std::span<const std::byte> bytes, std::string where,
               std::uint64_t max_total_bytes = std::uint64_t(2) << 30);

    /// In the order of the archive's directory.
    const std::vector<ZipEntry>& entries() const { return m_entries; }
    /// The entry of this name, or null.
    const ZipEntry* find(std::string_view name) const;
    /// The entry's bytes, checked against its checksum: a view into the archive where it is stored
    /// (`buffer` stays empty), else decompressed into `buffer` and a view of that.
    std::span<const std::byte> read(const ZipEntry& entry, std::vector<std::byte>& buffer) const;

private:
    struct Directory;
    Directory findDirectory() const;
    void readDirectory(const Directory& directory, std::uint64_t max_total_bytes);
    ZipEntry readEntry(std::span<const std::byte> record, std::size_t name_size,
                       std::size_t extra_size) const;
    void locate(ZipEntry& entry, std::uint64_t header, const std::string& place) const;
    void checkNoOverlap(std::uint64_t directory_offset) const;
    [[noreturn]] void fail(const std::string& place, const std::string& why) const;

    std::span<const std::byte> m_bytes;
    std::string m_where;
    std::vector<ZipEntry> m_entries;
    std::map<std::string, std::size_t, std::less<>> m_by_name;
};

} // namespace bitdial
