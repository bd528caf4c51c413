// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/export_job.h"

#include "core/base/file.h"
#include "core/deployment/interchange/deeploy_export.h"
#include "core/deployment/interchange/dory_export.h"
#include "core/deployment/pulp_nn/golden_vectors.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"
#include "core/project/project.h"

#include <QCoreApplication>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("ExportJob", text);
}

std::string titleOf(const ExportWork& work)
{
    return work.network->name() + ", point " + std::to_string(work.point.id);
}

ExportRequest foldedRequest(const ExportWork& work, const QuantizationState& state,
                            JobContext& context)
{
    context.progress({words("folding to integers"), -1, -1, -1});
    ExportRequest request;
    request.network = std::make_shared<const IntegerNetwork>(
        foldToIntegers(work.network, work.point.assignment, state));
    request.profile = work.profile;
    const int images = infoOf(work.order.format).has_images ? work.order.images : 1;
    request.golden_inputs = goldenInputs(*work.network, work.samples, images);
    request.title = titleOf(work);
    context.checkStop();
    context.progress({words("writing files"), -1, -1, -1});
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

std::vector<InterchangeLoss> writeInterchange(const ExportWork& work, QuantizationState state,
                                              JobContext& context)
{
    context.progress({words("writing files"), -1, -1, -1});
    const auto version =
        work.order.format == ExportFormat::Aimet100 ? AimetVersion::V1_0_0 : AimetVersion::V0_6_1;
    const InterchangeRequest request{work.network,  work.point.assignment, std::move(state),
                                     titleOf(work), std::nullopt,          version};
    return exportInterchange(request, interchangeFormat(work.order.format), work.order.folder);
}

std::vector<InterchangeLoss> write(const ExportWork& work, JobContext& context)
{
    auto state = pointState(work.project, work.point);
    switch (work.order.format) {
    case ExportFormat::PulpNn:
        exportPulpNn(foldedRequest(work, state, context), work.order.folder);
        return {};
    case ExportFormat::Dory:
        return exportDory(foldedRequest(work, state, context), work.order.folder);
    case ExportFormat::Deeploy:
        return exportDeeploy(foldedRequest(work, state, context), work.order.folder);
    default:
        return writeInterchange(work, std::move(state), context);
    }
}

} // namespace

QuantizationState pointState(const std::filesystem::path& project, const DesignPoint& point)
{
    auto state = point.state_hash.empty() ? std::nullopt
                                          : Project::connect(project)->state(point.state_hash);
    if (!state)
        throw Error(ErrorCode::Infeasible, "The point has no quantized weights",
                    project.string() + ": point " + std::to_string(point.id),
                    "it is a float reference or was not measured yet",
                    "Wait until it is measured, or choose another point");
    return std::move(*state);
}

void runExport(const ExportWork& work, JobContext& context, ExportOutcome& outcome)
{
    const auto& order = work.order;
    outcome.losses = write(work, context);
    outcome.is_written = true;
    outcome.report = QString::fromStdString(readTextFile(order.folder / "report.txt"));
    if (!order.verify || !infoOf(order.format).can_be_verified)
        return;
    context.progress({words("verifying"), 0, -1, -1});
    outcome.verified = verifyExport(order.folder, context.stop(), [&](double fraction) {
        context.progress({words("verifying"), fraction, -1, -1});
    });
    if (!outcome.verified->bit_exact)
        throw Error(ErrorCode::Failed, "The exported C does not compute what the window shows",
                    order.folder.string(), outcome.verified->first_mismatch,
                    "Do not use this export; please report it with the folder");
}

} // namespace bitdial
