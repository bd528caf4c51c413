// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/cost_explanation.h"

#include "core/hardware/model/layer_explainer.h"
#include "core/quantization/widths.h"

#include <cmath>
#include <cstdio>

namespace bitdial {

namespace {

/// The next of 2, 4, 8 in a direction (-1, +1); 0: there is none.
int neighbour(int bits, int direction)
{
    const int next = direction > 0 ? bits * 2 : bits / 2;
    return next >= 2 && next <= 8 ? next : 0;
}

int& widthOf(LayerBits& bits, LayerOperand operand)
{
    if (operand == LayerOperand::Input)
        return bits.in;
    return operand == LayerOperand::Weights ? bits.weight : bits.out;
}

std::string number(double value, int decimals = 0)
{
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "%.*f", decimals, value);
    std::string text = buffer;
    constexpr std::size_t group = 3; // thousands apart, for reading
    const std::size_t first_digit = value < 0 ? 1 : 0;
    for (std::size_t end = std::min(text.find('.'), text.size()); end > first_digit + group;)
        text.insert(end -= group, ",");
    return text;
}

/// MAC/cycle of a kernel on the shape that suits it best: the layer's own taps, with a map and
/// channels so large that what is paid once per call, row or column vanishes, and that are whole
/// multiples of the tiles of all arrays here (up to 9 pixels; 28 or a power of two of channels).
/// Taps of zeros that the kernel is called with take time and are no MACs.
double computeRoof(const LayerGeometry& own, const KernelWork& layer, const KernelModel& kernel,
                   int cores)
{
    constexpr int large_map = 2304;      // 2^8 x 9
    constexpr int large_channels = 7168; // 2^10 x 7
    KernelWork work = layer;
    work.padding = {};
    work.in_channels = work.out_channels = large_channels;
    if (work.kind != LayerKind::Linear) {
        work.out_height = work.out_width = large_map;
        work.in_height = work.out_height + work.kernel_height - 1;
        work.in_width = work.out_width + work.kernel_width - 1;
    }
    const double per_output = double(own.kernel_height) * own.kernel_width *
                              (work.kind == LayerKind::DepthwiseConv ? 1 : work.in_channels);
    const double macs = per_output * work.out_channels * work.out_height * work.out_width;
    return macs / kernelCycles(kernel, work, cores);
}

Roofline roofline(const LayerSubject& subject, const LayerCost& cost, const Tiling& tiling)
{
    Roofline roof;
    const double macs = double(subject.network.layer(subject.layer).macs());
    roof.bytes_per_cycle = subject.profile.dma.bandwidth_bytes_per_cycle;
    const KernelModel* kernel = subject.costs.kernel(subject.layer, subject.bits);
    if (macs == 0 || kernel == nullptr)
        return roof;
    roof.macs_per_byte = macs / double(tiling.moved_bytes);
    roof.macs_per_cycle = macs / cost.latency_cycles;
    roof.compute_roof = computeRoof(subject.network.layer(subject.layer).geometry,
                                    subject.costs.work(subject.layer, subject.bits), *kernel,
                                    subject.profile.cores);
    roof.bandwidth_roof = roof.macs_per_byte * roof.bytes_per_cycle;
    return roof;
}

WidthStep step(const LayerSubject& subject, const LayerCost& cost, LayerOperand operand, int to)
{
    LayerBits bits = subject.bits;
    int& width = widthOf(bits, operand);
    WidthStep result{operand, width, to, {}, 0, 0, false, {}};
    width = to;
    if (subject.costs.kernel(subject.layer, bits) == nullptr) {
        result.refusal = "no kernel";
        return result;
    }
    // Alone, both of them: what its neighbours' widths do to it stays.
    const LayerCost& other = subject.costs.cost(subject.layer, bits, subject.external);
    const LayerCost& own = subject.costs.cost(subject.layer, subject.bits, subject.external);
    if (!other.infeasible_reason.empty()) {
        result.refusal = "does not fit";
        return result;
    }
    result.change_cycles = other.latency_cycles - own.latency_cycles;
    result.latency_cycles = cost.latency_cycles + result.change_cycles;
    result.change_percent = 100 * result.change_cycles / cost.latency_cycles;
    result.mixes_measured = other.measured != cost.measured;
    return result;
}

std::vector<WidthStep> steps(const LayerSubject& subject, const LayerCost& cost)
{
    std::vector<WidthStep> found;
    for (const LayerOperand operand :
         {LayerOperand::Input, LayerOperand::Weights, LayerOperand::Output})
        for (const int direction : {-1, 1}) {
            LayerBits bits = subject.bits;
            const int width = widthOf(bits, operand);
            // Raw results stay raw, and what has no weights has no width of them.
            const bool has_width = width != 0 && width != 32;
            if (const int to = has_width ? neighbour(width, direction) : 0; to != 0)
                found.push_back(step(subject, cost, operand, to));
        }
    return found;
}

std::string tileLine(const Tiling& tiling)
{
    std::string line = std::to_string(tiling.tiles) + (tiling.tiles == 1 ? " tile" : " tiles") +
                       " of " + std::to_string(tiling.rows) + " rows x " +
                       std::to_string(tiling.columns) + " columns x " +
                       std::to_string(tiling.channels) + " channels, " +
                       number(double(tiling.l1.bytes())) + " bytes of L1";
    if (tiling.tiles > 1)
        line += std::string(tiling.double_buffered ? ", two buffers" : ", one buffer") +
                (tiling.map_outer ? ", map in the outer loop" : ", channels in the outer loop");
    return line;
}

std::string stepLine(const WidthStep& step)
{
    std::string line = std::string(layerOperandName(step.operand)) + " " +
                       std::to_string(step.from_bits) + " to " + std::to_string(step.to_bits) +
                       " bits: ";
    if (!step.latency_cycles)
        return line + step.refusal;
    const char* sign = step.change_cycles > 0 ? "+" : "";
    return line + sign + number(step.change_cycles) + " cycles (" + sign +
           number(step.change_percent, 1) + " %)" +
           (step.mixes_measured ? ", one of the two measured, the other modelled" : "");
}

/// Which layers' cycles were measured.
std::vector<char> measuredLayers(const NetworkCost& cost)
{
    std::vector<char> measured;
    for (const LayerCost& layer : cost.layers)
        measured.push_back(layer.measured ? 1 : 0);
    return measured;
}

std::vector<std::string> describe(const LayerSubject& subject, const LayerExplanation& what)
{
    const LayerCost& cost = what.cost;
    std::vector<std::string> lines = {tileLine(*what.tiling)};
    const int stored = subject.costs.work(subject.layer, what.bits).bits.weight;
    if (subject.network.layer(subject.layer).hasWeights() && stored != what.bits.weight)
        lines.push_back("weights stored with " + std::to_string(stored) +
                        " bits: the library's kernel for " + std::to_string(what.bits.weight) +
                        " is wrong for inputs that may be negative");
    const std::string samples = std::to_string(cost.measured_samples) +
                                (cost.measured_samples == 1 ? " sample" : " samples");
    const bool whole_layer_measured = cost.latency_cycles != what.tiling->latency_cycles;
    if (whole_layer_measured)
        lines.push_back(number(cost.latency_cycles) + " cycles measured (" + samples +
                        "); what follows is the model's");
    lines.push_back(number(what.tiling->latency_cycles) + " cycles: compute " +
                    number(cost.compute_cycles) + ", overhead " + number(cost.overhead_cycles) +
                    ", transfers " + number(what.exposed_transfer_cycles) + " seen and " +
                    number(what.hidden_transfer_cycles) + " hidden behind the kernels");
    lines.push_back(
        std::string("bound by ") + costBoundName(cost.bound) +
        (cost.measured && !whole_layer_measured ? ", kernel measured (" + samples + ")" : ""));
    if (what.roofline.macs_per_cycle > 0)
        lines.push_back(number(what.roofline.macs_per_cycle, 2) + " MAC/cycle of " +
                        number(what.roofline.compute_roof, 2) + " (kernel) and " +
                        number(what.roofline.bandwidth_roof, 2) + " (DMA, at " +
                        number(what.roofline.macs_per_byte, 1) + " MAC/byte)");
    for (const WidthStep& one : what.steps)
        lines.push_back(stepLine(one));
    return lines;
}

} // namespace

