// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/data/data_source.h"
#include "core/learning/evaluator.h"
#include "core/learning/fine_tune.h"
#include "core/network/open/open_network.h"
#include "core/quantization/integer_evaluator.h"
#include "core/quantization/state_encoding.h"

#include <QtTest>

#include <filesystem>

using namespace bitdial;

namespace {

bool hasDemo()
{
    return std::filesystem::exists("/usr/share/datasets/fashion-mnist") ||
           qEnvironmentVariableIsSet("BITDIAL_FASHION_MNIST");
}

ImageSubset first(ImageSubset subset, int count)
{
    subset.indices.resize(std::size_t(count));
    return subset;
}

} // namespace

class TestFineTune : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void betterThanCalibrationAlone();
    void integersAgreeWithFake_data();
    void integersAgreeWithFake();
    void stopsBetweenLayers();
    void sameSeedSameState();
};

void TestFineTune::initTestCase()
{
    if (!hasDemo())
        QSKIP("Fashion-MNIST (package dataset-fashion-mnist) is not installed");
}

void TestFineTune::betterThanCalibrationAlone()
{
    const auto network = openNetwork("fashion-resnet8");
    const auto data = openData("demo");
    const Calibration calibration(network, data.calibration);
    const auto bits = BitAssignment::uniform(*network, 2, 2);
    const auto samples = first(data.validation, 1000);
    FineTuneOptions options;
    options.steps = 40;
    options.batch_size = 32;
    const auto before =
        evaluateFake(network, bits, calibration.stateFor(bits), samples, DataRole::Validation);
    const auto state = fineTune(network, bits, calibration, data.train, options, {});
    const auto after = evaluateFake(network, bits, state, samples, DataRole::Validation);
    QVERIFY2(after.correct > before.correct + 100,
             qPrintable(QString("%1 -> %2").arg(before.correct).arg(after.correct)));
}

void TestFineTune::integersAgreeWithFake_data()
{
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("bits");
    for (const char* name : {"fashion-resnet8", "fashion-mobilenet"}) {
        QTest::addRow("%s 8/8", name) << name << "w8a8";
        QTest::addRow("%s 4/8", name) << name << "w4a8";
    }
}

/// The two rungs are computed by different code: LibTorch in float, our executor in integers.
void TestFineTune::integersAgreeWithFake()
{
    QFETCH(QString, name);
    QFETCH(QString, bits);
    const auto network = openNetwork(name.toStdString());
    const auto data = openData("demo");
    const Calibration calibration(network, data.calibration);
    const auto assignment = parseUniform(*network, bits.toStdString());
    const auto state = calibration.stateFor(assignment);
    const auto samples = first(data.validation, 1000);
    std::vector<int> fake;
    std::vector<int> integer;
    evaluateFake(network, assignment, state, samples, DataRole::Validation, {}, &fake);
    const auto folded =
        std::make_shared<const IntegerNetwork>(foldToIntegers(network, assignment, state));
    evaluateInteger(folded, samples, DataRole::Validation, 2, {}, {}, &integer);
    int same = 0;
    for (std::size_t i = 0; i < fake.size(); ++i)
        same += fake[i] == integer[i] ? 1 : 0;
    QVERIFY2(same >= 985, qPrintable(QString::number(same)));
}

void TestFineTune::stopsBetweenLayers()
{
    const auto network = openNetwork("fashion-resnet8");
    const auto data = openData("demo");
    const Calibration calibration(network, first(data.calibration, 64));
    std::stop_source stop;
    FineTuneOptions options;
    options.batch_size = 16;
    try {
        fineTune(network, BitAssignment::uniform(*network, 8, 8), calibration, data.train, options,
                 stop.get_token(), [&](int) { stop.request_stop(); });
        QFAIL("not cancelled");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Cancelled);
    }
}

void TestFineTune::sameSeedSameState()
{
    const auto network = openNetwork("fashion-resnet8");
    const auto data = openData("demo");
    const Calibration calibration(network, first(data.calibration, 64));
    const auto bits = BitAssignment::uniform(*network, 4, 4);
    FineTuneOptions options;
    options.steps = 3;
    options.batch_size = 16;
    const auto hash = [&] {
        return encodeState(fineTune(network, bits, calibration, data.train, options, {})).hash;
    };
    const auto once = hash();
    QCOMPARE(hash(), once);
    options.seed = 2;
    QVERIFY(hash() != once);
}

QTEST_GUILESS_MAIN(TestFineTune)
#include "tst_fine_tune.moc"
