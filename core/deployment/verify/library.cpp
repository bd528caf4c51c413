// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/library.h"

#include "core/base/error.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <fstream>
#include <istream>
#include <optional>
#include <set>
#include <sstream>

namespace bitdial {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view archive_magic = "!<arch>\n";
constexpr std::string_view thin_archive_magic = "!<thin>\n";
constexpr std::size_t member_header_bytes = 60;
/// Members looked at until one is an object: the first are symbol and name tables.
constexpr int most_members = 8;
constexpr const char* kernels_header = "pulp_nn_kernels.h";

[[noreturn]] void failLibrary(const fs::path& file, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The kernel library cannot be used", file.string(), why, next);
}

const char* machineName(int machine, bool wide)
{
    switch (machine) {
    case 3:
        return "x86, 32-bit";
    case 40:
        return "Arm, 32-bit";
    case 62:
        return "x86-64";
    case 183:
        return "AArch64";
    case 243:
        return wide ? "RISC-V, 64-bit" : "RISC-V, 32-bit";
    default:
        return "another machine";
    }
}

/// Machine of an ELF object whose first bytes these are; nothing if it is none.
std::optional<std::string> objectMachine(const std::array<char, 20>& head)
{
    if (std::string_view(head.data(), 4) != "\x7f"
                                            "ELF")
        return std::nullopt;
    const auto low = std::uint8_t(head[18]);
    const auto high = std::uint8_t(head[19]);
    const bool little = head[5] == 1;
    return machineName(little ? low | high << 8 : low << 8 | high, head[4] == 2);
}

fs::path headerBeside(const fs::path& file)
{
    const auto folder = file.parent_path();
    for (const auto& place : {folder, folder / "include", folder.parent_path() / "include"}) {
        std::error_code ignored;
        if (fs::is_regular_file(place / kernels_header, ignored))
            return place / kernels_header;
    }
    return {};
}

/// Names in "undefined reference to `NAME'" and "undefined symbol: NAME", as linkers say it.
std::set<std::string> undefinedNames(const std::string& log)
{
    std::set<std::string> names;
    for (const std::string_view before : {"undefined reference to `", "undefined symbol: ",
                                          "undefined reference to '", "undefined reference to "})
        for (auto at = log.find(before); at != std::string::npos; at = log.find(before, at + 1)) {
            std::string name;
            for (auto c = at + before.size();
                 c < log.size() &&
                 (std::isalnum(static_cast<unsigned char>(log[c])) || log[c] == '_');
                 ++c)
                name += log[c];
            if (!name.empty())
                names.insert(name);
        }
    return names;
}

void explainUndefined(const KernelLibrary& library, const std::set<std::string>& names, int cores)
{
    std::string missing;
    int count = 0;
    for (const auto& name : names) {
        int built_for = 0;
        std::istringstream number(name.substr(std::min<std::size_t>(name.size(), 13)));
        if (name.starts_with("pulp_team_of_") && number >> built_for)
            failLibrary(library.file,
                        "it was compiled for NUM_CORES=" + std::to_string(built_for) +
                            ", the program for " + std::to_string(cores),
                        "Compile the library with -DNUM_CORES=" + std::to_string(cores) +
                            ", or verify with --cores " + std::to_string(built_for));
        if (count++ < 3)
            missing += (missing.empty() ? "" : ", ") + name;
    }
    if (count > 0)
        failLibrary(library.file,
                    "it lacks " + missing +
                        (count > 3 ? " and " + std::to_string(count - 3) + " more" : "") +
                        (library.machine.empty() ? "" : "; its objects are for " + library.machine),
                    "Build it from all sources of the library that the project's Makefile names, "
                    "against the project's host folder");
}

} // namespace

std::string archiveMachine(std::istream& archive)
{
    archive.seekg(std::streamoff(archive_magic.size()));
    for (int member = 0; member < most_members; ++member) {
        std::array<char, member_header_bytes> header{};
        std::array<char, 20> head{};
        if (!archive.read(header.data(), header.size()))
            return {};
        std::uint64_t size = 0;
        std::from_chars(&header[48], &header[58], size);
        const auto start = archive.tellg();
        if (archive.read(head.data(), head.size()))
            if (const auto machine = objectMachine(head))
                return *machine;
        if (size > (std::uint64_t(1) << 40))
            return {};
        archive.clear();
        archive.seekg(start + std::streamoff(size + size % 2));
    }
    return {};
}

KernelLibrary openKernelLibrary(const fs::path& file)
{
    const std::string next = "Give a static library (.a) built as host/README.md says";
    KernelLibrary library{fs::absolute(file).lexically_normal(), {}, {}};
    std::error_code error;
    const auto status = fs::status(library.file, error);
    if (!fs::exists(status))
        failLibrary(file, "there is no such file", next);
    if (!fs::is_regular_file(status))
        failLibrary(file, "it is no regular file", next);
    std::ifstream archive(library.file, std::ios::binary);
    std::string magic(archive_magic.size(), '\0');
    if (!archive.read(magic.data(), std::streamsize(magic.size())) ||
        (magic != archive_magic && magic != thin_archive_magic))
        failLibrary(file, archive.is_open() ? "it is no static library" : "it cannot be read",
                    next);
    if (magic == archive_magic)
        library.machine = archiveMachine(archive);
    library.header = headerBeside(library.file);
    return library;
}

void explainLinkFailure(const KernelLibrary& library, const ProcessResult& run, int cores)
{
    for (const char* words :
         {"skipping incompatible", "incompatible with i386", "incompatible with elf",
          "incompatible file type", "wrong format", "format not recognized", "unknown machine",
          "Relocations in generic ELF", "architecture of input file"})
        if (run.output.find(words) != std::string::npos)
            failLibrary(library.file,
                        "its objects are for " +
                            (library.machine.empty() ? "another machine" : library.machine) +
                            ", which this machine's compiler does not link",
                        "Build it with the compiler that verify uses (CC, else cc)");
    if (run.output.find("no index") != std::string::npos)
        failLibrary(library.file,
                    "it has no index of its symbols; its objects are for " +
                        (library.machine.empty() ? "an unknown machine" : library.machine),
                    "Run ranlib on it, or build it with ar rcs");
    explainUndefined(library, undefinedNames(run.output), cores);
}

} // namespace bitdial
