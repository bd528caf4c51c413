// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/learning/calibration.h"
#include "core/network/open/open_network.h"
#include "core/session/point_measurement.h"
#include "tests/learning/halves.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// With a max-pooling in the middle, as ResNet-18 has one behind its stem.
std::shared_ptr<const Network> pooledNetwork()
{
    NetworkBuilder b({1, 16, 16}, 4);
    const int stem = b.conv(0, 4, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int pooled = b.maxPool(stem, 2, 2);
    const int deep = b.conv(pooled, 6, 3, 2, {1, 1, 1, 1}, Activation::Relu);
    return b.build(b.linear(deep, 2, Activation::None));
}

} // namespace

class TestPointMeasurement : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_project = Project::create(m_folder->filePath("p.bitdial").toStdString());
        m_project->setNetwork("pooled.onnx", exportOnnx(*pooledNetwork()));
        m_request = {};
        m_request.network = m_project->network();
        m_request.data = halvesData();
        addEdit();
    }

    /// What goes into a max-pooling comes out with the same step, whatever was edited.
    void editsAroundAMaxPooling()
    {
        std::vector<Measured> found;
        measure([&](const Measured& measured) { found.push_back(measured); }, {});
        QCOMPARE(found.size(), std::size_t(1));
        const auto point = m_project->points().back();
        QCOMPARE(point.accuracies, std::vector<Accuracy>{found[0].accuracy});
        QCOMPARE(point.state_hash, found[0].state->hash);
        const auto state = m_project->state(point.state_hash);
        for (const auto& layer : m_request.network->layers())
            if (layer.kind == LayerKind::MaxPool)
                QCOMPARE(state->activations[std::size_t(layer.output)],
                         state->activations[std::size_t(layer.inputs[0])]);
    }

    void ontoTestSamplesToo()
    {
        m_request.on_test = true;
        std::vector<DataRole> roles;
        measure([&](const Measured& measured) { roles.push_back(measured.accuracy.role); }, {});
        QCOMPARE(roles, (std::vector<DataRole>{DataRole::Validation, DataRole::Test}));
        QCOMPARE(m_project->points().back().accuracies.size(), std::size_t(2));
    }

    /// An undo stops the measurement and removes the point; which comes first is chance.
    void removedWhileItIsMeasured()
    {
        std::stop_source stop;
        MeasureEvents events;
        events.stored = [](const Measured&) { QFAIL("nothing can be stored"); };
        events.progressed = [&](DataRole, double fraction) {
            if (fraction == 1)
                m_project->removePoint(m_request.point.id);
        };
        const auto gone = errorOf([&] { measurePoint(*m_project, m_request, events, {}); });
        QCOMPARE(gone.code, ErrorCode::Failed); // nobody stopped it: that is no undo
        addEdit();
        events.progressed = [&](DataRole, double fraction) {
            if (fraction == 1) {
                m_project->removePoint(m_request.point.id);
                stop.request_stop();
            }
        };
        const auto error =
            errorOf([&] { measurePoint(*m_project, m_request, events, stop.get_token()); });
        QCOMPARE(error.code, ErrorCode::Cancelled);
    }

private:
    /// From calibrated 8/8 to 2 bits around the pooling.
    void addEdit()
    {
        const Network& network = *m_request.network;
        m_request.base_bits = BitAssignment::uniform(network, 8, 8);
        const auto base = encodeState(Calibration(m_request.network, m_request.data.calibration)
                                          .stateFor(m_request.base_bits));
        DesignPoint parent;
        parent.assignment = m_request.base_bits;
        m_project->addPoint(parent, &base);
        m_request.base_state_hash = base.hash;
        auto bits = m_request.base_bits;
        const ActivationGroups groups(network);
        for (const auto& layer : network.layers())
            if (layer.kind == LayerKind::MaxPool)
                groups.setBits(bits, groups.groupOf(layer.output), 2);
        QVERIFY(bits != m_request.base_bits);
        m_request.point = {};
        m_request.point.assignment = bits;
        m_request.point.provenance.role = PointRole::Hand;
        m_request.point.id = m_project->addPoint(m_request.point, nullptr);
    }

    void measure(const std::function<void(const Measured&)>& stored, const std::stop_token& stop)
    {
        measurePoint(*m_project, m_request, {[](DataRole, double) {}, stored}, stop);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Project> m_project;
    MeasureRequest m_request;
};

QTEST_GUILESS_MAIN(TestPointMeasurement)
#include "tst_point_measurement.moc"
