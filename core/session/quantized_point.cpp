// SPDX-License-Identifier: Apache-2.0
#include "core/session/quantized_point.h"

#include "core/base/error.h"
#include "core/learning/calibration.h"
#include "core/project/project.h"

#include <algorithm>
#include <optional>

namespace bitdial {

DesignPoint storedPoint(const Project& project, std::int64_t id)
{
    const auto points = project.points();
    const auto point = std::ranges::find(points, id, &DesignPoint::id);
    if (point == points.end())
        throw Error(ErrorCode::Usage, "The project has no such point",
                    project.path().string() + ": point " + std::to_string(id),
                    "it has " + std::to_string(points.size()) + " points",
                    "bitdial-cli front lists them");
    return *point;
}

QuantizedPoint measuredPoint(const Project& project, std::shared_ptr<const Network> network,
                             const DesignPoint& point)
{
    const bool is_quantized = !point.assignment.empty() && !point.state_hash.empty();
    auto state = is_quantized ? project.state(point.state_hash) : std::nullopt;
    if (!state)
        throw Error(ErrorCode::Infeasible, "The point has no quantized weights",
                    project.path().string() + ": point " + std::to_string(point.id),
                    "it is a float reference or was not measured yet",
                    "Wait until it is measured, or choose another point");
    return {std::move(network), point.assignment, std::move(*state)};
}

QuantizedPoint calibratedPoint(std::shared_ptr<const Network> network, BitAssignment bits,
                               const ImageSubset& calibration, std::stop_token stop)
{
    auto state = Calibration(network, calibration, std::move(stop)).stateFor(bits);
    return {std::move(network), std::move(bits), std::move(state)};
}

std::shared_ptr<const IntegerNetwork> fold(const QuantizedPoint& point)
{
    return std::make_shared<const IntegerNetwork>(
        foldToIntegers(point.network, point.bits, point.state));
}

} // namespace bitdial
