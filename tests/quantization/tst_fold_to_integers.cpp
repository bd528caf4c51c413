// SPDX-License-Identifier: Apache-2.0
#include "integer_reference.h"
#include "network_fixture.h"

#include "core/base/error.h"

#include <QtTest>

#include <functional>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// A one-convolution network with a hand-made state, to change and fold.
struct Single {
    explicit Single(Activation activation, TensorShape input = {8, 3, 3})
    {
        NetworkBuilder b(input, 2);
        const int conv = b.conv(0, 4, 3, 1, {}, activation);
        network = b.build(b.averagePool(conv, 1, 1));
        bits = BitAssignment::uniform(*network, 8, 8);
        state = calibrated(*network, bits, randomInputs(*network, 4, false, 3));
        parameters = *network->parameters();
    }
    IntegerNetwork fold()
    {
        state.parameters = std::make_shared<NetworkParameters>(parameters);
        return foldToIntegers(network, bits, state);
    }
    std::string errorOf(ErrorCode code)
    {
        try {
            fold();
        } catch (const Error& error) {
            return error.code() == code ? error.details().why : "another category";
        }
        return "no error";
    }
    std::shared_ptr<const Network> network;
    BitAssignment bits;
    QuantizationState state;
    NetworkParameters parameters;
};

} // namespace

