// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/zip_archive.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const bitdial::ZipArchive zip(std::as_bytes(std::span(data, size)), "fuzz.zip");
        std::vector<std::byte> buffer;
        for (const auto& entry : zip.entries())
            zip.read(entry, buffer);
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
