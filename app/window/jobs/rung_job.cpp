// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/rung_job.h"

#include "core/project/project.h"

#include <QCoreApplication>

#include <algorithm>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("RungJob", text);
}

RungQuestion questionOf(const RungWork& work)
{
    RungQuestion question;
    question.point = measuredPoint(*Project::connect(work.project), work.network, work.point);
    question.samples = work.samples;
    auto& indices = question.samples.indices;
    indices.resize(std::min(indices.size(), std::size_t(std::max(1, work.order.samples))));
    question.role = work.role;
    question.code_samples = work.order.code_samples;
    question.threads = work.threads;
    if (!work.order.device.empty())
        question.device = work.order.device;
    return question;
}

QString phaseText(RungPhase phase)
{
    switch (phase) {
    case RungPhase::Folding:
        return words("folding to integers");
    case RungPhase::Device:
        return words("device results");
    case RungPhase::Rungs:
        break;
    }
    return words("comparing rungs");
}

} // namespace

RungReport compareRungs(const RungWork& work, JobContext& context)
{
    return {work.point.id, work.network,
            answerRungs(questionOf(work), context.stop(), [&](RungPhase phase, double fraction) {
                context.progress({phaseText(phase), fraction, -1, -1});
            })};
}

} // namespace bitdial