const char* layerOperandName(LayerOperand operand)
{
    if (operand == LayerOperand::Input)
        return "input";
    return operand == LayerOperand::Weights ? "weights" : "output";
}

LayerExplanation explainLayer(const LayerSubject& subject)
{
    LayerExplanation result;
    result.bits = subject.bits;
    result.external = subject.external;
    result.cost = subject.cost;
    result.tiling = subject.tiling;
    if (!result.tiling) {
        result.lines = {result.cost.infeasible_reason};
        return result;
    }
    const double transfers = result.cost.transfer_cycles + result.cost.l3_cycles;
    // A measured latency says nothing of its parts: these are the model's.
    const double seen =
        result.tiling->latency_cycles - result.cost.compute_cycles - result.cost.overhead_cycles;
    result.exposed_transfer_cycles = std::clamp(seen, 0.0, transfers);
    result.hidden_transfer_cycles = transfers - result.exposed_transfer_cycles;
    result.roofline = roofline(subject, result.cost, *result.tiling);
    result.steps = steps(subject, result.cost);
    result.lines = describe(subject, result);
    return result;
}

std::vector<FreeWidth> freeWidths(const CostModel& model, const BitAssignment& assignment)
{
    const Network& network = model.network();
    const NetworkTotals before = model.totals(assignment);
    const ActivationGroups groups(network);
    std::vector<FreeWidth> found;
    const std::vector<char> measured = measuredLayers(model.cost(assignment));
    const auto judge = [&](const BitAssignment& raised, FreeWidth width) {
        const NetworkTotals after = model.totals(raised);
        width.saved_cycles = before.latency_cycles - after.latency_cycles;
        if (after.infeasible || width.saved_cycles < 0)
            return;
        width.mixes_measured = measuredLayers(model.cost(raised)) != measured;
        found.push_back(width);
    };
    std::vector<char> seen(std::size_t(groups.count()), 0);
    for (int layer = 0; layer < network.layerCount() && !before.infeasible; ++layer) {
        const int group = groups.groupOf(network.layer(layer).inputs.front());
        const LayerBits bits = assignment.layerBits(network, layer);
        for (const int to : quantized_widths) {
            if (network.layer(layer).hasWeights() && to > bits.weight) {
                BitAssignment raised = assignment;
                raised.setWeightBits(layer, to);
                judge(raised, {layer, LayerOperand::Weights, bits.weight, to, 0});
            }
            if (to > bits.in && !groups.isFixed(group) && seen[std::size_t(group)] == 0) {
                BitAssignment raised = assignment;
                groups.setBits(raised, group, to);
                judge(raised, {layer, LayerOperand::Input, bits.in, to, 0});
            }
        }
        seen[std::size_t(group)] = 1;
    }
    return found;
}

} // namespace bitdial
