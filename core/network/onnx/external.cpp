// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/external.h"

#include "core/base/descriptor.h"
#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <charconv>
#include <fcntl.h>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace bitdial {
namespace {

constexpr std::size_t longest_location = 1024;
constexpr std::uint64_t largest_offset = std::uint64_t(1) << 40;

[[noreturn]] void refuse(const std::string& location, const std::string& why)
{
    throw OnnxInvalid{"its data file " + onnxQuoted(location) + " " + why};
}

std::uint64_t number(const std::string& key, const std::string& text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value > largest_offset)
        throw OnnxInvalid{"its external " + key + " " + onnxQuoted(text) +
                          " is no number of bytes that a file can have"};
    return value;
}

std::vector<std::string> components(const std::string& location)
{
    std::vector<std::string> parts;
    std::size_t start = 0;
    while (start <= location.size()) {
        const auto end = std::min(location.find('/', start), location.size());
        parts.push_back(location.substr(start, end - start));
        start = end + 1;
    }
    return parts;
}

void checkLocation(const std::string& location)
{
    if (location.empty() || location.size() > longest_location)
        refuse(location, "has no name, or one that is too long");
    if (location.find('\0') != std::string::npos || location.find('\\') != std::string::npos ||
        location.find(':') != std::string::npos)
        refuse(location, "has a backslash, colon or zero in its name");
    if (location[0] == '/')
        refuse(location, "is named by an absolute path; it must lie in the model's folder");
    for (const auto& part : components(location))
        if (part.empty() || part == "..")
            refuse(location, "is not named by a plain path below the model's folder");
}

/// The data file, opened step by step from the folder so that no link can lead out of it.
void openBelow(const std::filesystem::path& folder, const std::string& location, Descriptor& file)
{
    Descriptor at(open(folder.empty() ? "." : folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    auto parts = components(location);
    std::erase(parts, ".");
    if (parts.empty())
        refuse(location, "is no file");
    for (std::size_t i = 0; at.get() >= 0 && i + 1 < parts.size(); ++i)
        at.reset(openat(at.get(), parts[i].c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    struct stat status = {};
    const auto& name = parts.back();
    // Looked at before it is opened: to open a device or a pipe can have effects or block.
    if (at.get() < 0 || fstatat(at.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        refuse(location, "is missing below the model's folder, or behind a symbolic link");
    if (!S_ISREG(status.st_mode))
        refuse(location, "is no regular file");
    file.reset(
        openat(at.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (file.get() < 0)
        refuse(location, "cannot be opened");
}

std::uint64_t sizeOf(const Descriptor& file, const std::string& location)
{
    struct stat status = {};
    if (fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
        refuse(location, "is no regular file");
    if (status.st_nlink != 1)
        refuse(location, "is a hard link: the same file has another name elsewhere");
    return std::uint64_t(status.st_size);
}

} // namespace

OnnxExternalPlace onnxExternalPlace(const onnx::TensorProto& tensor)
{
    OnnxExternalPlace place;
    std::set<std::string> seen;
    for (const auto& entry : tensor.external_data()) {
        if (!seen.insert(entry.key()).second)
            throw OnnxInvalid{"its external data says " + onnxQuoted(entry.key()) + " twice"};
        if (entry.key() == "location")
            place.location = entry.value();
        else if (entry.key() == "offset")
            place.offset = number(entry.key(), entry.value());
        else if (entry.key() == "length")
            place.length = number(entry.key(), entry.value());
        else if (entry.key() != "checksum")
            throw OnnxInvalid{"its external data has the unknown key " + onnxQuoted(entry.key())};
    }
    checkLocation(place.location);
    return place;
}

std::vector<std::byte> readOnnxExternal(const std::filesystem::path& folder,
                                        const OnnxExternalPlace& place, std::uint64_t bytes)
{
    if (place.length != 0 && place.length != bytes)
        refuse(place.location, "is said to hold " + std::to_string(place.length) +
                                   " bytes of it, its sizes need " + std::to_string(bytes));
    Descriptor file;
    openBelow(folder, place.location, file);
    const auto size = sizeOf(file, place.location);
    if (place.offset > size || bytes > size - place.offset)
        refuse(place.location,
               "ends before the tensor does: it has " + std::to_string(size) + " bytes");
    std::vector<std::byte> data(bytes);
    std::uint64_t done = 0;
    while (done < bytes) {
        const auto got =
            pread(file.get(), data.data() + done, bytes - done, off_t(place.offset + done));
        if (got <= 0)
            refuse(place.location, "cannot be read to its end");
        done += std::uint64_t(got);
    }
    return data;
}

std::uint64_t onnxExternalSize(const std::filesystem::path& folder, const OnnxExternalPlace& place)
{
    Descriptor file;
    openBelow(folder, place.location, file);
    return sizeOf(file, place.location);
}

} // namespace bitdial
