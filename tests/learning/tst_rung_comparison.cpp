// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/learning/evaluator.h"
#include "core/learning/rung_comparison.h"
#include "core/quantization/integer_evaluator.h"
#include "tests/quantization/integer_reference.h"
#include "tests/quantization/network_fixture.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

constexpr int sample_count = 150;
constexpr float weight_step = 0.125F;
constexpr float input_step = 0.0625F;

ImageSubset randomSamples(const Network& network)
{
    const auto& shape = network.tensor(network.input()).shape;
    std::mt19937 random(4);
    std::vector<std::uint8_t> pixels(std::size_t(shape.elements() * sample_count));
    std::ranges::generate(pixels, [&] { return std::uint8_t(random()); });
    std::vector<int> labels(std::size_t(sample_count), 0);
    std::ranges::generate(labels, [&] { return int(random() % 5); });
    ImageSubset samples{std::make_shared<ImageSet>("random", shape, PixelType::UInt8,
                                                   std::move(pixels), std::move(labels),
                                                   Preprocess{input_step, 0, {}, {}}),
                        {}};
    for (int i = sample_count - 1; i >= 0; i -= 2) // some of them, in an order of their own
        samples.indices.push_back(i);
    return samples;
}

void makeExact(LayerParameters& parameters)
{
    parameters.batch_norm.reset();
    for (auto& weight : parameters.weights)
        weight = std::floor(weight / weight_step) * weight_step;
    for (auto& bias : parameters.bias)
        bias = std::floor(bias * 16) / 16;
}

/// Two branches, an add and a linear layer, with steps that are powers of two: float arithmetic is
/// exact on it, so that the fake and the integer rung compute the same.
RungRequest exactRequest()
{
    NetworkBuilder b({2, 6, 5}, 11);
    const int left = b.conv(0, 4, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    makeExact(b.parameters());
    const int right = b.conv(0, 4, 1, 1, {}, Activation::Relu);
    makeExact(b.parameters());
    const int sum = b.add(left, right, Activation::Relu);
    const int output = b.linear(sum, 5, Activation::None);
    makeExact(b.parameters());
    RungRequest request;
    request.network = b.build(output);
    request.bits = BitAssignment::uniform(*request.network, 8, 8);
    request.state.parameters = request.network->parameters();
    request.state.weight_scales = {
        std::vector<float>(4, weight_step), std::vector<float>(4, weight_step), {}, {weight_step}};
    request.state.activations = {
        {input_step, false}, {0.25F, false}, {0.25F, false}, {0.5F, false}, {}};
    request.integers = std::make_shared<const IntegerNetwork>(
        foldToIntegers(request.network, request.bits, request.state));
    request.samples = randomSamples(*request.network);
    request.code_samples = 70; // more than one batch, less than all
    return request;
}

RungRequest everyKindRequest()
{
    RungRequest request;
    request.network = everyKindNetwork(3);
    request.bits = BitAssignment::uniform(*request.network, 4, 8);
    request.state =
        calibrated(*request.network, request.bits, randomInputs(*request.network, 4, false, 3));
    request.integers = std::make_shared<const IntegerNetwork>(
        foldToIntegers(request.network, request.bits, request.state));
    request.samples = randomSamples(*request.network);
    return request;
}

/// What differs between two integer networks, by plain loops over the samples.
std::vector<CodeDifference> naiveDifferences(const RungRequest& request, const IntegerNetwork& one,
                                             const IntegerNetwork& other)
{
    const auto& network = *request.network;
    std::vector<CodeDifference> found(std::size_t(network.layerCount()));
    std::vector<float> input(std::size_t(request.samples.images->shape().elements()));
    std::vector<std::int32_t> codes(input.size());
    for (int i = 0; i < request.code_samples; ++i) {
        request.samples.images->writeInput(request.samples.indices[std::size_t(i)], input.data());
        quantizeInput(one, input, codes);
        const auto a = integerForward(one, codes);
        const auto b = integerForward(other, codes);
        for (std::size_t l = 0; l < found.size(); ++l) {
            const auto tensor = std::size_t(network.layer(int(l)).output);
            for (std::size_t e = 0; e < a[tensor].size(); ++e) {
                const auto difference = std::abs(a[tensor][e] - b[tensor][e]);
                ++found[l].elements;
                found[l].differing += difference > 0 ? 1 : 0;
                found[l].largest = std::max<std::int64_t>(found[l].largest, difference);
            }
        }
    }
    return found;
}

} // namespace

