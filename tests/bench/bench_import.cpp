// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/graph_builder.h"
#include "core/network/open/open_network.h"
#include "tests/support/shared_data.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

constexpr int many_layers = 10000;

/// A chain of 1x1 convolutions with ReLU, as an ONNX file.
std::vector<std::byte> longChain()
{
    GraphBuilder graph("chain", {4, 4, 4});
    auto parameters = std::make_shared<NetworkParameters>();
    int x = graph.input();
    for (int i = 0; i < many_layers; ++i) {
        x = graph.conv("conv" + std::to_string(i), x, {4, 1, 1, false, Activation::Relu, 0});
        parameters->layers.push_back({std::vector<float>(16, 0.25F), {}, {}});
    }
    return exportOnnx(Network(graph.finish(x), parameters));
}

} // namespace

/// From an ONNX file to all that the layer table shows: the network, and its costs at 8/8. At most
/// 0.5 s are wanted for MobileNetV2 and 2 s for 10,000 layers.
class BenchImport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void mobilenetV2()
    {
        BITDIAL_NEED_SHARED("models/mobilenet_v2_1.0_224.onnx");
        open((sharedData() / "models" / "mobilenet_v2_1.0_224.onnx").string());
    }
    void tenThousandLayers()
    {
        const QTemporaryDir folder;
        const auto file = folder.filePath("chain.onnx").toStdString();
        writeFileAtomically(file, longChain());
        open(file);
    }

private:
    static void open(const std::string& file)
    {
        const auto profile = openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json");
        QBENCHMARK_ONCE
        {
            const auto network = openNetwork(file);
            const auto cost =
                CostModel(network, profile).cost(BitAssignment::uniform(*network, 8, 8));
            QCOMPARE(int(cost.layers.size()), network->layerCount());
        }
    }
};

QTEST_GUILESS_MAIN(BenchImport)
#include "bench_import.moc"
