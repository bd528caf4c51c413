// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/cost_axis.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/network/network.h"

#include <algorithm>
#include <array>
#include <vector>

namespace bitdial {
namespace {

constexpr std::array all_axes = {CostAxis::Latency,
                                 CostAxis::Energy,
                                 CostAxis::WeightBytes,
                                 CostAxis::ActivationBytes,
                                 CostAxis::PeakActivationBytes,
                                 CostAxis::PeakL1Bytes,
                                 CostAxis::PeakL2Bytes,
                                 CostAxis::FlashBytes,
                                 CostAxis::Bops};

std::int64_t tensorBytes(const Network& network, const BitAssignment& bits, int tensor)
{
    return (network.tensor(tensor).shape.elements() * bits.activationBits(tensor) + 7) / 8;
}

/// The last layer that reads a tensor; the network's output is read when all is done.
int lastReader(const Network& network, int tensor)
{
    if (tensor == network.output())
        return network.layerCount();
    const auto& readers = network.tensor(tensor).consumers;
    return readers.empty() ? -1 : *std::ranges::max_element(readers);
}

} // namespace

std::span<const CostAxis> costAxes()
{
    return all_axes;
}

const char* costAxisName(CostAxis axis)
{
    switch (axis) {
    case CostAxis::Latency:
        return "latency_ms";
    case CostAxis::Energy:
        return "energy_uj";
    case CostAxis::WeightBytes:
        return "weight_bytes";
    case CostAxis::ActivationBytes:
        return "activation_bytes";
    case CostAxis::PeakActivationBytes:
        return "peak_activation_bytes";
    case CostAxis::PeakL1Bytes:
        return "peak_l1_bytes";
    case CostAxis::PeakL2Bytes:
        return "peak_l2_bytes";
    case CostAxis::FlashBytes:
        return "flash_bytes";
    case CostAxis::Bops:
        return "bops";
    }
    return "";
}

CostAxis costAxisFromName(const std::string& name)
{
    std::vector<std::string> names;
    for (const CostAxis axis : all_axes) {
        if (name == costAxisName(axis))
            return axis;
        names.emplace_back(costAxisName(axis));
    }
    std::string list;
    for (const auto& each : names)
        list += (list.empty() ? "" : ", ") + each;
    throw Error(ErrorCode::Usage, "There is no such cost", name, "costs are " + list,
                didYouMean(name, names));
}

std::int64_t activationBytes(const Network& network, const BitAssignment& bits)
{
    std::int64_t sum = 0;
    for (int t = 0; t < network.tensorCount(); ++t)
        sum += tensorBytes(network, bits, t);
    return sum;
}

std::int64_t peakActivationBytes(const Network& network, const BitAssignment& bits)
{
    // What becomes alive and what dies at each layer, summed up in execution order.
    std::vector<std::int64_t> change(std::size_t(network.layerCount()) + 2, 0);
    for (int t = 0; t < network.tensorCount(); ++t) {
        const int born = std::max(0, network.tensor(t).producer);
        const int last = std::max(born, lastReader(network, t));
        change[std::size_t(born)] += tensorBytes(network, bits, t);
        change[std::size_t(last) + 1] -= tensorBytes(network, bits, t);
    }
    std::int64_t alive = 0;
    std::int64_t peak = 0;
    for (const std::int64_t more : change) {
        alive += more;
        peak = std::max(peak, alive);
    }
    return peak;
}

std::optional<double> costAlong(CostAxis axis, const Network& network, const BitAssignment& bits,
                                const NetworkTotals& totals)
{
    switch (axis) {
    case CostAxis::Latency:
        return totals.latency_ms;
    case CostAxis::Energy:
        return totals.energy_uj;
    case CostAxis::WeightBytes:
        return double(totals.weight_bytes);
    case CostAxis::ActivationBytes:
        return double(activationBytes(network, bits));
    case CostAxis::PeakActivationBytes:
        return double(peakActivationBytes(network, bits));
    case CostAxis::PeakL1Bytes:
        return double(totals.peak_l1_bytes);
    case CostAxis::PeakL2Bytes:
        return double(totals.peak_l2_bytes);
    case CostAxis::FlashBytes:
        return double(totals.flash_bytes);
    case CostAxis::Bops:
        return totals.bops;
    }
    return std::nullopt;
}

bool isTheSameOnAllTargets(CostAxis axis)
{
    return axis == CostAxis::ActivationBytes || axis == CostAxis::PeakActivationBytes ||
           axis == CostAxis::Bops;
}

} // namespace bitdial
