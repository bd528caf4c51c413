// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/quantization/integer_kernels.h"
#include "core/quantization/integer_network.h"

#include <algorithm>
#include <cstring>

namespace bitdial {
namespace {

using namespace integer_kernels;

using Plane = std::vector<std::int16_t>; ///< H,W,C

/// Input rows that one matrix product covers: rows and their accumulators stay in the cache.
constexpr std::size_t rows_at_once = 32;

IntegerRange clipOf(const IntegerType& type)
{
    return integerRange(type.bits, type.is_signed);
}

std::size_t area(const TensorShape& shape)
{
    return std::size_t(shape.height) * std::size_t(shape.width);
}

/// Index in H,W,C order of each element in C,H,W order.
std::size_t hwcIndex(const TensorShape& shape, std::size_t chw)
{
    const std::size_t plane = area(shape);
    return chw % plane * std::size_t(shape.channels) + chw / plane;
}

/// Weights as the executor wants them: rows per filter in the order of the input row (kH,kW,I), or
/// per tap (kH,kW,C) for depthwise.
Plane arrangeWeights(const Network& network, const Layer& layer, const IntegerLayer& folded)
{
    const auto& g = layer.geometry;
    const auto filters = std::size_t(g.output.channels);
    const std::size_t taps = std::size_t(g.kernel_height) * std::size_t(g.kernel_width);
    const std::size_t per_filter = folded.weights.size() / filters;
    if (layer.kind == LayerKind::DepthwiseConv) {
        Plane weights(folded.weights.size());
        for (std::size_t i = 0; i < weights.size(); ++i)
            weights[i % taps * filters + i / taps] = folded.weights[i];
        return weights;
    }
    // A linear layer reads its flattened input; a convolution reads one window.
    TensorShape window = {g.input.channels, g.kernel_height, g.kernel_width};
    if (layer.kind == LayerKind::Linear)
        window = network.tensor(layer.inputs[0]).shape;
    const std::size_t length = roundUp(per_filter, row_multiple);
    Plane weights(roundUp(filters, filter_multiple) * length, 0);
    for (std::size_t f = 0; f < filters; ++f)
        for (std::size_t i = 0; i < per_filter; ++i)
            weights[f * length + hwcIndex(window, i)] = folded.weights[f * per_filter + i];
    return weights;
}

} // namespace

struct IntegerExecutor::Private {
    std::shared_ptr<const IntegerNetwork> network;
    std::vector<Plane> weights;     ///< per layer, arranged
    std::vector<Plane> tensors;     ///< per tensor, empty while it is not needed
    std::vector<Plane> free_planes; ///< buffers to reuse, so that a run touches little memory
    std::vector<int> last_reader;   ///< per tensor: layer after which it may go, -1 for never
    std::vector<std::int32_t> quantized_input;
    std::vector<std::int32_t> logits;
    Plane rows;
    std::vector<std::int32_t> accumulators;
    bool keep_all = false;
    bool has_run = false;

