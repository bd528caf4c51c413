// SPDX-License-Identifier: Apache-2.0
#include "core/network/open_network.h"

#include "core/base/error.h"
#include "core/base/file.h"

#include <cstdlib>
#include <filesystem>

namespace bitdial {

std::string demoFolder()
{
    if (const char* folder = std::getenv("BITDIAL_DEMO"))
        return folder;
    const std::filesystem::path installed = std::filesystem::path(BITDIAL_DATA_DIR) / "demo";
    if (std::filesystem::exists(installed))
        return installed.string();
    return BITDIAL_SOURCE_DIR "/resources/demo";
}

std::shared_ptr<const Network> openNetwork(const std::string& source)
{
    if (source.starts_with("zoo:"))
        return buildZooNetwork(source);
    std::filesystem::path path = source;
    if (source == "demo")
        path = std::filesystem::path(demoFolder()) / "fashion-resnet8.onnx";
    else if (!std::filesystem::exists(path) && path.extension() != ".onnx" &&
             !path.has_parent_path())
        path = std::filesystem::path(demoFolder()) / (source + ".onnx");
    if (path.extension() != ".onnx")
        throw Error(ErrorCode::BadInput, "The network cannot be opened", source,
                    "it is no .onnx file, demo network or zoo:NAME",
                    "Give an .onnx file, 'demo' or a built-in architecture such as zoo:resnet8");
    const auto bytes = readFile(path);
    return importOnnx(bytes, path.filename().string());
}

} // namespace bitdial
