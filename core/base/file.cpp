// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include "core/base/error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bitdial {
namespace {

/// Owns a POSIX file descriptor.
class Descriptor {
public:
    explicit Descriptor(int fd) : m_fd(fd) {}
    ~Descriptor()
    {
        if (m_fd >= 0)
            ::close(m_fd);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return m_fd; }
    int release()
    {
        const int fd = m_fd;
        m_fd = -1;
        return fd;
    }

private:
    int m_fd;
};

[[noreturn]] void failRead(const std::filesystem::path& path, const std::string& why)
{
    throw Error(ErrorCode::BadInput, "Cannot read the file", path.string(), why,
                "Check the path and its permissions");
}

[[noreturn]] void failWrite(const std::filesystem::path& path, int error)
{
    throw Error(ErrorCode::Failed, "Cannot write the file", path.string(), std::strerror(error),
                "Check the folder's permissions and the free space; the old file is unchanged");
}

void writeAll(int fd, std::span<const std::byte> bytes, const std::filesystem::path& path)
{
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            failWrite(path, errno);
        }
        bytes = bytes.subspan(std::size_t(written));
    }
}

} // namespace

std::vector<std::byte> readFile(const std::filesystem::path& path, std::uint64_t max_bytes)
{
    // O_NONBLOCK: opening a FIFO must not hang; regular files ignore it.
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (fd.get() < 0)
        failRead(path, std::strerror(errno));
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        failRead(path, std::strerror(errno));
    if (!S_ISREG(info.st_mode))
        failRead(path, "it is not a regular file");
    if (std::uint64_t(info.st_size) > max_bytes)
        failRead(path, "it has " + std::to_string(info.st_size) +
                           " bytes, more than the limit of " + std::to_string(max_bytes));
    std::vector<std::byte> bytes(std::size_t(info.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const auto got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
        if (got < 0) {
            if (errno == EINTR)
                continue;
            failRead(path, std::strerror(errno));
        }
        if (got == 0)
            failRead(path, "it became shorter while it was read");
        done += std::size_t(got);
    }
    return bytes;
}

std::string readTextFile(const std::filesystem::path& path, std::uint64_t max_bytes)
{
    const auto bytes = readFile(path, max_bytes);
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.starts_with("\xEF\xBB\xBF"))
        text.erase(0, 3);
    return text;
}

void writeFileAtomically(const std::filesystem::path& path, std::span<const std::byte> bytes)
{
    std::string temporary = path.string() + ".XXXXXX";
    Descriptor fd(::mkstemp(temporary.data()));
    if (fd.get() < 0)
        failWrite(path, errno);
    try {
        writeAll(fd.get(), bytes, path);
        if (::fchmod(fd.get(), 0644) != 0 || ::fsync(fd.get()) != 0)
            failWrite(path, errno);
        if (::close(fd.release()) != 0)
            failWrite(path, errno);
        if (::rename(temporary.c_str(), path.c_str()) != 0)
            failWrite(path, errno);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

void writeFileAtomically(const std::filesystem::path& path, std::string_view text)
{
    writeFileAtomically(path, std::as_bytes(std::span(text.data(), text.size())));
}

} // namespace bitdial