    void allocate(int tensor);
    void release(int tensor);
    void releaseInputs(int layer);
    void readInput(std::span<const float> input);
    void runLayer(int index);
    void convolve(const Layer& layer, const IntegerLayer& folded, const Plane& layer_weights);
    void gatherRow(const Layer& layer, const Plane& in, std::size_t pixel, std::int16_t* row) const;
    void depthwise(const Layer& layer, const IntegerLayer& folded, const Plane& layer_weights);
    void linear(const Layer& layer, const IntegerLayer& folded, const Plane& layer_weights);
    void pool(const Layer& layer, const IntegerLayer& folded);
    void addTensors(const Layer& layer, const IntegerLayer& folded);
    Plane& plane(int tensor) { return tensors[std::size_t(tensor)]; }
};

namespace {

/// Calls visit(input offset, tap) for every element of a window that lies on the map.
template <typename Visit>
void forEachTap(const LayerGeometry& g, std::size_t pixel, const Visit& visit)
{
    const int y0 = int(pixel) / g.output.width * g.stride_y - g.padding.top;
    const int x0 = int(pixel) % g.output.width * g.stride_x - g.padding.left;
    for (int ky = std::max(0, -y0); ky < std::min(g.kernel_height, g.input.height - y0); ++ky)
        for (int kx = std::max(0, -x0); kx < std::min(g.kernel_width, g.input.width - x0); ++kx) {
            const auto at =
                std::size_t(y0 + ky) * std::size_t(g.input.width) + std::size_t(x0 + kx);
            visit(at * std::size_t(g.input.channels),
                  std::size_t(ky) * std::size_t(g.kernel_width) + std::size_t(kx));
        }
}

} // namespace

void IntegerExecutor::Private::allocate(int tensor)
{
    Plane& target = plane(tensor);
    if (target.empty() && !free_planes.empty()) {
        target = std::move(free_planes.back());
        free_planes.pop_back();
    }
    target.resize(std::size_t(network->network->tensor(tensor).shape.elements()));
}

void IntegerExecutor::Private::release(int tensor)
{
    if (plane(tensor).empty())
        return;
    free_planes.push_back(std::move(plane(tensor)));
    plane(tensor).clear();
}

void IntegerExecutor::Private::releaseInputs(int index)
{
    if (keep_all)
        return;
    for (const int tensor : network->network->layer(index).inputs)
        if (last_reader[std::size_t(tensor)] == index)
            release(tensor);
}

void IntegerExecutor::Private::readInput(std::span<const float> input)
{
    const auto& net = *network->network;
    const auto& shape = net.tensor(net.input()).shape;
    if (input.size() != std::size_t(shape.elements()))
        throw Error(ErrorCode::BadInput, "A network input has the wrong size", net.name(),
                    std::to_string(input.size()) + " values, but it takes " +
                        std::to_string(shape.elements()),
                    "Give data of the network's input shape");
    for (int t = 0; t < net.tensorCount(); ++t)
        release(t);
    allocate(net.input());
    quantized_input.resize(input.size());
    quantizeInput(*network, input, quantized_input);
    Plane& target = plane(net.input());
    for (std::size_t i = 0; i < input.size(); ++i)
        target[hwcIndex(shape, i)] = std::int16_t(quantized_input[i]);
}

void IntegerExecutor::Private::runLayer(int index)
{
    const Layer& layer = network->network->layer(index);
    const IntegerLayer& folded = network->layers[std::size_t(index)];
    const Plane& layer_weights = weights[std::size_t(index)];
    allocate(layer.output);
    switch (layer.kind) {
    case LayerKind::Conv:
        return convolve(layer, folded, layer_weights);
    case LayerKind::DepthwiseConv:
        return depthwise(layer, folded, layer_weights);
    case LayerKind::Linear:
        return linear(layer, folded, layer_weights);
    case LayerKind::Add:
        return addTensors(layer, folded);
    case LayerKind::AveragePool:
    case LayerKind::MaxPool:
        return pool(layer, folded);
    default:
        return; // folding has refused it
    }
}

/// One window as a row (kH,kW,I). Elements outside the map and behind the window must be 0 already.
void IntegerExecutor::Private::gatherRow(const Layer& layer, const Plane& in, std::size_t pixel,
                                         std::int16_t* row) const
{
    const auto& g = layer.geometry;
    const auto channels = std::size_t(g.input.channels);
    const int y0 = int(pixel) / g.output.width * g.stride_y - g.padding.top;
    const int x0 = int(pixel) % g.output.width * g.stride_x - g.padding.left;
    const int first = std::max(0, -x0);
    const int last = std::min(g.kernel_width, g.input.width - x0);
    if (last <= first)
        return;
    for (int ky = std::max(0, -y0); ky < std::min(g.kernel_height, g.input.height - y0); ++ky) {
        const auto from =
            std::size_t(y0 + ky) * std::size_t(g.input.width) + std::size_t(x0 + first);
        const auto to = std::size_t(ky) * std::size_t(g.kernel_width) + std::size_t(first);
        std::memcpy(row + to * channels, in.data() + from * channels,
                    std::size_t(last - first) * channels * sizeof(std::int16_t));
    }
}

void IntegerExecutor::Private::convolve(const Layer& layer, const IntegerLayer& folded,
                                        const Plane& layer_weights)
{
    const auto& g = layer.geometry;
    const auto filters = std::size_t(g.output.channels);
    const std::size_t padded_filters = roundUp(filters, filter_multiple);
    const std::size_t length = layer_weights.size() / padded_filters;
    const std::size_t pixels = area(g.output);
    const Plane& in = plane(layer.inputs[0]);
    Plane& out = plane(layer.output);
    accumulators.resize(std::max(accumulators.size(), rows_at_once * padded_filters));
    for (std::size_t first = 0; first < pixels; first += rows_at_once) {
        const std::size_t count = std::min(rows_at_once, pixels - first);
        const std::size_t padded = roundUp(count, pixel_multiple);
        rows.assign(padded * length, 0);
        for (std::size_t p = 0; p < count; ++p)
            gatherRow(layer, in, first + p, rows.data() + p * length);
        multiply(rows.data(), padded, layer_weights.data(), padded_filters, length,
                 accumulators.data());
        for (std::size_t p = 0; p < count; ++p)
            requantize(accumulators.data() + p * padded_filters, folded.kappa.data(),
                       folded.lambda.data(), folded.shift, clipOf(folded.output), filters,
                       out.data() + (first + p) * filters);
    }
}

void IntegerExecutor::Private::depthwise(const Layer& layer, const IntegerLayer& folded,
                                         const Plane& layer_weights)
{
    const auto channels = std::size_t(layer.geometry.output.channels);
    const Plane& in = plane(layer.inputs[0]);
    Plane& out = plane(layer.output);
    for (std::size_t pixel = 0; pixel < area(layer.geometry.output); ++pixel) {
        accumulators.assign(channels, 0);
        forEachTap(layer.geometry, pixel, [&](std::size_t offset, std::size_t tap) {
            multiplyAdd(in.data() + offset, layer_weights.data() + tap * channels, channels,
                        accumulators.data());
        });
        requantize(accumulators.data(), folded.kappa.data(), folded.lambda.data(), folded.shift,
                   clipOf(folded.output), channels, out.data() + pixel * channels);
    }
}

void IntegerExecutor::Private::linear(const Layer& layer, const IntegerLayer& folded,
                                      const Plane& layer_weights)
{
    const auto neurons = std::size_t(layer.geometry.output.channels);
    const std::size_t padded_neurons = roundUp(neurons, filter_multiple);
    const std::size_t length = layer_weights.size() / padded_neurons;
    const Plane& in = plane(layer.inputs[0]);
    rows.assign(pixel_multiple * length, 0); // the product takes rows in pairs: one stays zero
    std::ranges::copy(in, rows.begin());
    accumulators.resize(std::max(accumulators.size(), pixel_multiple * padded_neurons));
    multiply(rows.data(), pixel_multiple, layer_weights.data(), padded_neurons, length,
             accumulators.data());
    if (folded.output.bits != 32) {
        requantize(accumulators.data(), folded.kappa.data(), folded.lambda.data(), folded.shift,
                   clipOf(folded.output), neurons, plane(layer.output).data());
        return;
    }
    logits.resize(neurons);
    for (std::size_t n = 0; n < neurons; ++n)
        logits[n] = accumulators[n] + folded.bias[n];
}

void IntegerExecutor::Private::pool(const Layer& layer, const IntegerLayer& folded)
{
    const auto& g = layer.geometry;
    const auto channels = std::size_t(g.output.channels);
    const bool average = layer.kind == LayerKind::AveragePool;
    const std::int32_t window = g.kernel_height * g.kernel_width;
    const std::vector<std::int32_t> kappa(channels, folded.average_pool.lambda / window);
    const std::vector<std::int32_t> lambda(channels, folded.average_pool.out_add);
    const Plane& in = plane(layer.inputs[0]);
    Plane& out = plane(layer.output);
    for (std::size_t pixel = 0; pixel < area(g.output); ++pixel) {
        std::int16_t* target = out.data() + pixel * channels;
        if (average) {
            accumulators.assign(channels, 0);
            forEachTap(g, pixel, [&](std::size_t offset, std::size_t) {
                accumulate(in.data() + offset, channels, accumulators.data());
            });
            requantize(accumulators.data(), kappa.data(), lambda.data(),
                       folded.average_pool.out_shift, clipOf(folded.output), channels, target);
        } else {
            std::fill_n(target, channels, std::int16_t(clipOf(folded.output).low));
            forEachTap(g, pixel, [&](std::size_t offset, std::size_t) {
                maximum(in.data() + offset, channels, target);
            });
        }
    }
}

void IntegerExecutor::Private::addTensors(const Layer& layer, const IntegerLayer& folded)
{
    const Plane& a = plane(layer.inputs[0]);
    const Plane& b = plane(layer.inputs[1]);
    add(a.data(), b.data(), folded.add, integerRange(8, folded.inputs[0].is_signed),
        integerRange(8, folded.inputs[1].is_signed), clipOf(folded.output), a.size(),
        plane(layer.output).data());
}

IntegerExecutor::IntegerExecutor(std::shared_ptr<const IntegerNetwork> network)
    : d(std::make_unique<Private>())
{
    d->network = std::move(network);
    const auto& net = *d->network->network;
    for (int i = 0; i < net.layerCount(); ++i) {
        const auto& layer = net.layer(i);
        d->weights.push_back(layer.hasWeights()
                                 ? arrangeWeights(net, layer, d->network->layers[std::size_t(i)])
                                 : Plane());
    }
    d->tensors.resize(std::size_t(net.tensorCount()));
    for (int t = 0; t < net.tensorCount(); ++t) {
        const auto& readers = net.tensor(t).consumers;
        const bool stays = readers.empty() || t == net.output();
        d->last_reader.push_back(stays ? -1 : std::ranges::max(readers));
    }
}

IntegerExecutor::~IntegerExecutor() = default;
IntegerExecutor::IntegerExecutor(IntegerExecutor&&) noexcept = default;

void IntegerExecutor::keepAllTensors(bool keep)
{
    d->keep_all = keep;
    d->has_run = false; // what ran in the other mode does not count
}

std::span<const std::int32_t> IntegerExecutor::run(std::span<const float> input,
                                                   std::stop_token stop)
{
    const auto& net = *d->network->network;
    d->has_run = false;
    d->readInput(input);
    for (int i = 0; i < net.layerCount(); ++i) {
        if (stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "The evaluation was stopped", net.name(),
                        "it was cancelled", "Start it again");
        d->runLayer(i);
        d->releaseInputs(i);
    }
    d->has_run = true;
    if (d->network->layers[std::size_t(net.tensor(net.output()).producer)].output.bits != 32)
        d->logits = tensor(net.output());
    return d->logits;
}

std::vector<std::int32_t> IntegerExecutor::tensor(int index) const
{
    const auto& net = *d->network->network;
    if (!d->has_run || (!d->keep_all && index != net.output()))
        throw Error(ErrorCode::Failed, "A tensor was not kept", net.tensor(index).name,
                    d->has_run ? "only the output is kept" : "nothing has run yet",
                    "Ask for all tensors before the run");
    if (d->network->layers[std::size_t(net.tensor(net.output()).producer)].output.bits == 32 &&
        index == net.output())
        return d->logits;
    const auto& shape = net.tensor(index).shape;
    const Plane& plane = d->tensors[std::size_t(index)];
    std::vector<std::int32_t> values(plane.size());
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = plane[hwcIndex(shape, i)];
    return values;
}

} // namespace bitdial