class TestRungComparison : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void exactArithmeticDiffersNowhere()
    {
        const auto request = exactRequest();
        std::vector<double> told;
        const auto codes =
            compareCodes(request, {}, [&](double fraction) { told.push_back(fraction); });
        QCOMPARE(codes.samples, 70);
        QVERIFY(!codes.firstDifferingLayer().has_value());
        QCOMPARE(codes.input, (CodeDifference{70 * 2 * 6 * 5, 0, 0}));
        QCOMPARE(codes.layers, naiveDifferences(request, *request.integers, *request.integers));
        QVERIFY(std::ranges::is_sorted(told));
        QCOMPARE(told.back(), 1.0);
    }

    void aPlantedDifferenceIsFoundInItsLayer_data()
    {
        QTest::addColumn<int>("layer");
        for (const int layer : {0, 1, 2, 3})
            QTest::addRow("%d", layer) << layer;
    }

    void aPlantedDifferenceIsFoundInItsLayer()
    {
        QFETCH(const int, layer);
        auto request = exactRequest();
        auto planted = *request.integers;
        auto& folded = planted.layers[std::size_t(layer)];
        if (!folded.bias.empty())
            folded.bias[2] -= 1000;
        else if (folded.lambda.empty())
            folded.add.out_add += 5 << folded.add.out_shift;
        else
            folded.lambda[2] += 3 << folded.shift;
        const auto expected = naiveDifferences(request, *request.integers, planted);
        request.integers = std::make_shared<const IntegerNetwork>(planted);
        const auto codes = compareCodes(request);
        QCOMPARE(codes.firstDifferingLayer(), std::optional(layer));
        QCOMPARE(codes.layers, expected);
        QVERIFY(codes.layers[std::size_t(layer)].largest >= 3);
        QCOMPARE(codes.input.differing, 0);
    }

    void roundingMovesCodesByLittleAndEverythingIsCompared()
    {
        const auto request = everyKindRequest();
        const auto codes = compareCodes(request);
        QCOMPARE(codes.samples, 64);
        QCOMPARE(codes.input.differing, 0);
        for (int l = 0; l < request.network->layerCount(); ++l)
            QCOMPARE(codes.layers[std::size_t(l)].elements,
                     64 * request.network->layer(l).geometry.output.elements());
        QVERIFY(codes.layers[0].largest <= 1); // its input is the same: only the rounding differs
        // Nothing is compared twice or left out, whatever the number of samples.
        auto one = request;
        one.code_samples = 1;
        QCOMPARE(compareCodes(one).layers[0].elements * 64, codes.layers[0].elements);
        one.code_samples = 10000;
        QCOMPARE(compareCodes(one).samples, one.samples.size());
    }

    void rungsAreThoseOfTheEvaluators()
    {
        auto request = everyKindRequest();
        request.role = DataRole::Test;
        double last = 0;
        const auto rungs = compareRungs(request, {}, [&](double fraction) {
            QVERIFY(fraction >= last);
            last = fraction;
        });
        QCOMPARE(last, 1.0);
        std::vector<int> fake;
        std::vector<int> integer;
        QCOMPARE(rungs.float_rung, evaluateFloat(request.network, request.samples, DataRole::Test));
        QCOMPARE(rungs.fake, evaluateFake(request.network, request.bits, request.state,
                                          request.samples, DataRole::Test, {}, &fake));
        const auto expected =
            evaluateInteger(request.integers, request.samples, DataRole::Test, 2, {}, {}, &integer);
        QCOMPARE(rungs.integer, expected);
        int same = 0;
        for (std::size_t i = 0; i < fake.size(); ++i)
            same += fake[i] == integer[i];
        QCOMPARE(rungs.agreeing, same);
        QCOMPARE(rungs.codes.layers, compareCodes(request).layers);
    }

    void refusesAndStops()
    {
        auto request = exactRequest();
        std::stop_source stop;
        stop.request_stop();
        const auto codeOf = [&](std::stop_token token) {
            try {
                compareRungs(request, std::move(token));
            } catch (const Error& error) {
                return error.code();
            }
            return ErrorCode::Failed;
        };
        QCOMPARE(codeOf(stop.get_token()), ErrorCode::Cancelled);
        request.code_samples = 0;
        QCOMPARE(codeOf({}), ErrorCode::Usage);
        request.code_samples = 1;
        request.samples.indices.clear();
        QCOMPARE(codeOf({}), ErrorCode::BadInput);
    }
};

QTEST_GUILESS_MAIN(TestRungComparison)
#include "tst_rung_comparison.moc"
