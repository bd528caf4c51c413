// SPDX-License-Identifier: Apache-2.0
#include "app/window/export_job.h"

#include "core/deployment/golden_vectors.h"
#include "core/project/project.h"

#include <QCoreApplication>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("ExportJob", text);
}

QuantizationState readState(const ExportWork& work)
{
    const auto where = work.project.string() + ": point " + std::to_string(work.point.id);
    auto state = work.point.state_hash.empty()
                     ? std::nullopt
                     : Project::open(work.project)->state(work.point.state_hash);
    if (!state)
        throw Error(ErrorCode::Infeasible, "The point has no quantized weights", where,
                    "it is a float reference or was not measured yet",
                    "Wait until it is measured, or choose another point");
    return std::move(*state);
}

} // namespace

void exportAndVerify(const ExportWork& work, JobContext& context, ExportOutcome& outcome)
{
    context.progress({words("folding to integers"), -1, -1, -1});
    ExportRequest request;
    request.network = std::make_shared<const IntegerNetwork>(
        foldToIntegers(work.network, work.point.assignment, readState(work)));
    request.profile = work.profile;
    request.golden_inputs = goldenInputs(work.samples, work.images);
    request.title = work.network->name() + ", point " + std::to_string(work.point.id);
    context.checkStop();
    context.progress({words("writing C"), -1, -1, -1});
    exportPulpNn(request, work.folder);
    outcome.is_written = true;
    context.progress({words("verifying"), 0, -1, -1});
    outcome.verified = verifyExport(work.folder, context.stop(), [&](double fraction) {
        context.progress({words("verifying"), fraction, -1, -1});
    });
    if (!outcome.verified.bit_exact)
        throw Error(ErrorCode::Failed, "The exported C does not compute what the window shows",
                    work.folder.string(), outcome.verified.first_mismatch,
                    "Do not use this export; please report it with the folder");
}

} // namespace bitdial
