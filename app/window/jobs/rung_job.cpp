// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/rung_job.h"

#include "app/window/jobs/export_job.h"

#include <QCoreApplication>

#include <algorithm>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("RungJob", text);
}

RungRequest requestOf(const RungWork& work)
{
    RungRequest request;
    request.network = work.network;
    request.bits = work.point.assignment;
    request.state = pointState(work.project, work.point);
    request.integers = std::make_shared<const IntegerNetwork>(
        foldToIntegers(request.network, request.bits, request.state));
    request.samples = work.samples;
    auto& indices = request.samples.indices;
    indices.resize(std::min(indices.size(), std::size_t(std::max(1, work.order.samples))));
    request.role = work.role;
    request.code_samples = work.order.code_samples;
    request.threads = work.threads;
    return request;
}

} // namespace

RungReport compareRungs(const RungWork& work, JobContext& context)
{
    context.progress({words("folding to integers"), -1, -1, -1});
    const auto& device = work.order.device;
    std::optional<DeviceResults> results;
    if (!device.empty())
        results = readDeviceResults(device, work.network->classCount());
    const auto request = requestOf(work);
    RungReport report{work.point.id, work.network, {}, {}};
    if (results)
        report.device = compareDevice(*results, request.integers, request.samples, request.role,
                                      context.stop(), [&](double done) {
                                          context.progress({words("device results"), done, -1, -1});
                                      });
    report.rungs = compareRungs(request, context.stop(), [&](double done) {
        context.progress({words("comparing rungs"), done, -1, -1});
    });
    return report;
}

} // namespace bitdial
