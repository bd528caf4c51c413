// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/utf8.h"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bitdial {
namespace {

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

/// False, with errno set, when not all could be written.
bool writeAll(int fd, std::span<const std::byte> bytes)
{
    while (!bytes.empty()) {
        const auto written = ::write(fd, bytes.data(), bytes.size());
        if (written < 0) {
            if (errno == EINTR)
                continue;
            return false;
        }
        bytes = bytes.subspan(std::size_t(written));
    }
    return true;
}

/// A device or pipe has no old content to keep, and must not be replaced by a file.
void writeThrough(const std::filesystem::path& path, std::span<const std::byte> bytes)
{
    const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
    if (fd.get() < 0 || !writeAll(fd.get(), bytes))
        throw Error(ErrorCode::Failed, "Cannot write to what is no regular file", path.string(),
                    std::strerror(errno), "Give the path of a file, or check its permissions");
}

/// The file that a chain of symbolic links ends at, which need not exist.
std::filesystem::path linkTarget(std::filesystem::path path)
{
    constexpr int LongestChain = 40;
    std::error_code error;
    for (int i = 0; std::filesystem::is_symlink(path, error); ++i) {
        if (i == LongestChain)
            failWrite(path, ELOOP);
        const auto next = std::filesystem::read_symlink(path, error);
        if (error)
            failWrite(path, error.value());
        path = path.parent_path() / next; // an absolute link replaces the parent
    }
    return path;
}

/// Creates a new file beside `path` with the rights that the process gives new files (mkstemp's
/// would be its own, and the umask cannot be asked for without changing it for other threads).
Descriptor createBeside(const std::filesystem::path& path, std::string& name)
{
    static std::atomic<unsigned> counter = 0;
    for (;;) {
        name = path.string() + "." + std::to_string(::getpid()) + "-" + std::to_string(++counter);
        const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (fd >= 0)
            return Descriptor(fd);
        if (errno != EEXIST) // a file that a killed process of the same number left
            failWrite(path, errno);
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
    const bool utf16 = text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
    const auto bad = firstBadUtf8(text);
    if (bad != std::string_view::npos)
        throw Error(ErrorCode::BadInput, "This is not a text that can be read", path.string(),
                    utf16 ? "it is UTF-16" : "byte " + std::to_string(bad) + " is not UTF-8",
                    "Save the file as UTF-8");
    return text;
}

void writeFileAtomically(const std::filesystem::path& path, std::span<const std::byte> bytes)
{
    struct stat old {};
    const bool exists = ::stat(path.c_str(), &old) == 0;
    if (exists && !S_ISREG(old.st_mode)) {
        writeThrough(path, bytes);
        return;
    }
    const auto target = linkTarget(path);
    std::string temporary;
    Descriptor fd = createBeside(target, temporary);
    try {
        if (!writeAll(fd.get(), bytes))
            failWrite(path, errno);
        if (exists && ::fchmod(fd.get(), old.st_mode & 0777U) != 0)
            failWrite(path, errno);
        if (::fsync(fd.get()) != 0 || ::close(fd.release()) != 0)
            failWrite(path, errno);
        if (::rename(temporary.c_str(), target.c_str()) != 0)
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
