// SPDX-License-Identifier: Apache-2.0
// Float results of layer kinds that the demo networks do not have, against plain loops in double.
#include "core/base/error.h"
#include "core/learning/torch_network.h"

#include <ATen/ATen.h>

#include <QtTest>

#include <cmath>
#include <functional>
#include <random>

using namespace bitdial;

namespace {

using Values = std::vector<double>;

/// A network of one layer (or two, for a concat) over one input.
struct Case {
    NetworkDescription description;
    NetworkParameters parameters;
    std::vector<float> input;

    explicit Case(TensorShape in)
    {
        description.name = "case";
        description.tensors.push_back({"input", in, -1, {}});
        std::mt19937 random(3);
        std::normal_distribution<float> normal;
        input.resize(std::size_t(in.elements()));
        for (auto& v : input)
            v = normal(random);
    }
    Layer& add(LayerKind kind, std::vector<int> inputs, TensorShape out)
    {
        Layer layer;
        layer.name = "layer" + std::to_string(description.layers.size());
        layer.kind = kind;
        layer.inputs = std::move(inputs);
        layer.geometry.input = description.tensors[std::size_t(layer.inputs[0])].shape;
        layer.geometry.output = out;
        layer.output = int(description.tensors.size());
        description.tensors.push_back({layer.name + ".out", out, -1, {}});
        description.output = layer.output;
        description.layers.push_back(std::move(layer));
        parameters.layers.emplace_back();
        return description.layers.back();
    }
    void fillWeights()
    {
        std::mt19937 random(5);
        std::normal_distribution<float> normal;
        for (std::size_t i = 0; i < description.layers.size(); ++i) {
            parameters.layers[i].weights.resize(std::size_t(description.layers[i].weightCount()));
            for (auto& w : parameters.layers[i].weights)
                w = normal(random);
        }
    }
    Values run() const
    {
        auto numbers = std::make_shared<const NetworkParameters>(parameters);
        const auto network = std::make_shared<const Network>(description, numbers);
        TorchNetwork model(network, *numbers);
        const auto& s = network->tensor(0).shape;
        const auto x = at::tensor(at::ArrayRef<float>(input), at::kFloat)
                           .reshape({1, s.channels, s.height, s.width});
        const auto y = model.forward(x, false).contiguous();
        return {y.data_ptr<float>(), y.data_ptr<float>() + y.numel()};
    }
    double at(int c, int y, int x, double outside) const
    {
        const auto& s = description.tensors[0].shape;
        if (y < 0 || x < 0 || y >= s.height || x >= s.width)
            return outside;
        return double(input[std::size_t((c * s.height + y) * s.width + x)]);
    }
    Values map(const std::function<double(double)>& function) const
    {
        Values values;
        for (const float v : input)
            values.push_back(function(double(v)));
        return values;
    }
};

/// Visits every output element and the taps of its window.
template <typename Start, typename Tap, typename End>
Values overWindows(const Layer& layer, Start start, Tap tap, End end)
{
    const auto& g = layer.geometry;
    Values out;
    for (int c = 0; c < g.output.channels; ++c)
        for (int y = 0; y < g.output.height; ++y)
            for (int x = 0; x < g.output.width; ++x) {
                start();
                for (int ky = 0; ky < g.kernel_height; ++ky)
                    for (int kx = 0; kx < g.kernel_width; ++kx)
                        tap(c, y * g.stride_y - g.padding.top + ky * g.dilation_y,
                            x * g.stride_x - g.padding.left + kx * g.dilation_x, ky, kx);
                out.push_back(end());
            }
    return out;
}

void compare(const Values& found, const Values& expected)
{
    QCOMPARE(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i)
        QVERIFY2(std::abs(found[i] - expected[i]) <= 1e-5 * (1 + std::abs(expected[i])),
                 qPrintable(
                     QStringLiteral("%1: %2, expected %3").arg(i).arg(found[i]).arg(expected[i])));
}

} // namespace

