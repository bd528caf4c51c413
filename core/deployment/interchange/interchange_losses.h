// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/interchange/interchange_export.h"
#include "core/quantization/tensor_encodings.h"

#include <span>
#include <string>
#include <vector>

namespace bitdial {

/// What the format does not say of these encodings, which are as it writes them.
std::vector<InterchangeLoss> interchangeLosses(const InterchangeRequest& request,
                                               InterchangeFormat format,
                                               std::span<const TensorEncoding> encodings);

} // namespace bitdial
