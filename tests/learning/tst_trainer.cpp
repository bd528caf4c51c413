// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/learning/evaluator.h"
#include "core/learning/trainer.h"
#include "core/network/open/open_network.h"
#include "tests/learning/halves.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

std::shared_ptr<const Network> geometry(int classes)
{
    return openNetwork("zoo:mobilenet-v1?width=0.25&resolution=16&channels=1&blocks=2&classes=" +
                       std::to_string(classes));
}

TrainOptions options()
{
    TrainOptions some;
    some.epochs = 12;
    some.batch_size = 16;
    some.learning_rate = 0.05;
    some.mirror = false; // it would swap the classes
    some.shift = 0;
    return some;
}

} // namespace

class TestTrainer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void learns();
    void fewerSamplesThanABatch();
    void sameSeedSameNumbers();
    void cancels();
    void refusesDataThatDoesNotFit_data();
    void refusesDataThatDoesNotFit();
};

void TestTrainer::learns()
{
    const auto data = halvesData();
    double reported = 0;
    const auto trained = trainNetwork(geometry(2), data, options(), {}, [&](const auto& progress) {
        reported = progress.validation_accuracy;
    });
    const auto validation = evaluateFloat(trained, data.validation, DataRole::Validation);
    QCOMPARE(reported, validation.top1());
    QVERIFY(evaluateFloat(trained, data.test, DataRole::Test).top1() > 0.9);
}

void TestTrainer::fewerSamplesThanABatch()
{
    auto data = halvesData();
    data.train = halves(12, 1);
    auto few = options();
    few.batch_size = 128;
    few.epochs = 60;
    int steps = 0;
    const auto trained =
        trainNetwork(geometry(2), data, few, {}, [&](const auto& now) { steps = now.epoch; });
    QCOMPARE(steps, 60);
    QVERIFY(evaluateFloat(trained, data.train, DataRole::All).top1() > 0.9);
}

void TestTrainer::sameSeedSameNumbers()
{
    const auto data = halvesData();
    auto short_run = options();
    short_run.epochs = 2;
    const auto weights = [&] {
        const auto trained = trainNetwork(geometry(2), data, short_run, {}, {});
        return trained->parameters()->layers.front().weights;
    };
    const auto once = weights();
    QVERIFY(weights() == once);
    short_run.seed = 2;
    QVERIFY(weights() != once);
}

void TestTrainer::cancels()
{
    std::stop_source stop;
    int reports = 0;
    try {
        trainNetwork(geometry(2), halvesData(), options(), stop.get_token(), [&](const auto&) {
            ++reports;
            stop.request_stop();
        });
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Cancelled);
    }
    QCOMPARE(reports, 1);
}

void TestTrainer::refusesDataThatDoesNotFit_data()
{
    QTest::addColumn<QString>("network");
    QTest::addColumn<int>("samples");
    QTest::addColumn<QString>("why");
    QTest::newRow("label out of range") << "classes=1&resolution=16" << 96 << "label is 1";
    QTest::newRow("other size") << "classes=2&resolution=20" << 96 << "1 x 20 x 20";
    QTest::newRow("no samples") << "classes=2&resolution=16" << 0 << "no training samples";
}

void TestTrainer::refusesDataThatDoesNotFit()
{
    QFETCH(QString, network);
    QFETCH(int, samples);
    QFETCH(QString, why);
    auto data = halvesData();
    data.train.indices.resize(std::size_t(samples));
    const auto wrong =
        openNetwork("zoo:mobilenet-v1?width=0.25&channels=1&blocks=2&" + network.toStdString());
    try {
        trainNetwork(wrong, data, options(), {}, {});
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::BadInput);
        QVERIFY2(QString::fromStdString(error.details().why).contains(why),
                 error.details().why.c_str());
    }
}

QTEST_GUILESS_MAIN(TestTrainer)
#include "tst_trainer.moc"
