// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/export_plan.h"

#include <string>
#include <vector>

namespace bitdial {

/// C files that the host program consists of, and those of the target's program besides the
/// library's kernels; paths inside the project.
const std::vector<std::string>& hostSources();
const std::vector<std::string>& pulpSources();

// Text files of an exported project.
std::string makefileText(const ExportPlan& plan);
std::string readmeText(const ExportPlan& plan, const std::string& title, std::size_t images);
std::string reportJson(const ExportPlan& plan, const std::string& title);
std::string reportText(const ExportPlan& plan, const std::string& title);

} // namespace bitdial
