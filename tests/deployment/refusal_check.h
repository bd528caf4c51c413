// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"

#include <string>

namespace bitdial::test {

/// Whether the reason of an export's refusal is true of the request, by what this file works out of
/// the network, the assignment and the profile. Unknown reasons are not.
bool refusalHolds(const ExportRequest& request, const ErrorDetails& refusal);

/// The part of a refusal's reason that tells kinds apart, for counting.
std::string refusalKind(const ErrorDetails& refusal);

} // namespace bitdial::test
