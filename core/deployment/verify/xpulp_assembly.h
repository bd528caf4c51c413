// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace bitdial {

/// RV32 assembly as clang writes it for CORE-V, for a core with XpulpV2: loads and stores with a
/// register as offset or increment are encoded otherwise there (those with an immediate are not),
/// and calls become jumps, which reach any code in L2. Other lines stay as they are.
std::string xpulpAssembly(std::string_view text);

} // namespace bitdial
