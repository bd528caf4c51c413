// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/interchange/deployer_files.h"

#include "core/base/error.h"
#include "core/deployment/interchange/kernel_limits.h"
#include "core/hardware/profile/hardware_profile.h"

namespace bitdial {

void checkDeployerRequest(const ExportRequest& request, const std::string& deployer,
                          const std::filesystem::path& folder)
{
    checkExportRequest(request);
    if (const auto why = whyNoXpulpV2Cluster(*request.profile); !why.empty())
        throw Error(ErrorCode::Infeasible, "The target is none of " + deployer + "'s",
                    "target '" + request.profile->name() + "'", why,
                    "Choose a PULP cluster with XpulpV2 kernels");
    checkExportFolder(folder);
}

void writeDeployerFolder(ProjectFiles files, const OnnxFile& graph, const std::string& readme,
                         const LossReport& report, const std::filesystem::path& folder)
{
    const auto bytes = writeOnnxFile(graph);
    files["network.onnx"].assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    files["README.md"] = readme;
    files["report.txt"] = lossReportText(report);
    files["report.json"] = lossReportJson(report);
    writeExportFolder(folder, files);
}

} // namespace bitdial
