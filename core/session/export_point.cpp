// SPDX-License-Identifier: Apache-2.0
#include "core/session/export_point.h"

#include "core/deployment/interchange/deeploy_export.h"
#include "core/deployment/interchange/dory_export.h"
#include "core/deployment/pulp_nn/golden_vectors.h"

namespace bitdial {
namespace {

ExportRequest foldedRequest(const PointExport& asked,
                            const std::function<void(ExportPhase)>& entered)
{
    if (entered)
        entered(ExportPhase::Folding);
    ExportRequest request;
    request.network = fold(asked.point);
    request.profile = asked.profile;
    const int images = factsOf(asked.format).has_images ? asked.images : 1; // DORY takes one input
    request.golden_inputs = goldenInputs(*asked.point.network, asked.samples, images);
    request.title = asked.title;
    return request;
}

InterchangeFormat interchangeFormat(ExportFormat format)
{
    if (format == ExportFormat::OnnxQdq)
        return InterchangeFormat::OnnxQdq;
    if (format == ExportFormat::Qonnx)
        return InterchangeFormat::Qonnx;
    return format == ExportFormat::Csv ? InterchangeFormat::Csv : InterchangeFormat::Aimet;
}

std::vector<InterchangeLoss> writeInterchange(const PointExport& asked,
                                              const std::filesystem::path& folder)
{
    const auto version =
        asked.format == ExportFormat::Aimet100 ? AimetVersion::V1_0_0 : AimetVersion::V0_6_1;
    const InterchangeRequest request{asked.point.network, asked.point.bits, asked.point.state,
                                     asked.title,         asked.opset,      version};
    return exportInterchange(request, interchangeFormat(asked.format), folder);
}

std::vector<InterchangeLoss> writeForTarget(ExportFormat format, const ExportRequest& request,
                                            const std::filesystem::path& folder)
{
    if (format == ExportFormat::Dory)
        return exportDory(request, folder);
    if (format == ExportFormat::Deeploy)
        return exportDeeploy(request, folder);
    exportPulpNn(request, folder);
    return {};
}

} // namespace

ExportFormatFacts factsOf(ExportFormat format)
{
    switch (format) {
    case ExportFormat::PulpNn:
        return {true, true, true};
    case ExportFormat::Dory:
        return {true, false, false};
    case ExportFormat::Deeploy:
        return {true, true, false};
    default:
        return {};
    }
}

PointExported exportPoint(const PointExport& request, const std::filesystem::path& folder,
                          const std::function<void(ExportPhase)>& entered)
{
    PointExported exported;
    std::optional<ExportRequest> for_target;
    if (factsOf(request.format).has_target) {
        for_target = foldedRequest(request, entered);
        exported.golden_inputs = for_target->golden_inputs.size();
    }
    if (entered)
        entered(ExportPhase::Writing);
    exported.replaced = titleOfExport(folder);
    exported.losses = for_target ? writeForTarget(request.format, *for_target, folder)
                                 : writeInterchange(request, folder);
    return exported;
}

} // namespace bitdial
