// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/deployment/verify/library.h"

#include <cstddef>
#include <cstdint>
#include <sstream>
#include <string>

/// The static library that a user gives to verify, as far as it is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    std::istringstream archive(std::string(data, data + size));
    try {
        bitdial::archiveMachine(archive);
    } catch (const bitdial::Error&) {
        return 0;
    }
    return 0;
}
