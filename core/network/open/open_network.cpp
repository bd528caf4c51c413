// SPDX-License-Identifier: Apache-2.0
#include "core/network/open/open_network.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/nearest_name.h"
#include "core/network/onnx/import.h"
#include "core/network/onnx/inlining.h"
#include "core/network/open/weight_replacement.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <limits>

namespace bitdial {
namespace {

constexpr std::string_view weights_key = "?weights=";

/// What `demo` and the demo networks are called.
std::vector<std::string> demoNames()
{
    std::vector<std::string> names{"demo"};
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(demoFolder(), absent))
        if (entry.path().extension() == ".onnx")
            names.push_back(entry.path().stem().string());
    std::sort(names.begin() + 1, names.end());
    return names;
}

/// The ONNX file behind a path or a demo network's name.
std::filesystem::path networkFile(const std::string& name)
{
    std::filesystem::path path = name;
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored) || path.extension() == ".onnx")
        return path;
    if (isDemoNetwork(name))
        return std::filesystem::path(demoFolder()) /
               ((name == "demo" ? "fashion-resnet8" : name) + ".onnx");
    if (path.has_parent_path())
        return path; // reading it says why it cannot be
    throw Error(ErrorCode::BadInput, "The network cannot be opened", name,
                "there is no such file or demo network",
                didYouMean(name, demoNames()) +
                    " Else give an .onnx file, a .bitdial project or a built-in architecture "
                    "such as zoo:resnet8");
}

/// What people give instead of an ONNX file, told by its first bytes.
void checkIsNoOtherFile(std::span<const std::byte> bytes, const std::string& where)
{
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    constexpr std::size_t safetensors_header = 8; // the length of the JSON that follows
    std::string kind;
    if (text.starts_with("PK\x03\x04") || text.starts_with("\x80\x02"))
        kind = "a PyTorch checkpoint or another archive";
    else if (text.starts_with("\x89HDF"))
        kind = "an HDF5 (Keras) file";
    else if (text.size() > safetensors_header && text.substr(safetensors_header, 2) == "{\"")
        kind = "a safetensors file";
    else if (text.size() > 8 && text.substr(4, 4) == "TFL3")
        kind = "a TensorFlow Lite file";
    if (!kind.empty())
        throw Error(ErrorCode::BadInput, "This is no ONNX file", where, "it is " + kind,
                    "Give an .onnx file; weights alone go to zoo:NAME?weights=FILE or "
                    "FILE.onnx?weights=FILE");
}

/// Before it is read: what is too large would only fill the memory.
void checkFileSize(const std::filesystem::path& file)
{
    std::error_code absent;
    const auto size = std::filesystem::file_size(file, absent);
    if (!absent && size > std::uintmax_t(std::numeric_limits<std::int32_t>::max()))
        throw Error(ErrorCode::BadInput, "The ONNX file is too large", file.string(),
                    "it has " + std::to_string(size) +
                        " bytes, and the format allows less than 2 GiB",
                    "Export it with external data: the numbers in a file of their own beside it");
}

} // namespace

std::string demoFolder()
{
    if (const char* folder = std::getenv("BITDIAL_DEMO"))
        return folder;
    const std::filesystem::path installed = std::filesystem::path(BITDIAL_DATA_DIR) / "demo";
    if (std::filesystem::exists(installed))
        return installed.string();
    return BITDIAL_SOURCE_DIR "/resources/demo";
}

bool isDemoNetwork(std::string_view name)
{
    const auto names = demoNames();
    return std::ranges::find(names, name) != names.end();
}

NetworkSource openNetworkSource(const std::string& source)
{
    NetworkSource opened{nullptr, source, {}};
    if (source.starts_with("zoo:")) {
        opened.network = buildZooNetwork(source);
        if (opened.network->hasParameters())
            opened.bytes = exportOnnx(*opened.network);
        return opened;
    }
    std::error_code ignored;
    const auto key = source.find(weights_key);
    const bool whole = key == std::string::npos || std::filesystem::exists(source, ignored);
    const auto file = networkFile(whole ? source : source.substr(0, key));
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    checkFileSize(file);
    opened.bytes = readFile(file);
    checkIsNoOtherFile(opened.bytes, file.string());
    opened.network = importOnnxFromFolder(opened.bytes, file.string(), folder);
    inlineExternalData(opened.bytes, folder, file.string());
    if (!whole)
        replaceWeights(opened, source.substr(key + weights_key.size()));
    return opened;
}

std::shared_ptr<const Network> openNetwork(const std::string& source)
{
    if (source.starts_with("zoo:")) // without the ONNX file that a project would keep
        return buildZooNetwork(source);
    return openNetworkSource(source).network;
}

} // namespace bitdial
