// SPDX-License-Identifier: Apache-2.0
#include "network_fixture.h"

#include "core/base/error.h"
#include "core/quantization/integer_evaluator.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

constexpr int sample_count = 150;

ImageSubset randomSamples(const Network& network, int count)
{
    const auto& shape = network.tensor(network.input()).shape;
    std::mt19937 random(4);
    std::vector<std::uint8_t> pixels(std::size_t(shape.elements() * count));
    std::ranges::generate(pixels, [&] { return std::uint8_t(random()); });
    std::vector<int> labels(std::size_t(count), 0);
    std::ranges::generate(labels, [&] { return int(random() % 5); });
    ImageSubset samples{std::make_shared<ImageSet>("random", shape, PixelType::UInt8,
                                                   std::move(pixels), std::move(labels),
                                                   Preprocess{1.0F / 255, 0, {}, {}}),
                        {}};
    for (int i = count - 1; i >= 0; i -= 2) // some of them, in an order of their own
        samples.indices.push_back(i);
    return samples;
}

std::shared_ptr<const IntegerNetwork> foldedNetwork()
{
    const auto network = everyKindNetwork(3);
    const auto bits = BitAssignment::uniform(*network, 8, 8);
    return std::make_shared<IntegerNetwork>(foldToIntegers(
        network, bits, calibrated(*network, bits, randomInputs(*network, 4, false, 3))));
}

} // namespace

class TestIntegerEvaluator : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsOneByOneForAnyThreadCount()
    {
        const auto folded = foldedNetwork();
        const auto samples = randomSamples(*folded->network, sample_count);
        IntegerExecutor executor(folded);
        std::vector<float> input(std::size_t(samples.images->shape().elements()));
        std::vector<int> expected;
        int correct = 0;
        for (const int index : samples.indices) {
            samples.images->writeInput(index, input.data());
            const auto logits = executor.run(input);
            std::size_t best = 0;
            for (std::size_t c = 1; c < logits.size(); ++c)
                if (logits[c] > logits[best])
                    best = c;
            expected.push_back(int(best));
            correct += int(best) == samples.images->label(index) ? 1 : 0;
        }
        for (const int threads : {0, 1, 2, 5, 1000}) {
            std::vector<int> predictions;
            int last = 0;
            const auto accuracy = evaluateInteger(
                folded, samples, DataRole::Test, threads, {}, [&](int done) { last = done; },
                &predictions);
            QCOMPARE(predictions, expected);
            QCOMPARE(accuracy, (Accuracy{Rung::Integer, DataRole::Test, correct, samples.size()}));
            QCOMPARE(last, samples.size());
        }
    }

    void firstOfEqualLogitsWins()
    {
        NetworkBuilder b({3, 2, 2}, 1);
        const int out = b.linear(0, 5, Activation::None);
        std::ranges::fill(b.parameters().weights, 0.5F);
        std::ranges::fill(b.parameters().bias, 0.0F);
        const auto network = b.build(out);
        const auto bits = BitAssignment::uniform(*network, 8, 8);
        const auto folded = std::make_shared<IntegerNetwork>(foldToIntegers(
            network, bits, calibrated(*network, bits, randomInputs(*network, 2, false, 1))));
        std::vector<int> predictions;
        evaluateInteger(folded, randomSamples(*network, 8), DataRole::Test, 2, {}, {},
                        &predictions);
        QCOMPARE(predictions, std::vector<int>(4, 0));
    }

    void stopsWhenAsked()
    {
        const auto folded = foldedNetwork();
        // Many times what can be done before progress is told for the first time.
        auto samples = randomSamples(*folded->network, sample_count);
        samples.indices.assign(4000000, 0);
        std::stop_source stop;
        try {
            evaluateInteger(folded, samples, DataRole::Test, 2, stop.get_token(), [&](int done) {
                QVERIFY(done < samples.size());
                stop.request_stop();
            });
            QFAIL("it must stop");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Cancelled);
        }
        QVERIFY_EXCEPTION_THROWN(
            evaluateInteger(folded, samples, DataRole::Test, 2, stop.get_token()), Error);
    }

    void errorsOfCallersAndData()
    {
        const auto folded = foldedNetwork();
        const auto samples = randomSamples(*folded->network, 4000);
        const auto fails = [](int) { throw std::runtime_error("progress"); };
        QVERIFY_EXCEPTION_THROWN(evaluateInteger(folded, samples, DataRole::Test, 2, {}, fails),
                                 std::runtime_error);
        ImageSubset wrong{std::make_shared<ImageSet>("wrong", TensorShape{1, 2, 2},
                                                     PixelType::UInt8, std::vector<std::uint8_t>(4),
                                                     std::vector<int>(1), Preprocess{}),
                          {0}};
        QVERIFY_EXCEPTION_THROWN(evaluateInteger(folded, wrong, DataRole::Test, 1), Error);
        wrong.images = nullptr;
        QVERIFY_EXCEPTION_THROWN(evaluateInteger(folded, wrong, DataRole::Test, 1), Error);
        ImageSubset none{samples.images, {}};
        QVERIFY_EXCEPTION_THROWN(evaluateInteger(folded, none, DataRole::Test, 2), Error);
    }
};

QTEST_GUILESS_MAIN(TestIntegerEvaluator)
#include "tst_integer_evaluator.moc"
