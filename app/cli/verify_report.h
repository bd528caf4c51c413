// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/verify_export.h"

#include <nlohmann/json.hpp>

namespace bitdial::cli {

/// A verification's result for `verify --json`.
nlohmann::ordered_json verifyJson(const VerifyResult& result);
/// The same for people: instructions or cycles by layer, then what was found in one line.
std::string verifyText(const VerifyResult& result);

} // namespace bitdial::cli
