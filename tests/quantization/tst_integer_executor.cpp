// SPDX-License-Identifier: Apache-2.0
#include "integer_reference.h"
#include "network_fixture.h"

#include "core/base/error.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Random widths that respect the groups.
BitAssignment mixedBits(const Network& network, unsigned seed)
{
    std::mt19937 random(seed);
    const int widths[] = {2, 4, 8};
    auto bits = BitAssignment::uniform(network, 8, 8);
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).hasWeights())
            bits.setWeightBits(i, widths[random() % 3]);
    const ActivationGroups groups(network);
    for (int g = 0; g < groups.count(); ++g)
        if (!groups.isFixed(g))
            groups.setBits(bits, g, widths[random() % 3]);
    return bits;
}

std::vector<std::int32_t> integersOf(const IntegerNetwork& network, const std::vector<float>& input)
{
    std::vector<std::int32_t> integers(input.size());
    quantizeInput(network, input, integers);
    return integers;
}

/// Empty when every tensor of the executor equals the reference's.
std::string firstDifference(const std::shared_ptr<const IntegerNetwork>& network,
                            IntegerExecutor& executor, const std::vector<float>& input)
{
    const auto expected = integerForward(*network, integersOf(*network, input));
    const auto logits = executor.run(input);
    const auto& net = *network->network;
    for (int t = 0; t < net.tensorCount(); ++t) {
        const auto found = executor.tensor(t);
        for (std::size_t i = 0; i < found.size(); ++i)
            if (found.size() != expected[std::size_t(t)].size() ||
                found[i] != expected[std::size_t(t)][i])
                return net.tensor(t).name + "[" + std::to_string(i) +
                       "]: " + std::to_string(found[i]);
    }
    const auto last = executor.tensor(net.output());
    return std::ranges::equal(logits, last) ? "" : "logits";
}

struct Closeness {
    double steps = 0;     ///< largest distance of an integer from the exact result
    double differing = 0; ///< share of integers that are not the exactly rounded result
};

Closeness closenessOf(const IntegerNetwork& network, const QuantizationState& state,
                      const std::vector<std::vector<std::int64_t>>& maps, int layer)
{
    const auto exact = exactLayer(network, state, layer, maps);
    const auto& type = network.layers[std::size_t(layer)].output;
    const auto range = integerRange(type.bits, type.is_signed);
    const auto& found = maps[std::size_t(network.network->layer(layer).output)];
    Closeness result;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const double clipped = std::clamp(exact[i], double(range.low), double(range.high));
        result.steps = std::max(result.steps, std::abs(double(found[i]) - clipped));
        const double rounded =
            std::clamp(std::floor(exact[i] + 0.5), double(range.low), double(range.high));
        if (double(found[i]) != rounded)
            result.differing += 1.0 / double(exact.size());
    }
    return result;
}

} // namespace

