// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/measure_job.h"

#include <QCoreApplication>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("MeasureJob", text);
}

} // namespace

void measureInJob(const std::filesystem::path& project, const MeasureRequest& request,
                  JobContext& context, const std::function<void(const Measured&)>& found)
{
    context.progress({words("calibrating"), -1, -1, -1});
    MeasureEvents events;
    events.progressed = [&](DataRole role, double fraction) {
        const auto phase =
            role == DataRole::Test ? words("test images") : words("validation images");
        context.progress({phase, fraction, -1, -1});
    };
    events.stored = [&](const Measured& measured) {
        context.post([found, measured] { found(measured); });
    };
    measurePoint(*Project::connect(project), request, events, context.stop());
}

} // namespace bitdial
