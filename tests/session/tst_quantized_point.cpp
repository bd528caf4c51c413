// SPDX-License-Identifier: Apache-2.0
#include "core/session/quantized_point.h"

#include "core/learning/calibration.h"
#include "tests/learning/halves.h"
#include "tests/project/project_fixture.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

class TestQuantizedPoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_project = Project::create(m_folder->filePath("p.bitdial").toStdString());
        m_project->setNetwork(small_network, {});
        m_network = m_project->network();
    }

    void aPointHasTheNumbersItWasMeasuredWith()
    {
        const auto state = makeState(*m_network, 1);
        const auto encoded = encodeState(state);
        auto point = makePoint(*m_network, 4, 8);
        const auto id = m_project->addPoint(point, &encoded);
        const auto stored = storedPoint(*m_project, id);
        QCOMPARE(stored.id, id);
        const auto quantized = measuredPoint(*m_project, m_network, stored);
        QCOMPARE(quantized.network, m_network);
        QCOMPARE(quantized.bits, point.assignment);
        QCOMPARE(encodeState(quantized.state).hash, encoded.hash);
    }

    void withoutNumbers()
    {
        const auto unmeasured = m_project->addPoint(makePoint(*m_network, 4, 8), nullptr);
        DesignPoint reference; // float: no bits
        reference.accuracies = {{Rung::Float, DataRole::Validation, 1, 2}};
        const auto ids = {unmeasured, m_project->addPoint(reference, nullptr)};
        for (const auto id : ids) {
            const auto error =
                errorOf([&] { measuredPoint(*m_project, m_network, storedPoint(*m_project, id)); });
            QCOMPARE(error.code, ErrorCode::Infeasible);
            QVERIFY(error.where.ends_with("point " + std::to_string(id)));
        }
    }

    void whatIsNotThereIsRefused()
    {
        const auto error = errorOf([&] { storedPoint(*m_project, 7); });
        QCOMPARE(error.code, ErrorCode::Usage);
        QCOMPARE(error.why, std::string("it has 0 points"));
    }

    void calibratedAnew()
    {
        NetworkBuilder builder({1, 16, 16}, 4);
        const int deep = builder.conv(0, 6, 3, 2, {1, 1, 1, 1}, Activation::Relu);
        const auto network = builder.build(builder.linear(deep, 2, Activation::None));
        const auto samples = halves(32, 2);
        const auto bits = BitAssignment::uniform(*network, 4, 8);
        const auto point = calibratedPoint(network, bits, samples, {});
        QCOMPARE(encodeState(point.state).hash,
                 encodeState(Calibration(network, samples).stateFor(bits)).hash);
        const auto integers = fold(point);
        QCOMPARE(int(integers->layers.size()), network->layerCount());
        QCOMPARE(integers->assignment, bits);
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(errorOf([&] { calibratedPoint(network, bits, samples, stop.get_token()); }).code,
                 ErrorCode::Cancelled);
    }

private:
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Project> m_project;
    std::shared_ptr<const Network> m_network;
};

QTEST_GUILESS_MAIN(TestQuantizedPoint)
#include "tst_quantized_point.moc"
