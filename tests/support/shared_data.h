// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <filesystem>

namespace bitdial::test {

/// Folder of third-party data beside the checkout (or $BITDIAL_SHARED_DATA). It is absent on a
/// user's machine: tests that need it must skip and say so.
inline std::filesystem::path sharedData()
{
    if (const char* folder = std::getenv("BITDIAL_SHARED_DATA"))
        return folder;
    return std::filesystem::path(BITDIAL_SOURCE_DIR) / ".." / "shared" / "data";
}

} // namespace bitdial::test

/// Skips the running test function when a file of the shared data is absent.
#define BITDIAL_NEED_SHARED(file)                                                                  \
    if (!std::filesystem::exists(bitdial::test::sharedData() / (file)))                            \
    QSKIP("the shared test data is not on this machine: " file)
