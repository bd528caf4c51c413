// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/npz_writer.h"

#include "core/base/error.h"

#include <zlib.h>

#include <limits>

namespace bitdial {
namespace {

/// Little-endian number of `bytes` bytes.
std::string little(std::uint64_t value, int bytes)
{
    std::string text;
    for (int i = 0; i < bytes; ++i, value >>= 8)
        text += char(value & 0xFF);
    return text;
}

/// NEP 1: magic, version, header length, a Python dictionary padded to 64 bytes, then the data.
std::string toNpy(const NpzArray& array)
{
    constexpr std::size_t alignment = 64;
    constexpr std::size_t before_header = 10;
    std::string shape;
    for (const auto size : array.dimensions)
        shape += std::to_string(size) + ",";
    std::string header = "{'descr': '<i8', 'fortran_order': False, 'shape': (" + shape + "), }";
    const std::size_t used = before_header + header.size() + 1;
    header += std::string((alignment - used % alignment) % alignment, ' ') + '\n';
    std::string file =
        "\x93NUMPY" + little(1, 1) + little(0, 1) + little(header.size(), 2) + header;
    for (const auto value : array.values)
        file += little(std::uint64_t(value), 8);
    return file;
}

/// What a local header and a central one have in common: version 2.0, UTF-8 names, stored,
/// 1 January 1980, so that the same arrays give the same bytes.
std::string entryHeader(const std::string& name, const std::string& content)
{
    const auto crc = crc32(0, reinterpret_cast<const Bytef*>(content.data()), uInt(content.size()));
    return little(20, 2) + little(0x0800, 2) + little(0, 2) + little(0, 2) + little(0x21, 2) +
           little(crc, 4) + little(content.size(), 4) + little(content.size(), 4) +
           little(name.size(), 2) + little(0, 2);
}

} // namespace

std::string toNpz(const std::vector<NpzArray>& arrays)
{
    std::string file;
    std::string directory;
    for (const auto& array : arrays) {
        const std::string name = array.name + ".npy";
        const std::string content = toNpy(array);
        const std::string header = entryHeader(name, content);
        const std::size_t offset = file.size();
        if (offset + content.size() > std::numeric_limits<std::uint32_t>::max())
            throw Error(ErrorCode::Infeasible, "Cannot write the arrays", array.name,
                        "they need more than 4 GiB, which the archive cannot hold",
                        "Choose a smaller network");
        file += "PK\x03\x04" + header + name + content;
        directory += "PK\x01\x02" + little(20, 2) + header + little(0, 2) + little(0, 2) +
                     little(0, 2) + little(0, 4) + little(offset, 4) + name;
    }
    const std::size_t start = file.size();
    return file + directory + "PK\x05\x06" + little(0, 4) + little(arrays.size(), 2) +
           little(arrays.size(), 2) + little(directory.size(), 4) + little(start, 4) + little(0, 2);
}

} // namespace bitdial