class TestIntegerExecutor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheReference_data()
    {
        QTest::addColumn<unsigned>("seed");
        QTest::addColumn<int>("width"); // 0: mixed
        QTest::addColumn<bool>("is_signed");
        for (unsigned seed = 1; seed <= 24; ++seed)
            QTest::addRow("%u", seed)
                << seed << (seed > 9 ? 0 : 1 << (1 + seed % 3)) << (seed % 2 == 0);
    }
    void equalsTheReference()
    {
        QFETCH(unsigned, seed);
        QFETCH(int, width);
        QFETCH(bool, is_signed);
        const auto network = everyKindNetwork(seed);
        const auto bits =
            width == 0 ? mixedBits(*network, seed) : BitAssignment::uniform(*network, width, width);
        const auto inputs = randomInputs(*network, 4, is_signed, seed);
        const auto state = calibrated(*network, bits, inputs);
        const auto folded = std::make_shared<IntegerNetwork>(foldToIntegers(network, bits, state));
        IntegerExecutor executor(folded);
        executor.keepAllTensors(true);
        for (auto input : inputs) {
            QCOMPARE(firstDifference(folded, executor, input), "");
            for (float& v : input)
                v *= 5; // beyond the calibrated range: everything clips
            QCOMPARE(firstDifference(folded, executor, input), "");
        }
    }

    void wideLayersEqualTheReference()
    {
        // Longer than one vector and one block of rows, channels that are no multiple of anything.
        NetworkBuilder b({19, 13, 10}, 5);
        const int wide = b.conv(0, 33, 5, 1, {2, 2, 2, 2}, Activation::Relu);
        const int deep = b.depthwise(wide, 5, 3, {0, 3, 4, 1}, Activation::Relu);
        const int point = b.conv(deep, 21, 1, 2, {}, Activation::Relu);
        const auto network = b.build(b.linear(point, 10, Activation::None));
        for (const int width : {2, 4, 8}) {
            const auto bits = BitAssignment::uniform(*network, width, width);
            const auto inputs = randomInputs(*network, 2, true, 6);
            const auto folded = std::make_shared<IntegerNetwork>(
                foldToIntegers(network, bits, calibrated(*network, bits, inputs)));
            IntegerExecutor executor(folded);
            executor.keepAllTensors(true);
            for (const auto& input : inputs)
                QCOMPARE(firstDifference(folded, executor, input), "");
        }
    }

    void networkWithoutLinearGivesItsMap()
    {
        NetworkBuilder b({3, 7, 5}, 5);
        const int conv = b.conv(0, 4, 3, 2, {1, 1, 1, 1}, Activation::Relu);
        const auto network = b.build(b.averagePool(conv, 2, 1));
        const auto bits = BitAssignment::uniform(*network, 4, 4);
        const auto inputs = randomInputs(*network, 2, false, 6);
        const auto state = calibrated(*network, bits, inputs);
        const auto folded = std::make_shared<IntegerNetwork>(foldToIntegers(network, bits, state));
        QCOMPARE(folded->output_scale, state.activations[2].scale);
        IntegerExecutor executor(folded);
        executor.keepAllTensors(true);
        QCOMPARE(firstDifference(folded, executor, inputs[0]), "");
        QCOMPARE(executor.run(inputs[1]).size(), std::size_t(4 * 3 * 2));
    }

    /// Given its own integer inputs, each layer is within a rounding of the exact result.
    void eachLayerIsCloseToExact()
    {
        for (unsigned seed = 1; seed <= 12; ++seed) {
            const auto network = everyKindNetwork(seed);
            const auto bits =
                seed <= 4 ? BitAssignment::uniform(*network, 8, 8) : mixedBits(*network, seed);
            const auto inputs = randomInputs(*network, 4, true, seed);
            const auto state = calibrated(*network, bits, inputs);
            const auto folded = foldToIntegers(network, bits, state);
            const auto maps = integerForward(folded, integersOf(folded, inputs[0]));
            for (int i = 0; i + 1 < network->layerCount(); ++i) {
                const auto close = closenessOf(folded, state, maps, i);
                // An add first rounds both operands to its inner 8-bit step.
                const auto& inputs_of = network->layer(i).inputs;
                const bool add = inputs_of.size() == 2;
                double allowed = 0.52;
                if (add) {
                    const auto quantizer = [&](int t) { return state.activations[std::size_t(t)]; };
                    const int width = bits.activationBits(inputs_of[0]);
                    allowed += double(addOperandScale(quantizer(inputs_of[0]), width,
                                                      quantizer(inputs_of[1]), width)) /
                               double(quantizer(network->layer(i).output).scale);
                }
                const QString text = QString("seed %1 layer %2: %3 steps, %4 differ")
                                         .arg(seed)
                                         .arg(i)
                                         .arg(close.steps)
                                         .arg(close.differing);
                QVERIFY2(close.steps < allowed, qPrintable(text));
                QVERIFY2(add || close.differing < 0.03, qPrintable(text));
            }
        }
    }

    void eightBitsAreCloseToFloat()
    {
        double error = 0;
        double power = 0;
        for (unsigned seed = 1; seed <= 8; ++seed) {
            const auto network = everyKindNetwork(seed);
            const auto bits = BitAssignment::uniform(*network, 8, 8);
            const auto inputs = randomInputs(*network, 8, true, seed);
            const auto folded = std::make_shared<IntegerNetwork>(
                foldToIntegers(network, bits, calibrated(*network, bits, inputs)));
            IntegerExecutor executor(folded);
            for (const auto& input : inputs) {
                const auto expected = floatForward(*network, input)[std::size_t(network->output())];
                const auto logits = executor.run(input);
                for (std::size_t c = 0; c < logits.size(); ++c) {
                    const double found = double(logits[c]) * double(folded->output_scale);
                    error += (found - expected[c]) * (found - expected[c]);
                    power += expected[c] * expected[c];
                }
            }
        }
        QVERIFY2(error / power < 1e-3, qPrintable(QString::number(error / power))); // 30 dB
    }

    void inputIsClampedAndRoundedHalfUp()
    {
        IntegerNetwork network;
        network.network = everyKindNetwork(1);
        network.assignment = BitAssignment::uniform(*network.network, 8, 8);
        network.input = {0.5F, true};
        const std::vector<float> values = {0,     0.25F, -0.25F, 0.74F, 1e9F,
                                           -1e9F, 63.5F, -64,    NAN,   1e38F};
        QCOMPARE(integersOf(network, values),
                 (std::vector<std::int32_t>{0, 1, 0, 1, 127, -128, 127, -128, -128, 127}));
        network.input = {0.5F, false};
        QCOMPARE(integersOf(network, {-1, 200}), (std::vector<std::int32_t>{0, 255}));
    }

    void reusedBuffersDoNotChangeResults()
    {
        const auto network = everyKindNetwork(2);
        const auto bits = BitAssignment::uniform(*network, 8, 4);
        const auto inputs = randomInputs(*network, 6, true, 2);
        const auto folded = std::make_shared<IntegerNetwork>(
            foldToIntegers(network, bits, calibrated(*network, bits, inputs)));
        IntegerExecutor keeping(folded);
        IntegerExecutor reusing(folded);
        keeping.keepAllTensors(true);
        for (int round = 0; round < 2; ++round)
            for (const auto& input : inputs)
                QVERIFY(std::ranges::equal(keeping.run(input), reusing.run(input)));
        QVERIFY_EXCEPTION_THROWN(reusing.tensor(1), Error);
        QCOMPARE(reusing.tensor(network->output()), keeping.tensor(network->output()));
        reusing.keepAllTensors(true);
        QVERIFY_EXCEPTION_THROWN(reusing.tensor(1), Error); // not before the next run
        reusing.run(inputs.back());
        QCOMPARE(reusing.tensor(1), keeping.tensor(1));
    }

    void wrongInputAndCancel()
    {
        const auto network = everyKindNetwork(2);
        const auto bits = BitAssignment::uniform(*network, 8, 8);
        const auto inputs = randomInputs(*network, 1, true, 2);
        IntegerExecutor executor(std::make_shared<IntegerNetwork>(
            foldToIntegers(network, bits, calibrated(*network, bits, inputs))));
        QVERIFY_EXCEPTION_THROWN(executor.run(std::vector<float>(3)), Error);
        std::stop_source stop;
        stop.request_stop();
        try {
            executor.run(inputs[0], stop.get_token());
            QFAIL("it must stop");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Cancelled);
        }
        QCOMPARE(executor.run(inputs[0]).size(), std::size_t(5)); // usable afterwards
    }
};

QTEST_GUILESS_MAIN(TestIntegerExecutor)
#include "tst_integer_executor.moc"
