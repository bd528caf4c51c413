// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_source.h"
#include "core/learning/evaluator.h"
#include "core/learning/fine_tune.h"
#include "core/learning/gate_search.h"
#include "core/learning/initial_parameters.h"
#include "core/learning/threads.h"
#include "core/learning/trainer.h"
#include "core/network/open/open_network.h"
#include "core/quantization/integer_evaluator.h"

#include <QElapsedTimer>
#include <QtTest>

using namespace bitdial;

/// fashion-resnet8 on one thread. Steps are of 64 images; divide by the number in the name.
class BenchLearning : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void float20Steps();
    void stageOne20Steps();
    void fineTune20Steps();
    void float1000Images();
    void fake1000Images();
    void integer1000Images();
    void stateOfMobileNetV2();

private:
    ImageSubset some(const ImageSubset& from, int count) const
    {
        return {from.images, {from.indices.begin(), from.indices.begin() + count}};
    }
    static constexpr int steps = 20;
    static constexpr int batch = 64;
    std::shared_ptr<const Network> m_network;
    DataSplits m_data;
    std::unique_ptr<Calibration> m_calibration;
    BitAssignment m_bits;
};

void BenchLearning::initTestCase()
{
    setLearningThreads(1);
    m_network = openNetwork("fashion-resnet8");
    m_data = openData("demo");
    m_calibration = std::make_unique<Calibration>(m_network, m_data.calibration);
    m_bits = BitAssignment::uniform(*m_network, 4, 4);
}

void BenchLearning::float20Steps()
{
    DataSplits few = m_data;
    few.train = some(m_data.train, steps * batch);
    few.validation = some(m_data.validation, 1);
    TrainOptions options;
    options.epochs = 1;
    options.batch_size = batch;
    options.learning_rate = 1e-4;
    options.mirror = false;
    options.shift = 0;
    QBENCHMARK
    {
        trainNetwork(m_network, few, options, {}, {});
    }
}

void BenchLearning::stageOne20Steps()
{
    GateSearchOptions options;
    options.steps = steps;
    options.batch_size = batch;
    QBENCHMARK
    {
        searchGates(m_network, *m_calibration, m_data.train, options, SearchSpace(*m_network),
                    nullptr, {});
    }
}

void BenchLearning::fineTune20Steps()
{
    FineTuneOptions options;
    options.steps = steps;
    options.batch_size = batch;
    QBENCHMARK
    {
        fineTune(m_network, m_bits, *m_calibration, m_data.train, options, {});
    }
}

void BenchLearning::float1000Images()
{
    const auto samples = some(m_data.test, 1000);
    QBENCHMARK
    {
        evaluateFloat(m_network, samples, DataRole::Test);
    }
}

void BenchLearning::fake1000Images()
{
    const auto samples = some(m_data.test, 1000);
    const auto state = m_calibration->stateFor(m_bits);
    QBENCHMARK
    {
        evaluateFake(m_network, m_bits, state, samples, DataRole::Test);
    }
}

void BenchLearning::integer1000Images()
{
    const auto samples = some(m_data.test, 1000);
    const auto folded = std::make_shared<const IntegerNetwork>(
        foldToIntegers(m_network, m_bits, m_calibration->stateFor(m_bits)));
    QBENCHMARK
    {
        evaluateInteger(folded, samples, DataRole::Validation, 1);
    }
}

/// Less than 50 ms after the first time that a layer has a width.
void BenchLearning::stateOfMobileNetV2()
{
    const auto geometry = openNetwork("zoo:mobilenet-v2");
    const auto network = geometry->withParameters(initialParameters(*geometry, 1));
    const auto& shape = network->tensor(network->input()).shape;
    constexpr int count = 4;
    std::vector<std::uint8_t> pixels(std::size_t(shape.elements() * count));
    for (std::size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = std::uint8_t(i * 7919 % 251);
    const ImageSubset samples{std::make_shared<ImageSet>("made up", shape, PixelType::UInt8,
                                                         std::move(pixels), std::vector<int>(count),
                                                         Preprocess{1.0F / 255, 0, {}, {}}),
                              {0, 1, 2, 3}};
    const Calibration calibration(network, samples);
    const BitAssignment points[] = {BitAssignment::uniform(*network, 8, 8),
                                    BitAssignment::uniform(*network, 4, 4),
                                    BitAssignment::uniform(*network, 2, 2)};
    for (const auto& bits : points)
        calibration.stateFor(bits);
    // Not by QBENCHMARK: it would calibrate anew for each of its tries.
    constexpr int rounds = 10;
    QElapsedTimer timer;
    timer.start();
    for (int round = 0; round < rounds; ++round)
        for (const auto& bits : points)
            calibration.stateFor(bits);
    const double states = rounds * double(std::size(points));
    QTest::setBenchmarkResult(double(timer.nsecsElapsed()) / 1e6 / states,
                              QTest::WalltimeMilliseconds);
}

QTEST_GUILESS_MAIN(BenchLearning)
#include "bench_learning.moc"
