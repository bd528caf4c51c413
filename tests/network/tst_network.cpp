// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/network/open/open_network.h"
#include "tests/support/shared_data.h"

#include <QTest>

using namespace bitdial;

namespace {

/// zoo:resnet8 with numbers that differ everywhere.
std::shared_ptr<const Network> numberedNetwork(const std::string& spec)
{
    const auto network = buildZooNetwork(spec);
    auto parameters = std::make_shared<NetworkParameters>();
    float next = 0.125F;
    const auto fill = [&next](std::size_t count) {
        std::vector<float> values(count);
        for (auto& v : values)
            v = (next += 0.25F);
        return values;
    };
    for (const auto& layer : network->layers()) {
        LayerParameters p;
        const auto channels = std::size_t(layer.geometry.output.channels);
        p.weights = fill(std::size_t(layer.weightCount()));
        if (layer.kind == LayerKind::Linear)
            p.bias = fill(channels);
        else if (layer.hasWeights())
            p.batch_norm =
                BatchNorm{fill(channels), fill(channels), fill(channels), fill(channels), 1e-3F};
        parameters->layers.push_back(std::move(p));
    }
    return network->withParameters(parameters);
}

bool sameNumbers(const LayerParameters& a, const LayerParameters& b)
{
    if (a.weights != b.weights || a.bias != b.bias ||
        a.batch_norm.has_value() != b.batch_norm.has_value())
        return false;
    return !a.batch_norm || (a.batch_norm->scale == b.batch_norm->scale &&
                             a.batch_norm->shift == b.batch_norm->shift &&
                             a.batch_norm->mean == b.batch_norm->mean &&
                             a.batch_norm->variance == b.batch_norm->variance &&
                             a.batch_norm->epsilon == b.batch_norm->epsilon);
}

} // namespace

class TestNetwork : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Howard 2017 (arXiv 1704.04861), table 8: 569 M MACs, 4.2 M parameters.
    void mobilenetV1HasThePublishedSize()
    {
        const auto network = buildZooNetwork("zoo:mobilenet-v1");
        QCOMPARE(network->layerCount(), 29);
        QVERIFY(std::abs(double(network->macs()) - 569e6) < 1e6);
        QVERIFY(std::abs(double(network->parameterCount()) - 4.2e6) < 0.05e6);
    }

    void zooRefusesWhatItDoesNotKnow()
    {
        QVERIFY_THROWS_EXCEPTION(Error, buildZooNetwork("zoo:resnet9"));
        QVERIFY_THROWS_EXCEPTION(Error, buildZooNetwork("zoo:resnet8?widht=8"));
        QVERIFY_THROWS_EXCEPTION(Error, buildZooNetwork("zoo:resnet8?width=banana"));
    }

    void exportedNetworkReadsBackEqual_data()
    {
        QTest::addColumn<QString>("spec");
        QTest::newRow("residual") << "zoo:resnet8?resolution=28&channels=1";
        QTest::newRow("depthwise, clip") << "zoo:mobilenet-v1?width=0.25&resolution=32&classes=10";
    }
    void exportedNetworkReadsBackEqual()
    {
        QFETCH(QString, spec);
        const auto network = numberedNetwork(spec.toStdString());
        const auto again = importOnnx(exportOnnx(*network, {{"seed", "1"}}), "memory");
        QCOMPARE(again->layerCount(), network->layerCount());
        for (int i = 0; i < network->layerCount(); ++i) {
            QCOMPARE(again->layer(i).name, network->layer(i).name);
            QVERIFY(again->layer(i).geometry == network->layer(i).geometry);
            QVERIFY(again->layer(i).kind == network->layer(i).kind);
            QVERIFY(again->layer(i).activation == network->layer(i).activation);
            QCOMPARE(again->layer(i).clip_max, network->layer(i).clip_max);
            QVERIFY(sameNumbers(again->parameters()->layers[std::size_t(i)],
                                network->parameters()->layers[std::size_t(i)]));
        }
        for (int t = 0; t < network->tensorCount(); ++t)
            QCOMPARE(again->tensor(t).name, network->tensor(t).name);
    }

    void truncatedFilesAreRefused()
    {
        const auto bytes = exportOnnx(*numberedNetwork("zoo:resnet8?width=8"));
        for (int percent = 0; percent < 100; ++percent) {
            const auto part = std::span(bytes).first(bytes.size() * std::size_t(percent) / 100);
            QVERIFY_THROWS_EXCEPTION(Error, importOnnx(part, "truncated.onnx"));
        }
    }

    void realFilesAreReadWhole_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("layers");
        QTest::newRow("ResNet-8") << "models/mlperf_tiny_resnet8_bn.onnx" << 14;
        QTest::newRow("DS-CNN") << "models/mlperf_tiny_kws_dscnn_bn.onnx" << 11;
    }
    void realFilesAreReadWhole()
    {
        QFETCH(QString, file);
        QFETCH(int, layers);
        const auto path = bitdial::test::sharedData() / file.toStdString();
        if (!std::filesystem::exists(path))
            QSKIP("the shared test data is not on this machine");
        const auto network = openNetwork(path.string());
        QCOMPARE(network->layerCount(), layers);
        QVERIFY(!network->report().empty());
        for (const auto& node : network->report())
            QVERIFY(node.fate != NodeFate::Unsupported && !node.detail.empty());
    }
};

QTEST_GUILESS_MAIN(TestNetwork)
#include "tst_network.moc"
