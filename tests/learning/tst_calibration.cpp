// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/learning/calibration.h"
#include "core/learning/evaluator.h"
#include "core/quantization/integer_evaluator.h"
#include "tests/learning/halves.h"
#include "tests/quantization/network_fixture.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

class TestCalibration : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void seesEveryColumn();
    void networkThatEndsInAPooling();
    void refusesOtherShapes();
};

/// Samples are a part of the values only. Whichever single column of the map is bright, its value
/// must be among them: else the range would be that of the dark rest.
void TestCalibration::seesEveryColumn()
{
    for (int column = 0; column < 16; ++column) {
        std::vector<std::uint8_t> pixels;
        for (int i = 0; i < 512 * 256; ++i)
            pixels.push_back(i % 16 == column ? 200 : 1);
        ImageSubset subset;
        subset.images =
            std::make_shared<ImageSet>("columns", TensorShape{1, 16, 16}, PixelType::UInt8, pixels,
                                       std::vector<int>(512, 0), Preprocess{});
        for (int i = 0; i < 512; ++i)
            subset.indices.push_back(i);
        NetworkBuilder builder({1, 16, 16});
        const auto network = builder.build(builder.linear(0, 2, Activation::None));
        const Calibration calibration(network, subset);
        QCOMPARE(calibration.activation(network->input(), 8).scale, 200.0F / 255.0F);
    }
}

void TestCalibration::networkThatEndsInAPooling()
{
    NetworkBuilder builder({1, 16, 16}, 3);
    const int conv = builder.conv(0, 2, 3, 1, {1, 1, 1, 1}, Activation::None);
    const auto network = builder.build(builder.averagePool(conv, 16, 16));
    const auto data = halvesData();
    const Calibration calibration(network, data.calibration);
    const auto bits = BitAssignment::uniform(*network, 8, 8);
    QCOMPARE(bits.activationBits(network->output()), 8);
    const auto state = calibration.stateFor(bits);
    QVERIFY(state.activations[std::size_t(network->output())].scale > 0);
    const auto folded =
        std::make_shared<const IntegerNetwork>(foldToIntegers(network, bits, state));
    std::vector<int> fake, integer;
    evaluateFake(network, bits, state, data.test, DataRole::Test, {}, &fake);
    evaluateInteger(folded, data.test, DataRole::Validation, 1, {}, {}, &integer);
    int same = 0;
    for (std::size_t i = 0; i < fake.size(); ++i)
        same += fake[i] == integer[i];
    QVERIFY2(same >= int(fake.size()) - 4, qPrintable(QString::number(same)));
}

void TestCalibration::refusesOtherShapes()
{
    NetworkBuilder builder({3, 8, 8});
    const auto network = builder.build(builder.linear(0, 2, Activation::None));
    try {
        const Calibration calibration(network, halves(8, 1));
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::BadInput);
    }
}

QTEST_GUILESS_MAIN(TestCalibration)
#include "tst_calibration.moc"
