// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/export_plan.h"
#include "core/deployment/pulp_nn/target_golden.h"

#include <string>
#include <vector>

namespace bitdial {

/// C files that the host program consists of, and those of the target's program besides the
/// library's kernels; paths inside the project.
const std::vector<std::string>& hostSources();
const std::vector<std::string>& pulpSources();

/// The schema that report.json names.
inline constexpr const char* export_report_schema = "bitdial.export-report/1";

/// What an exported project's texts tell of.
struct ReportSubject {
    const ExportPlan& plan;
    const std::string& title;
    std::size_t images = 0;      ///< golden ones
    TargetGolden on_target = {}; ///< what the target's program compares
    std::string identity = {};   ///< of the export, as the target's program prints it
};

// Text files of an exported project.
std::string makefileText(const ExportPlan& plan, const TargetGolden& golden);
std::string readmeText(const ReportSubject& subject);
std::string namesJson(const ExportPlan& plan); ///< which C names stand for which layer
std::string reportJson(const ReportSubject& subject);
std::string reportText(const ReportSubject& subject);

} // namespace bitdial
