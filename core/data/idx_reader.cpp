// SPDX-License-Identifier: Apache-2.0
#include "core/data/idx_reader.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/stored_samples.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <zlib.h>

namespace bitdial {
namespace {

constexpr std::uint64_t MaxBytes = std::uint64_t(1) << 30;
/// What a compressed file may hold beyond its own size.
constexpr std::uint64_t MaxExpansionBytes = std::uint64_t(200) << 20;
/// One compressed byte stands for at most 1032 others (a match of 258 takes two bits): sizes that
/// need more are refused before anything is allocated for them.
constexpr std::uint64_t MaxDeflateRatio = 1032;

[[noreturn]] void fail(const std::string& where, const std::string& why)
{
    throw Error(ErrorCode::BadInput, "Cannot read the IDX file", where, why,
                "Give an IDX file of unsigned bytes, plain or gzip-compressed");
}

/// Hands out the bytes of a file one piece after another.
class ByteSource {
public:
    virtual ~ByteSource() = default;
    /// Fewer than asked for at the end only.
    virtual std::size_t read(std::uint8_t* to, std::size_t bytes) = 0;
};

class PlainBytes : public ByteSource {
public:
    explicit PlainBytes(std::span<const std::byte> bytes) : m_bytes(bytes) {}
    std::size_t read(std::uint8_t* to, std::size_t bytes) override
    {
        const auto count = std::min(bytes, m_bytes.size());
        if (count > 0)
            std::memcpy(to, m_bytes.data(), count);
        m_bytes = m_bytes.subspan(count);
        return count;
    }

private:
    std::span<const std::byte> m_bytes;
};

/// One gzip member after another.
class GzipBytes : public ByteSource {
public:
    GzipBytes(std::span<const std::byte> bytes, const std::string& where)
        : m_bytes(bytes), m_where(where)
    {
        if (inflateInit2(&m_stream, 16 + MAX_WBITS) != Z_OK)
            fail(m_where, "there is not enough memory to decompress it");
    }
    ~GzipBytes() override { inflateEnd(&m_stream); }
    GzipBytes(const GzipBytes&) = delete;
    GzipBytes& operator=(const GzipBytes&) = delete;

    std::size_t read(std::uint8_t* to, std::size_t bytes) override
    {
        std::size_t done = 0;
        while (done < bytes && !m_finished)
            done += step(to + done, std::min(bytes - done, MaxStep));
        return done;
    }

private:
    static constexpr std::size_t MaxStep = std::size_t(1) << 30;

    std::size_t step(std::uint8_t* to, std::size_t bytes)
    {
        const auto offered = std::min(m_bytes.size(), MaxStep);
        // zlib promises not to write through next_in, but has no const in its older interface.
        m_stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(m_bytes.data()));
        m_stream.avail_in = uInt(offered);
        m_stream.next_out = to;
        m_stream.avail_out = uInt(bytes);
        const int result = inflate(&m_stream, Z_NO_FLUSH);
        m_bytes = m_bytes.subspan(offered - m_stream.avail_in);
        if (result == Z_STREAM_END) {
            m_finished = m_bytes.empty();
            inflateReset(&m_stream);
        } else if (result != Z_OK) {
            fail(m_where, "its compressed data is truncated or damaged");
        }
        return bytes - m_stream.avail_out;
    }

    std::span<const std::byte> m_bytes;
    const std::string& m_where;
    z_stream m_stream{};
    bool m_finished = false;
};

void readExactly(ByteSource& source, const std::string& where, std::uint8_t* to, std::size_t bytes)
{
    if (source.read(to, bytes) != bytes)
        fail(where, "the file is truncated");
}

std::uint32_t readWord(ByteSource& source, const std::string& where)
{
    std::uint8_t b[4];
    readExactly(source, where, b, 4);
    return std::uint32_t(b[0]) << 24 | std::uint32_t(b[1]) << 16 | std::uint32_t(b[2]) << 8 | b[3];
}

/// The sizes behind the magic number; their product is at most `max_bytes`.
std::vector<int> readSizes(ByteSource& source, int dimensions, std::uint64_t max_bytes,
                           const std::string& where)
{
    const std::uint32_t magic = readWord(source, where);
    const std::uint32_t expected = 0x800U | std::uint32_t(dimensions);
    if (magic != expected)
        fail(where, "its first four bytes are " + std::to_string(magic) + ", expected " +
                        std::to_string(expected) + " (unsigned bytes, " +
                        std::to_string(dimensions) + " dimensions)");
    std::vector<int> sizes;
    std::uint64_t total = 1;
    for (int i = 0; i < dimensions; ++i) {
        const auto size = readWord(source, where);
        if (size == 0 || size > std::uint32_t(std::numeric_limits<int>::max()) ||
            (total *= size) > max_bytes)
            fail(where, "its sizes are zero or need more than the " + std::to_string(max_bytes) +
                            " bytes that a file of this size may hold");
        sizes.push_back(int(size));
    }
    return sizes;
}

} // namespace

IdxArray parseIdx(std::span<const std::byte> bytes, int dimensions, const std::string& where)
{
    const bool compressed =
        bytes.size() > 2 && bytes[0] == std::byte(0x1F) && bytes[1] == std::byte(0x8B);
    std::unique_ptr<ByteSource> source;
    if (compressed)
        source = std::make_unique<GzipBytes>(bytes, where);
    else
        source = std::make_unique<PlainBytes>(bytes);
    const auto limit =
        compressed
            ? std::min({MaxBytes, bytes.size() + MaxExpansionBytes, bytes.size() * MaxDeflateRatio})
            : std::min<std::uint64_t>(MaxBytes, bytes.size());
    IdxArray array;
    array.sizes = readSizes(*source, dimensions, limit, where);
    if (array.sizes[0] > max_samples)
        fail(where, "it has " + std::to_string(array.sizes[0]) +
                        " samples, more than the limit of " + std::to_string(max_samples));
    std::size_t total = 1;
    for (const int size : array.sizes)
        total *= std::size_t(size);
    array.values.resize(total);
    readExactly(*source, where, array.values.data(), array.values.size());
    std::uint8_t extra = 0;
    if (source->read(&extra, 1) != 0)
        fail(where, "it has more bytes than its sizes say");
    return array;
}

IdxArray readIdx(const std::filesystem::path& path, int dimensions)
{
    return parseIdx(readFile(path, MaxBytes), dimensions, path.string());
}

std::shared_ptr<const SampleSource> idxSamples(IdxArray images, const std::string& where)
{
    StoredLayout layout{{1, images.sizes[1], images.sizes[2]}};
    layout.stride_bytes = layout.sampleBytes();
    return std::make_shared<StoredSamples>("idx", SharedBytes::take(std::move(images.values)),
                                           layout, images.sizes[0], where);
}

} // namespace bitdial
