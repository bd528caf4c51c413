// SPDX-License-Identifier: Apache-2.0
#include "core/network/open_network.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/nearest_name.h"
#include "core/network/onnx_import.h"
#include "core/network/weight_inlining.h"
#include "core/network/weight_replacement.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

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
    const std::filesystem::path path = name;
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
    opened.bytes = readFile(file);
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
