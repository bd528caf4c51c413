// SPDX-License-Identifier: Apache-2.0
#include "core/data/contained_file.h"

#include "core/base/descriptor.h"
#include "core/base/error.h"
#include "core/base/shown_name.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace bitdial {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "Cannot read the picture", where, why, next);
}

[[noreturn]] void failOpen(const std::string& where, int error)
{
    if (error == ELOOP || error == ENOTDIR)
        fail(where, "it is a symbolic link, or a part of its path is a link or no folder",
             "Put the file itself into the folder of pictures");
    if (error == ENOENT)
        fail(where, "the file does not exist", "Correct its name, or remove its row of the labels");
    fail(where, std::strerror(error), "Check the file's permissions");
}

/// Opens each part below the one before; only the last may be no folder.
void openBelow(Descriptor& at, const std::string& relative, const std::string& where)
{
    constexpr int Flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    for (std::size_t begin = 0; begin <= relative.size();) {
        const auto end = std::min(relative.find('/', begin), relative.size());
        const auto part = relative.substr(begin, end - begin);
        if (part.empty() || part == "." || part == ".." || part.find('\0') != std::string::npos)
            fail(where, "its path is no plain path inside the folder", "Correct the path");
        const bool last = end == relative.size();
        if (last) {
            // A device could act on being opened: it is looked at first.
            struct stat info {};
            if (::fstatat(at.get(), part.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
                failOpen(where, errno);
            if (!S_ISREG(info.st_mode))
                fail(where,
                     S_ISLNK(info.st_mode) ? "it is a symbolic link" : "it is no regular file",
                     "Put the file itself into the folder of pictures");
        }
        const int fd = ::openat(at.get(), part.c_str(), last ? Flags : Flags | O_DIRECTORY);
        if (fd < 0)
            failOpen(where, errno);
        at.reset(fd);
        begin = end + 1;
    }
}

} // namespace

std::vector<std::byte> readContainedFile(const std::filesystem::path& folder,
                                         const std::string& relative, std::uint64_t max_bytes)
{
    const auto where = folder.string() + "/" + shownName(relative);
    Descriptor fd(::open(folder.c_str(), O_PATH | O_CLOEXEC | O_DIRECTORY));
    if (fd.get() < 0)
        failOpen(folder.string(), errno);
    openBelow(fd, relative, where);
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0)
        failOpen(where, errno);
    if (!S_ISREG(info.st_mode))
        fail(where, "it is no regular file", "Put the file itself into the folder of pictures");
    if (std::uint64_t(info.st_size) > max_bytes)
        fail(where,
             "it has " + std::to_string(info.st_size) + " bytes, more than the limit of " +
                 std::to_string(max_bytes),
             "Shrink the picture");
    std::vector<std::byte> bytes(std::size_t(info.st_size));
    for (std::size_t done = 0; done < bytes.size();) {
        const auto got = ::read(fd.get(), bytes.data() + done, bytes.size() - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            fail(where, got < 0 ? std::strerror(errno) : "it became shorter while it was read",
                 "Check the disk and try again");
        done += std::size_t(got);
    }
    return bytes;
}

} // namespace bitdial