class TestFoldToIntegers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Inputs that drive each channel's accumulator to both ends of its range must not wrap, and
    /// the next larger shift would.
    void adversarialInputsDoNotOverflow()
    {
        for (const int weight_bits : {8, 4, 2})
            for (unsigned seed = 0; seed < 6; ++seed)
                checkAdversarial(weight_bits, seed);
    }

    void layerTypesAndShapes()
    {
        const auto network = everyKindNetwork(4);
        const auto bits = BitAssignment::uniform(*network, 4, 4);
        const auto state = calibrated(*network, bits, randomInputs(*network, 4, true, 3));
        const auto folded = foldToIntegers(network, bits, state);
        QCOMPARE(int(folded.layers.size()), network->layerCount());
        for (int i = 0; i < network->layerCount(); ++i) {
            const auto& layer = network->layer(i);
            const auto& f = folded.layers[std::size_t(i)];
            QCOMPARE(f.inputs.size(), layer.inputs.size());
            QCOMPARE(f.weights.size(), std::size_t(layer.weightCount()));
            const bool last = i + 1 == network->layerCount();
            QCOMPARE(f.output.bits, last ? 32 : 4);
            if (layer.hasWeights()) {
                const auto channels = std::size_t(layer.geometry.output.channels);
                QCOMPARE(f.bias.size(), last ? channels : 0);
                QCOMPARE(f.kappa.size(), last ? 0 : channels);
                QVERIFY(f.shift >= 0 && f.shift <= 31);
                const auto [low, high] = std::ranges::minmax(f.weights);
                QVERIFY(low >= -8 && high <= 7);
            }
            if (layer.kind == LayerKind::AveragePool)
                QCOMPARE(f.average_pool.lambda % 4, 0);
        }
        QCOMPARE(folded.output_scale,
                 state.activations[13].scale * state.weight_scales.back().front());
        // The bias of the last layer is in accumulator units.
        const auto& p = network->parameters()->layers.back();
        for (std::size_t c = 0; c < p.bias.size(); ++c)
            QVERIFY(std::abs(double(folded.layers.back().bias[c]) * double(folded.output_scale) -
                             double(p.bias[c])) <= 0.5001 * double(folded.output_scale));
    }

    void addKeepsTwentyBits()
    {
        const auto network = everyKindNetwork(4);
        const auto bits = BitAssignment::uniform(*network, 8, 8);
        const auto state = calibrated(*network, bits, randomInputs(*network, 4, true, 3));
        const auto folded = foldToIntegers(network, bits, state);
        for (int i = 0; i < network->layerCount(); ++i) {
            const auto& layer = network->layer(i);
            if (layer.kind != LayerKind::Add)
                continue;
            const auto& add = folded.layers[std::size_t(i)].add;
            const auto& a = state.activations[std::size_t(layer.inputs[0])];
            const auto& b = state.activations[std::size_t(layer.inputs[1])];
            const double e = addOperandScale(a, 8, b, 8);
            const double wanted[] = {double(a.scale) / e, double(b.scale) / e};
            for (std::size_t j = 0; j < 2; ++j) {
                const double found = std::ldexp(add.mul[j], -add.shift[j]);
                QVERIFY(std::abs(found / wanted[j] - 1) < 1e-5);
                QCOMPARE(add.add[j], 1 << (add.shift[j] - 1));
            }
            const double out = e / double(state.activations[std::size_t(layer.output)].scale);
            QVERIFY(std::abs(std::ldexp(add.out_mul, -add.out_shift) / out - 1) < 1e-5);
        }
    }

    void weightsRoundHalfUpAndClamp()
    {
        Single s(Activation::Relu);
        s.state.weight_scales[0] = {0.25F};
        auto& weights = s.parameters.layers[0].weights;
        const float values[] = {0.125F, -0.125F, 0.375F, -0.375F, 40, -40, 31.75F, 0.1F};
        const int expected[] = {1, 0, 2, -1, 127, -128, 127, 0};
        std::copy(std::begin(values), std::end(values), weights.begin());
        const auto folded = s.fold();
        for (std::size_t i = 0; i < std::size(values); ++i)
            QCOMPARE(int(folded.layers[0].weights[i]), expected[i]);
    }

    void zeroChannelIsItsConstant()
    {
        Single s(Activation::Relu);
        auto& p = s.parameters.layers[0];
        std::fill_n(p.weights.begin(), p.weights.size() / 4, 0.0F);
        s.state.weight_scales[0][0] = 0;
        p.batch_norm.reset();
        p.bias[0] = 3 * s.state.activations[1].scale;
        const auto folded = std::make_shared<IntegerNetwork>(s.fold());
        QCOMPARE(folded->layers[0].kappa[0], 0);
        IntegerExecutor executor(folded);
        executor.keepAllTensors(true);
        executor.run(randomInputs(*s.network, 1, false, 9)[0]);
        QCOMPARE(executor.tensor(1)[0], 3);
    }

    void infeasible_data()
    {
        QTest::addColumn<std::function<void(Single&)>>("change");
        QTest::addColumn<QString>("why");
        using Change = std::function<void(Single&)>;
        const auto row = [](const char* name, const char* why, const Change& change) {
            QTest::newRow(name) << change << QString(why);
        };
        row("clip", "above its clip", [](Single& s) {
            s = Single(Activation::Clip);
            s.state.activations[1].scale = 6.001F / 255;
        });
        row("relu signed", "is signed", [](Single& s) { s.state.activations[1].is_signed = true; });
        row("none unsigned", "can be negative", [](Single& s) {
            s = Single(Activation::None);
            s.state.activations[1].is_signed = false;
        });
        row("no scale", "no positive scale", [](Single& s) { s.state.activations[1].scale = 0; });
        row("nan scale", "no positive scale",
            [](Single& s) { s.state.activations[0].scale = NAN; });
        row("offset", "requantization",
            [](Single& s) { s.parameters.layers[0].batch_norm->shift[1] = 1e12F; });
        row("infinite", "not finite",
            [](Single& s) { s.parameters.layers[0].batch_norm->variance[1] = -1; });
        row("weight", "not a number", [](Single& s) { s.parameters.layers[0].weights[5] = NAN; });
        row("scales", "weight scales", [](Single& s) { s.state.weight_scales[0].resize(3); });
        row("negative scale", "negative", [](Single& s) { s.state.weight_scales[0][1] = -1; });
    }
    void infeasible()
    {
        QFETCH(std::function<void(Single&)>, change);
        QFETCH(QString, why);
        Single s(Activation::Relu);
        QCOMPARE(s.errorOf(ErrorCode::Infeasible), "no error");
        change(s);
        const auto found = s.errorOf(ErrorCode::Infeasible);
        QVERIFY2(found.find(why.toStdString()) != std::string::npos, found.c_str());
    }

    void clipAtItsTopIsAccepted()
    {
        Single s(Activation::Clip);
        s.state.activations[1].scale = 6.0F / 255;
        QCOMPARE(s.errorOf(ErrorCode::Infeasible), "no error");
    }

    void accumulatorOverflowIsRefused()
    {
        NetworkBuilder b({70000, 1, 1}, 1);
        const int out = b.linear(0, 1, Activation::None);
        std::ranges::fill(b.parameters().weights, 1.0F);
        const auto network = b.build(out);
        auto state =
            QuantizationState{network->parameters(), {{1.0F / 127}}, {{1.0F / 255, false}, {}}};
        const auto bits = BitAssignment::uniform(*network, 8, 8);
        try {
            foldToIntegers(network, bits, state);
            QFAIL("70000 * 127 * 255 exceeds 2^31");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Infeasible);
            QVERIFY(error.details().where.find("layer0") != std::string::npos);
            QVERIFY(error.details().why.find("accumulator") != std::string::npos);
        }
        state.weight_scales[0] = {1.0F / 7};
        foldToIntegers(network, BitAssignment::uniform(*network, 4, 8), state); // 2^27: fits
    }

    void lastLinearIsRaw()
    {
        NetworkBuilder b({6, 2, 2}, 1);
        const int out = b.linear(0, 3, Activation::Relu);
        const auto network = b.build(out);
        const auto bits = BitAssignment::uniform(*network, 8, 8);
        const auto state = calibrated(*network, bits, randomInputs(*network, 1, false, 1));
        QVERIFY_EXCEPTION_THROWN(foldToIntegers(network, bits, state), Error);
    }

    void stateOfAnotherNetworkIsRefused()
    {
        Single s(Activation::Relu);
        s.state.activations.pop_back();
        QVERIFY(s.errorOf(ErrorCode::BadInput).find("quantizer") != std::string::npos);
        Single t(Activation::Relu);
        t.parameters.layers.pop_back();
        QVERIFY(t.errorOf(ErrorCode::BadInput).find("parameters") != std::string::npos);
        Single u(Activation::Relu);
        u.bits = {};
        QVERIFY(u.errorOf(ErrorCode::BadInput).find("bit widths") != std::string::npos);
    }

