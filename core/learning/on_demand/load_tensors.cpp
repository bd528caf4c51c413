// SPDX-License-Identifier: Apache-2.0
#include "core/learning/on_demand/load_tensors.h"

#include "core/base/error.h"

#include <dlfcn.h>

#include <filesystem>
#include <string>
#include <system_error>

namespace bitdial {
namespace {

[[noreturn]] void refuse(const std::filesystem::path& library, const std::string& why)
{
    throw Error(ErrorCode::Failed, "Tensors cannot be computed with", library.string(), why,
                "Install Bitdial whole, programs and library from the same package");
}

/// Where it is installed, seen from the program; or where it is built, for the window's program is
/// one folder further down there.
std::filesystem::path libraryFile()
{
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
    if (error)
        refuse(BITDIAL_TENSOR_LIBRARY, "the program's folder is not known: " + error.message());
    const auto beside = [](const std::filesystem::path& folder) {
        return (folder / BITDIAL_TENSOR_FOLDER / BITDIAL_TENSOR_LIBRARY).lexically_normal();
    };
    const auto installed = beside(program.parent_path());
    const auto built = beside(program.parent_path().parent_path());
    return std::filesystem::exists(built, error) && !std::filesystem::exists(installed, error)
               ? built
               : installed;
}

std::string loaderMessage()
{
    const char* message = ::dlerror();
    return message == nullptr ? "the system does not say why" : message;
}

const TensorTable& load()
{
    const auto file = libraryFile();
    // Everything is looked up now: what does not fit together is said here, not amid the work.
    void* const library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr)
        refuse(file, loaderMessage());
    const auto entry =
        reinterpret_cast<decltype(bitdialTensorTable)*>(::dlsym(library, "bitdialTensorTable"));
    if (entry == nullptr)
        refuse(file, "it is no library of Bitdial: " + loaderMessage());
    const TensorTable& table = *entry();
    if (const std::string version = table.version; version != BITDIAL_VERSION)
        refuse(file, "it is of version " + version + ", the program of " BITDIAL_VERSION);
    if (table.bytes != sizeof(TensorTable))
        refuse(file, "it is of another build than the program");
    return table;
}

} // namespace

const TensorTable& loadTensors()
{
    static const TensorTable& table = load(); // what throws is tried again by the next call
    return table;
}

} // namespace bitdial
