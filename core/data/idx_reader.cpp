// SPDX-License-Identifier: Apache-2.0
#include "core/data/idx_reader.h"

#include "core/base/error.h"

#include <limits>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <zlib.h>

namespace bitdial {
namespace {

constexpr std::uint64_t MaxBytes = std::uint64_t(1) << 30;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why)
{
    throw Error(ErrorCode::BadInput, "Cannot read the IDX file", path.string(), why,
                "Give an IDX file of unsigned bytes, plain or gzip-compressed");
}

struct GzClose {
    void operator()(gzFile_s* file) const { gzclose(file); }
};
using GzHandle = std::unique_ptr<gzFile_s, GzClose>;

GzHandle openGz(const std::filesystem::path& path)
{
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0)
        fail(path, "the file does not exist or cannot be opened");
    if (!S_ISREG(info.st_mode))
        fail(path, "it is not a regular file");
    GzHandle file(gzopen(path.c_str(), "rb")); // reads uncompressed files as they are
    if (!file)
        fail(path, "the file cannot be opened");
    return file;
}

void readExactly(gzFile_s* file, const std::filesystem::path& path, std::uint8_t* to,
                 std::size_t bytes)
{
    while (bytes > 0) {
        const auto chunk = unsigned(std::min<std::size_t>(bytes, 1U << 20));
        const int got = gzread(file, to, chunk);
        if (got <= 0)
            fail(path, "the file is truncated or damaged");
        to += got;
        bytes -= std::size_t(got);
    }
}

std::uint32_t readWord(gzFile_s* file, const std::filesystem::path& path)
{
    std::uint8_t b[4];
    readExactly(file, path, b, 4);
    return std::uint32_t(b[0]) << 24 | std::uint32_t(b[1]) << 16 | std::uint32_t(b[2]) << 8 | b[3];
}

} // namespace

IdxArray readIdx(const std::filesystem::path& path, int dimensions)
{
    const auto file = openGz(path);
    const std::uint32_t magic = readWord(file.get(), path);
    const std::uint32_t expected = 0x800U | std::uint32_t(dimensions);
    if (magic != expected)
        fail(path, "its first four bytes are " + std::to_string(magic) + ", expected " +
                       std::to_string(expected) + " (unsigned bytes, " +
                       std::to_string(dimensions) + " dimensions)");
    IdxArray array;
    std::uint64_t total = 1;
    for (int i = 0; i < dimensions; ++i) {
        const auto size = readWord(file.get(), path);
        if (size == 0 || size > std::uint32_t(std::numeric_limits<int>::max()) ||
            (total *= size) > MaxBytes)
            fail(path, "its sizes are zero or more than 1 GiB in all");
        array.sizes.push_back(int(size));
    }
    array.values.resize(std::size_t(total));
    readExactly(file.get(), path, array.values.data(), array.values.size());
    std::uint8_t extra = 0;
    if (gzread(file.get(), &extra, 1) != 0)
        fail(path, "it has more bytes than its sizes say");
    return array;
}

} // namespace bitdial
