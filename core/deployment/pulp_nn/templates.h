// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace bitdial {

/// Text of a file of core/deployment/pulp_nn/templates, which is built in. Throws Error(Failed) for
/// an unknown name.
std::string_view templateText(std::string_view name);

} // namespace bitdial
