// SPDX-License-Identifier: Apache-2.0
#include "app/window/measure_job.h"

#include "core/base/sha256.h"
#include "core/learning/calibration.h"
#include "core/project/project.h"
#include "core/quantization/integer_evaluator.h"

#include <QCoreApplication>

#include <optional>

namespace bitdial {
namespace {

QString words(const char* text)
{
    return QCoreApplication::translate("MeasureJob", text);
}

Accuracy measureOn(const std::shared_ptr<const IntegerNetwork>& integers,
                   const ImageSubset& samples, DataRole role, int threads, JobContext& context)
{
    const auto phase = role == DataRole::Test ? words("test images") : words("validation images");
    auto accuracy = evaluateInteger(integers, samples, threads, context.stop(), [&](int done) {
        context.progress({phase, double(done) / samples.size(), -1, -1});
    });
    accuracy.role = role;
    return accuracy;
}

bool hasTest(const DesignPoint& point)
{
    const auto* accuracy = point.accuracy(Rung::Integer);
    return accuracy != nullptr && accuracy->role == DataRole::Test;
}

} // namespace

QuantizationState stateForEdit(const MeasureRequest& request, const QuantizationState* base,
                               const std::stop_token& stop)
{
    const auto& bits = request.point.assignment;
    if (base == nullptr)
        return Calibration(request.network, request.data.calibration, stop).stateFor(bits);
    auto state = *base;
    const auto network = request.network->withParameters(base->parameters);
    for (int l = 0; l < network->layerCount(); ++l) {
        const auto& layer = network->layer(l);
        const int width = bits.weightBits(l);
        if (!layer.hasWeights() || width == request.base_bits.weightBits(l))
            continue;
        state.weight_scales[std::size_t(l)] =
            Calibration::weightScales(layer, base->parameters->layers[std::size_t(l)].weights,
                                      width, isRawOutput(*network, layer.output));
    }
    std::optional<Calibration> calibration; // runs the network: only where an activation changed
    for (int t = 0; t < network->tensorCount(); ++t) {
        if (bits.activationBits(t) == request.base_bits.activationBits(t))
            continue;
        if (!calibration)
            calibration.emplace(network, request.data.calibration, stop);
        state.activations[std::size_t(t)] = calibration->activation(t, bits.activationBits(t));
    }
    return state;
}

void measurePoint(const MeasureRequest& request, JobContext& context,
                  const std::function<void(const Measured&)>& found)
{
    context.progress({words("calibrating"), -1, -1, -1});
    const auto project = Project::open(request.project);
    Measured measured;
    const bool is_new = request.point.state_hash.empty();
    const auto& hash = is_new ? request.base_state_hash : request.point.state_hash;
    const auto stored = hash.empty() ? std::nullopt : project->state(hash);
    if (!is_new && stored)
        measured.state = std::make_shared<const QuantizationState>(*stored);
    else
        measured.state = std::make_shared<const QuantizationState>(
            stateForEdit(request, stored ? &*stored : nullptr, context.stop()));
    measured.state_hash = sha256Hex(toBytes(*measured.state));
    const auto integers = std::make_shared<const IntegerNetwork>(
        foldToIntegers(request.network, request.point.assignment, *measured.state));
    const auto& point = request.point;
    const auto keep = [&](const ImageSubset& samples, DataRole role) {
        measured.accuracy = measureOn(integers, samples, role, request.threads, context);
        context.checkStop();
        if (point.state_hash.empty())
            project->setState(point.id, *measured.state);
        project->addAccuracy(point.id, measured.accuracy);
        context.post([found, measured] { found(measured); });
    };
    if (point.accuracy(Rung::Integer) == nullptr)
        keep(request.data.validation, DataRole::Validation);
    if (request.on_test && !hasTest(point))
        keep(request.data.test, DataRole::Test);
}

} // namespace bitdial