class TestLayerKinds : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void groupedAndDilatedConvolution()
    {
        Case c({6, 9, 11});
        auto& layer = c.add(LayerKind::Conv, {0}, {4, 4, 10});
        auto& g = layer.geometry;
        g.kernel_height = 3;
        g.kernel_width = 2;
        g.stride_y = 2;
        g.dilation_y = 2;
        g.dilation_x = 3;
        g.padding = {1, 0, 2, 2};
        g.groups = 2;
        c.fillWeights();
        const auto& weights = c.parameters.layers[0].weights;
        double sum = 0;
        const auto expected = overWindows(
            layer, [&] { sum = 0; },
            [&](int out, int y, int x, int ky, int kx) {
                for (int i = 0; i < 3; ++i)
                    sum += c.at(out / 2 * 3 + i, y, x, 0) *
                           double(weights[std::size_t(((out * 3 + i) * 3 + ky) * 2 + kx)]);
            },
            [&] { return sum; });
        compare(c.run(), expected);
        QCOMPARE(layer.macs(), std::int64_t(4 * 3 * 3 * 2) * 4 * 10);
        QVERIFY(!layer.whyNotQuantizable().empty());
    }

    void averageThatLeavesItsPaddingOut()
    {
        for (const bool counts : {false, true}) {
            Case c({2, 5, 6});
            auto& layer = c.add(LayerKind::AveragePool, {0}, {2, 3, 4});
            auto& g = layer.geometry;
            g.kernel_height = g.kernel_width = 3;
            g.stride_y = g.stride_x = 2;
            g.padding = {1, 1, 1, 2};
            g.counts_padding = counts;
            double sum = 0;
            int inside = 0;
            const auto expected = overWindows(
                layer, [&] { sum = inside = 0; },
                [&](int channel, int y, int x, int, int) {
                    sum += c.at(channel, y, x, 0);
                    inside += y >= 0 && x >= 0 && y < 5 && x < 6;
                },
                [&] { return sum / (counts ? 9 : inside); });
            compare(c.run(), expected);
            QCOMPARE(layer.whyNotQuantizable().empty(), counts);
        }
    }

    void dilatedMaxPool()
    {
        Case c({2, 7, 7});
        auto& layer = c.add(LayerKind::MaxPool, {0}, {2, 5, 5});
        auto& g = layer.geometry;
        g.kernel_height = g.kernel_width = 2;
        g.dilation_y = g.dilation_x = 3;
        g.padding = {0, 1, 1, 0};
        double largest = 0;
        const auto expected = overWindows(
            layer, [&] { largest = -1e9; },
            [&](int channel, int y, int x, int, int) {
                largest = std::max(largest, c.at(channel, y, x, -1e9));
            },
            [&] { return largest; });
        compare(c.run(), expected);
    }

    void concatAndLoneActivations()
    {
        Case c({3, 4, 5});
        auto& sigmoid = c.add(LayerKind::Elementwise, {0}, {3, 4, 5});
        sigmoid.activation = Activation::Sigmoid;
        auto& swish = c.add(LayerKind::Elementwise, {0}, {3, 4, 5});
        swish.activation = Activation::HardSwish;
        c.add(LayerKind::Concat, {1, 0, 2}, {9, 4, 5});
        auto expected = c.map([](double x) { return 1 / (1 + std::exp(-x)); });
        for (const auto& part : {c.map([](double x) { return x; }), c.map([](double x) {
                                     return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
                                 })})
            expected.insert(expected.end(), part.begin(), part.end());
        compare(c.run(), expected);
        const Network network(c.description, nullptr);
        QVERIFY(network.producedNonNegative(1) && !network.producedNonNegative(2));
        QVERIFY(!network.producedNonNegative(3));
    }

    void unsupportedIsRefusedByName()
    {
        Case c({3, 4, 5});
        c.add(LayerKind::Unsupported, {0}, {3, 4, 5});
        c.description.report.push_back({"odd", "Einsum", NodeFate::Unsupported, "no reason"});
        try {
            c.run();
            QFAIL("it was evaluated");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::BadInput);
            QVERIFY(error.details().why.find("'odd' (Einsum): no reason") != std::string::npos);
        }
    }
};

QTEST_GUILESS_MAIN(TestLayerKinds)
#include "tst_layer_kinds.moc"
