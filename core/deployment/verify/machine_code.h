// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace bitdial {

/// Whether the code of an ELF object for 32-bit RISC-V sets up hardware loops of XpulpV2. False for
/// what is no such object, or a damaged one.
bool hasHardwareLoops(std::span<const std::byte> object);

} // namespace bitdial
