// SPDX-License-Identifier: Apache-2.0
#include "core/session/point_measurement.h"

#include "core/base/error.h"
#include "core/learning/calibration.h"
#include "core/quantization/integer_evaluator.h"

#include <optional>

namespace bitdial {
namespace {

bool hasTest(const DesignPoint& point)
{
    const auto* accuracy = point.accuracy(Rung::Integer);
    return accuracy != nullptr && accuracy->role == DataRole::Test;
}

void checkStop(const MeasureRequest& request, const std::stop_token& stop)
{
    if (stop.stop_requested())
        throw Error(ErrorCode::Cancelled, "Cancelled", "point " + std::to_string(request.point.id),
                    "it was stopped", "Measure it again");
}

void keep(Project& project, const MeasureRequest& request, const Measured& measured,
          const std::stop_token& stop)
{
    checkStop(request, stop);
    try {
        if (request.point.state_hash.empty())
            project.setState(request.point.id, *measured.state);
        project.addAccuracy(request.point.id, measured.accuracy);
    } catch (const Error&) {
        checkStop(request, stop); // who stopped it may have removed the point since
        throw;
    }
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
    tieMaxPools(*network, state);
    return state;
}

void measurePoint(Project& project, const MeasureRequest& request, const MeasureEvents& events,
                  const std::stop_token& stop)
{
    const DesignPoint& point = request.point;
    const bool is_new = point.state_hash.empty();
    const auto& hash = is_new ? request.base_state_hash : point.state_hash;
    auto state = hash.empty() ? std::nullopt : project.state(hash);
    if (is_new || !state)
        state = stateForEdit(request, state ? &*state : nullptr, stop);
    const auto integers = std::make_shared<const IntegerNetwork>(
        foldToIntegers(request.network, point.assignment, *state));
    Measured measured;
    measured.state = std::make_shared<const EncodedState>(encodeState(*state));
    const auto measure = [&](const ImageSubset& samples, DataRole role) {
        measured.accuracy =
            evaluateInteger(integers, samples, role, request.threads, stop, [&](int done) {
                events.progressed(role, double(done) / samples.size());
            });
        keep(project, request, measured, stop);
        events.stored(measured);
    };
    if (point.accuracy(Rung::Integer) == nullptr)
        measure(request.data.validation, DataRole::Validation);
    if (request.on_test && !hasTest(point))
        measure(request.data.test, DataRole::Test);
}

} // namespace bitdial