private:
    static void checkAdversarial(int weight_bits, unsigned seed);
};

void TestFoldToIntegers::checkAdversarial(int weight_bits, unsigned seed)
{
    // One window covers the whole input, so an input can be chosen tap by tap.
    NetworkBuilder b({8, 3, 3}, 20 + seed);
    const bool is_signed = seed % 2 == 1;
    const int conv = b.conv(0, 4, 3, 1, {}, seed % 3 == 0 ? Activation::None : Activation::Relu);
    const auto network = b.build(b.averagePool(conv, 1, 1));
    const auto bits = BitAssignment::uniform(*network, weight_bits, 8);
    auto state = calibrated(*network, bits, randomInputs(*network, 4, is_signed, seed));
    state.activations[0].is_signed = is_signed;
    const auto folded = foldToIntegers(network, bits, state);
    const auto& f = folded.layers[0];
    const IntegerRange x = integerRange(8, is_signed);
    double largest = 0;
    for (std::size_t c = 0; c < 4; ++c)
        for (const bool up : {false, true}) {
            std::vector<std::int32_t> input(72);
            std::int64_t acc = 0;
            for (std::size_t i = 0; i < 72; ++i) {
                const int w = f.weights[c * 72 + i];
                input[i] = (w > 0) == up ? x.high : x.low;
                acc += std::int64_t(w) * input[i];
            }
            integerForward(folded, input); // throws if any channel wraps
            largest = std::max(largest, std::abs(double(f.kappa[c]) * double(acc) + f.lambda[c]));
        }
    // Twice as much (and a rounding unit per accumulator step) would not have fitted.
    QVERIFY(f.shift == 31 || largest > 0.49 * 2147483648.0);
}

QTEST_GUILESS_MAIN(TestFoldToIntegers)
#include "tst_fold_to_integers.moc"
