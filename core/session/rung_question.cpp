// SPDX-License-Identifier: Apache-2.0
#include "core/session/rung_question.h"

namespace bitdial {
namespace {

RungRequest requestOf(const RungQuestion& question)
{
    RungRequest request;
    request.network = question.point.network;
    request.bits = question.point.bits;
    request.state = question.point.state;
    request.integers = fold(question.point);
    request.samples = question.samples;
    request.role = question.role;
    request.code_samples = question.code_samples;
    request.threads = question.threads;
    return request;
}

} // namespace

RungAnswer answerRungs(const RungQuestion& question, const std::stop_token& stop,
                       const RungProgress& progress)
{
    const auto tell = [&](RungPhase phase, double fraction) {
        if (progress)
            progress(phase, fraction);
    };
    tell(RungPhase::Folding, -1);
    std::optional<DeviceResults> results;
    if (question.device)
        results = readDeviceResults(*question.device, question.point.network->classCount());
    const auto request = requestOf(question);
    RungAnswer answer;
    if (results)
        answer.device =
            compareDevice(*results, request.integers, request.samples, request.role, stop,
                          [&](double fraction) { tell(RungPhase::Device, fraction); });
    answer.rungs =
        compareRungs(request, stop, [&](double fraction) { tell(RungPhase::Rungs, fraction); });
    return answer;
}

} // namespace bitdial
