// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/export_job.h"

#include "core/base/file.h"
#include "core/project/project.h"

#include <QCoreApplication>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("ExportJob", text);
}

PointExport requestOf(const ExportWork& work)
{
    PointExport request;
    request.point = measuredPoint(*Project::connect(work.project), work.network, work.point);
    request.title = work.network->name() + ", point " + std::to_string(work.point.id);
    request.format = work.order.format;
    request.profile = work.profile;
    request.samples = work.samples;
    request.images = work.order.images;
    return request;
}

PointExported write(const ExportWork& work, JobContext& context)
{
    return exportPoint(requestOf(work), work.order.folder, [&](ExportPhase phase) {
        context.checkStop();
        context.progress(
            {phase == ExportPhase::Folding ? words("folding to integers") : words("writing files"),
             -1, -1, -1});
    });
}

} // namespace

void runExport(const ExportWork& work, JobContext& context, ExportOutcome& outcome)
{
    const auto& order = work.order;
    outcome.written = write(work, context);
    outcome.is_written = true;
    outcome.report = QString::fromStdString(readTextFile(order.folder / "report.txt"));
    if (!order.verify || !infoOf(order.format).facts.can_be_verified)
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
