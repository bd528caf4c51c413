// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/open/open_network.h"

#include <QTest>

#include <algorithm>

using namespace bitdial;

namespace {

const Layer& layerOf(const Network& network, const std::string& name)
{
    const auto found = std::ranges::find(network.layers(), name, &Layer::name);
    if (found == network.layers().end())
        throw std::runtime_error("no layer " + name);
    return *found;
}

std::string refusal(const std::string& spec)
{
    try {
        buildZooNetwork(spec);
    } catch (const Error& error) {
        return error.what();
    }
    return "(built)";
}

/// Parameters as the frameworks count them: batch norms' scale and shift instead of a bias where
/// the layer has a batch norm. A zoo network without numbers counts one value per channel.
std::int64_t withBatchNorms(const Network& network)
{
    std::int64_t sum = 0;
    for (const auto& layer : network.layers())
        if (layer.hasWeights())
            sum += layer.weightCount() +
                   layer.geometry.output.channels * (layer.kind == LayerKind::Linear ? 1 : 2);
    return sum;
}

} // namespace

class TestZoo : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// MACs of convolutions and linear layers only (no bias, pooling, activation). Parameters count
    /// weights, the classifier's bias, and two values per batch-norm channel.
    void publishedSizes_data()
    {
        QTest::addColumn<QString>("spec");
        QTest::addColumn<double>("macs");
        QTest::addColumn<double>("parameters");
        QTest::addColumn<double>("tolerance"); // relative: half of the last published digit
        // Howard 2017, table 8 and 6.
        QTest::newRow("MobileNetV1") << "zoo:mobilenet-v1" << 569e6 << 4.2e6 << 0.012;
        QTest::newRow("MobileNetV1 0.25/128")
            << "zoo:mobilenet-v1?width=0.25&resolution=128" << 14e6 << 0.5e6 << 0.1;
        // Sandler 2018, table 4; torchvision counts 3,504,872 parameters.
        QTest::newRow("MobileNetV2") << "zoo:mobilenet-v2" << 300e6 << 3504872.0 << 0.005;
        // torchvision counts 11,689,512 parameters and 1.814 GMACs.
        QTest::newRow("ResNet-18") << "zoo:resnet18" << 1.814e9 << 11689512.0 << 0.0005;
        // tensorflow/tpu's table: 4.7 M parameters, 407 M "MAdds" with what surrounds the
        // convolutions; the PyTorch port counts 4,652,008 parameters, 385 M in the convolutions.
        QTest::newRow("EfficientNet-Lite0")
            << "zoo:efficientnet-lite0" << 385e6 << 4652008.0 << 0.005;
        // Banbury 2021: 12.5 M, 78 k; 2.7 M, 24 k; 7.5 M, 221 k with Keras' four values a batch
        // norm and biases, so the loose bound.
        QTest::newRow("ResNet-8") << "zoo:resnet8" << 12.5e6 << 78e3 << 0.02;
        QTest::newRow("DS-CNN") << "zoo:ds-cnn" << 2.66e6 << 23.2e3 << 0.02;
        QTest::newRow("VWW") << "zoo:mobilenet-v1-vww" << 7.5e6 << 216e3 << 0.03;
    }
    void publishedSizes()
    {
        QFETCH(QString, spec);
        QFETCH(double, macs);
        QFETCH(double, parameters);
        QFETCH(double, tolerance);
        const auto network = buildZooNetwork(spec.toStdString());
        const auto near = [&](double is, double published) {
            return std::abs(is - published) <= tolerance * published;
        };
        QVERIFY2(near(double(network->macs()), macs), std::to_string(network->macs()).c_str());
        const auto counted = withBatchNorms(*network);
        QVERIFY2(near(double(counted), parameters), std::to_string(counted).c_str());
        QVERIFY(!network->hasParameters());
    }

    /// He 2016, table 6: 0.27, 0.46, 0.66 and 0.85 M parameters. The fixed shortcuts are no
    /// parameters of the network: 2,560 weights and their channels are taken off.
    void cifarResnetsHaveThePublishedSizes_data()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("depth");
        QTest::addColumn<double>("millions");
        QTest::newRow("20") << "zoo:resnet20" << 20 << 0.27;
        QTest::newRow("32") << "zoo:resnet32" << 32 << 0.46;
        QTest::newRow("44") << "zoo:resnet44" << 44 << 0.66;
        QTest::newRow("56") << "zoo:resnet56" << 56 << 0.85;
    }
    void cifarResnetsHaveThePublishedSizes()
    {
        QFETCH(QString, name);
        QFETCH(int, depth);
        QFETCH(double, millions);
        const auto network = buildZooNetwork(name.toStdString());
        const auto trained = std::ranges::count_if(network->layers(), [](const Layer& layer) {
            return layer.hasWeights() && !layer.name.ends_with("shortcut");
        });
        QCOMPARE(int(trained), depth);
        const auto parameters = withBatchNorms(*network) - 2560 - 2 * 96;
        QVERIFY(std::abs(double(parameters) / 1e6 - millions) < 0.006);
    }

    /// Keys and numbers of torchvision's table of MobileNetV2 widths (make-divisible-by-8).
    void widthsAreMultiplesOf8()
    {
        const auto network = buildZooNetwork("zoo:mobilenet-v2?width=0.35");
        QCOMPARE(layerOf(*network, "stem").geometry.output.channels, 16); // 11.2: below 90 % is 8
        QCOMPARE(layerOf(*network, "block1.project").geometry.output.channels, 8);
        QCOMPARE(layerOf(*network, "block17.project").geometry.output.channels, 112);
        QCOMPARE(layerOf(*network, "head").geometry.output.channels, 1280);
        const auto wide = buildZooNetwork("zoo:mobilenet-v2?width=1.4&classes=7");
        QCOMPARE(layerOf(*wide, "stem").geometry.output.channels, 48); // 44.8
        QCOMPARE(layerOf(*wide, "head").geometry.output.channels, 1792);
        QCOMPARE(wide->classCount(), 7);
    }

    void paddingFollowsTheFramework()
    {
        const auto torch = buildZooNetwork("zoo:mobilenet-v2");
        QVERIFY((layerOf(*torch, "stem").geometry.padding == Padding{1, 1, 1, 1}));
        const auto resnet = buildZooNetwork("zoo:resnet18");
        QVERIFY((layerOf(*resnet, "conv1").geometry.padding == Padding{3, 3, 3, 3}));
        QVERIFY((layerOf(*resnet, "maxpool").geometry.output == TensorShape{64, 56, 56}));
        QVERIFY((layerOf(*resnet, "layer4.1.conv2").geometry.output == TensorShape{512, 7, 7}));
        const auto kws = buildZooNetwork("zoo:ds-cnn");
        QVERIFY((layerOf(*kws, "conv1").geometry.padding == Padding{4, 1, 5, 1}));
        QVERIFY((layerOf(*kws, "conv1").geometry.output == TensorShape{64, 25, 5}));
        const auto tiny = buildZooNetwork("zoo:resnet8");
        QVERIFY((layerOf(*tiny, "block2.conv1").geometry.padding == Padding{0, 0, 1, 1}));
    }

    /// Names that saved projects, bits.json files and the demo networks hold.
    void oldNamesStay()
    {
        const auto names = [](const std::string& spec) {
            std::vector<std::string> all;
            const auto network = buildZooNetwork(spec);
            for (const auto& layer : network->layers())
                all.push_back(layer.name);
            return all;
        };
        QVERIFY((names("zoo:resnet8") ==
                 std::vector<std::string>{"stem", "block1.conv1", "block1.conv2", "block1.add",
                                          "block2.conv1", "block2.conv2", "block2.shortcut",
                                          "block2.add", "block3.conv1", "block3.conv2",
                                          "block3.shortcut", "block3.add", "pool", "fc"}));
        QVERIFY((names("zoo:mobilenet-v1?blocks=1") ==
                 std::vector<std::string>{"stem", "block1.depthwise", "block1.pointwise", "pool",
                                          "fc"}));
    }

    /// The hashes that projects with a built-in architecture hold.
    void oldHashesStay_data()
    {
        QTest::addColumn<QString>("spec");
        QTest::addColumn<QString>("hash");
        QTest::newRow("resnet8")
            << "zoo:resnet8"
            << "84aef8c67efd39382a4b60332c06777fc9b7539aa263884c696b7fdff7f54ae8";
        QTest::newRow("mobilenet-v1")
            << "zoo:mobilenet-v1"
            << "d37a1436e0477568f32b485316f3d472820f9bc162d3d99d036199044e8940d6";
    }
    void oldHashesStay()
    {
        QFETCH(QString, spec);
        QFETCH(QString, hash);
        QCOMPARE(QString::fromStdString(buildZooNetwork(spec.toStdString())->hash()), hash);
    }

    void everyArchitectureBuildsSmall_data()
    {
        QTest::addColumn<QString>("name");
        for (const char* name :
             {"mobilenet-v1", "mobilenet-v2", "resnet18", "resnet8", "resnet20", "resnet32",
              "resnet44", "resnet56", "efficientnet-lite0", "mobilenet-v1-vww"})
            QTest::newRow(name) << name;
    }
    void everyArchitectureBuildsSmall()
    {
        QFETCH(QString, name);
        for (const int resolution : {8, 9, 33, 64}) {
            const auto network = buildZooNetwork("zoo:" + name.toStdString() +
                                                 "?resolution=" + std::to_string(resolution) +
                                                 "&channels=1&classes=3");
            QVERIFY((network->tensor(network->input()).shape ==
                     TensorShape{1, resolution, resolution}));
            QCOMPARE(network->classCount(), 3);
        }
    }

    void wrongSpecsAreRefused()
    {
        QVERIFY(refusal("zoo:resnet21").find("'resnet20'") != std::string::npos);
        QVERIFY(refusal("zoo:resnet20?widht=8").find("'width'") != std::string::npos);
        QVERIFY(refusal("zoo:resnet20?width=15").find("even") != std::string::npos);
        QVERIFY(refusal("zoo:resnet18?width=nan").find("not a number") != std::string::npos);
        QVERIFY(refusal("zoo:resnet18?width=1e9").find("not a number") != std::string::npos);
        QVERIFY(refusal("zoo:resnet18?width=1&width=2").find("twice") != std::string::npos);
        QVERIFY(refusal("zoo:resnet18?width").find("key=value") != std::string::npos);
        QVERIFY(refusal("zoo:resnet18?weights=").find("no value") != std::string::npos);
        QVERIFY(refusal("zoo:ds-cnn?resolution=32").find("unknown key") != std::string::npos);
        QVERIFY(refusal("zoo:").find("no architecture") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestZoo)
#include "tst_zoo.moc"
