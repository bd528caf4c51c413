// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/file.h"
#include "core/learning/initial_parameters.h"
#include "core/network/open/open_network.h"

#include <filesystem>
#include <string>

namespace bitdial::test {

/// Writes a small network with random numbers, for two classes of 16 x 16 pictures; returns the
/// file.
inline std::string writeNetwork(const std::filesystem::path& folder)
{
    const auto geometry =
        openNetwork("zoo:mobilenet-v1?width=0.25&resolution=16&channels=1&classes=2&blocks=2");
    const auto file = folder / "small.onnx";
    writeFileAtomically(file,
                        exportOnnx(*geometry->withParameters(initialParameters(*geometry, 5))));
    return file.string();
}

/// Writes 100 pictures for it with their description; returns the file.
inline std::string writeData(const std::filesystem::path& folder)
{
    std::string records;
    for (unsigned i = 0; i < 100; ++i) {
        records.push_back(char(i % 2));
        for (unsigned p = 0; p < 256; ++p)
            records.push_back(char((i * 31 + p * 7) % 251));
    }
    writeFileAtomically(folder / "pictures.bin", std::string_view(records));
    const auto file = folder / "data.json";
    writeFileAtomically(file, std::string_view(R"({"schema": "bitdial.data/1", "format": "raw",
 "images": "pictures.bin", "preprocess": {"scale": 0.00392},
 "raw": {"record_bytes": 257, "label_offset": 0, "data_offset": 1, "shape": [1, 16, 16],
         "dtype": "uint8"}})"));
    return file.string();
}

} // namespace bitdial::test
