// SPDX-License-Identifier: Apache-2.0
#include "core/learning/training_loop.h"

#include "core/base/error.h"

#include <cmath>
#include <numbers>

namespace bitdial {
namespace {

void throwIfStopped(const std::string& what, const std::string& where, const std::stop_token& stop)
{
    if (stop.stop_requested())
        throw Error(ErrorCode::Cancelled, what + " was cancelled", where, "", "");
}

void setRate(torch::optim::Optimizer& optimizer, double rate)
{
    for (auto& group : optimizer.param_groups())
        group.options().set_lr(rate);
}

} // namespace

void runTraining(const TrainingLoop& loop, const std::stop_token& stop)
{
    for (int step = 0; step < loop.steps; ++step) {
        throwIfStopped(loop.what, loop.where, stop);
        for (const auto& each : loop.optimizers) {
            if (each.rate)
                setRate(each.optimizer, each.rate(step));
            each.optimizer.get().zero_grad();
        }
        const at::Tensor loss = loop.loss(step);
        loss.backward();
        if (loop.gradients_ready)
            loop.gradients_ready();
        for (const auto& each : loop.optimizers)
            each.optimizer.get().step();
        if (loop.stepped)
            loop.stepped(step, loss);
    }
}

std::function<void()> stopCheck(const TrainingLoop& loop, const std::stop_token& stop)
{
    return [what = loop.what, where = loop.where, stop] { throwIfStopped(what, where, stop); };
}

double cosineDecay(int step, int steps)
{
    return 0.5 * (1 + std::cos(std::numbers::pi * step / steps));
}

} // namespace bitdial
