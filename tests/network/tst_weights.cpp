// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/network/graph_builder.h"
#include "core/network/open/open_network.h"
#include "core/network/weights/weight_elements.h"
#include "tests/network/weight_files.h"
#include "tests/support/shared_data.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <limits>

using namespace bitdial;
using namespace bitdial::test;

namespace {

struct Tensor {
    std::string name;
    std::vector<std::int64_t> sizes;
};

using Tensors = std::vector<Tensor>;

Tensors normOf(const std::string& name, std::int64_t channels)
{
    return {{name + ".weight", {channels}},
            {name + ".bias", {channels}},
            {name + ".running_mean", {channels}},
            {name + ".running_var", {channels}}};
}

Tensors operator+(Tensors a, const Tensors& b)
{
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

/// Of `zoo:ds-cnn?width=2&blocks=1&classes=3`, as MLPerf's weights are called.
Tensors dsCnnTensors()
{
    return Tensors{{"conv1.weight", {2, 1, 10, 4}}, {"conv1.bias", {2}}} + normOf("bn1", 2) +
           Tensors{{"block1.dw.weight", {2, 1, 3, 3}}} + normOf("block1.dw_bn", 2) +
           Tensors{{"block1.pw.weight", {2, 2, 1, 1}}} + normOf("block1.pw_bn", 2) +
           Tensors{{"fc.weight", {3, 2}}, {"fc.bias", {3}}};
}

const std::string ds_cnn = "zoo:ds-cnn?width=2&blocks=1&classes=3";

std::string shapeOf(const Tensor& tensor)
{
    std::string shape;
    for (const auto size : tensor.sizes)
        shape += (shape.empty() ? "" : ",") + std::to_string(size);
    return "[" + shape + "]";
}

/// A safetensors file of these tensors, whose numbers count up from 1 over all of them.
std::vector<std::byte> fileOf(const Tensors& tensors)
{
    std::string header;
    std::vector<float> numbers;
    for (const auto& tensor : tensors) {
        std::size_t count = 1;
        for (const auto size : tensor.sizes)
            count *= std::size_t(size);
        const auto begin = numbers.size() * sizeof(float);
        for (std::size_t i = 0; i < count; ++i)
            numbers.push_back(float(numbers.size() + 1));
        header += (header.empty() ? "\"" : ",\"") + tensor.name +
                  "\":{\"dtype\":\"F32\",\"shape\":" + shapeOf(tensor) + ",\"data_offsets\":[" +
                  std::to_string(begin) + "," + std::to_string(numbers.size() * sizeof(float)) +
                  "]}";
    }
    return safetensors("{" + header + "}", raw(numbers));
}

const LayerParameters& numbersOf(const Network& network, const std::string& layer)
{
    const auto found = std::ranges::find(network.layers(), layer, &Layer::name);
    return network.parameters()->layers[std::size_t(found - network.layers().begin())];
}

bool sameNumbers(const Network& a, const Network& b)
{
    return std::ranges::equal(
        a.parameters()->layers, b.parameters()->layers,
        [](const auto& x, const auto& y) { return x.weights == y.weights && x.bias == y.bias; });
}

bool reported(const Network& network, const std::string& name, const std::string& detail)
{
    return std::ranges::any_of(network.report(), [&](const NodeReport& node) {
        return node.name == name && node.fate == NodeFate::PassedThrough &&
               node.detail.find(detail) != std::string::npos;
    });
}

} // namespace

class TestWeights : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::string write(const char* name, const std::vector<std::byte>& bytes) const
    {
        const auto path = m_folder.filePath(QString::fromUtf8(name)).toStdString();
        writeFileAtomically(path, bytes);
        return path;
    }
    std::string refusal(const Tensors& tensors, const std::string& spec = ds_cnn) const
    {
        try {
            openNetwork(spec + "&weights=" + write("refused", fileOf(tensors)));
        } catch (const Error& error) {
            return error.what();
        }
        return "(read)";
    }

private Q_SLOTS:
    void tensorsAreMatchedByName()
    {
        auto tensors = dsCnnTensors();
        std::ranges::reverse(tensors); // the file's order means nothing
        tensors.push_back({"bn1.num_batches_tracked", {}});
        tensors.push_back({"ema.decay", {2}});
        const auto path = write("a=b&c", fileOf(tensors));
        // '&' separates keys, so such a path cannot be given; '=' may be in one.
        QVERIFY_THROWS_EXCEPTION(Error, openNetwork(ds_cnn + "&weights=" + path));
        const auto network = openNetwork(ds_cnn + "&weights=" + write("a=b", fileOf(tensors)));
        const auto& fc = numbersOf(*network, "fc");
        QVERIFY((fc.bias == std::vector<float>{1, 2, 3}));
        QVERIFY((fc.weights == std::vector<float>{4, 5, 6, 7, 8, 9}));
        const auto& norm = numbersOf(*network, "block1.pw").batch_norm;
        QVERIFY(norm && (norm->variance == std::vector<float>{10, 11}));
        QVERIFY((norm->mean == std::vector<float>{12, 13}));
        QVERIFY((norm->shift == std::vector<float>{14, 15}));
        QVERIFY((norm->scale == std::vector<float>{16, 17}));
        QCOMPARE(norm->epsilon, 1e-3F); // Keras' own
        QVERIFY(numbersOf(*network, "block1.pw").bias.empty());
        QCOMPARE(numbersOf(*network, "conv1").bias.size(), std::size_t(2));
        QVERIFY(reported(*network, "ema.decay", "not used"));
        QVERIFY(!reported(*network, "bn1.num_batches_tracked", ""));
    }

    void ownNamesAreMatchedToo()
    {
        const auto norm = [](const std::string& layer) {
            return Tensors{{layer + ".bn.scale", {2}},
                           {layer + ".bn.shift", {2}},
                           {layer + ".bn.mean", {2}},
                           {layer + ".bn.variance", {2}}};
        };
        const auto tensors = Tensors{{"conv1.weight", {2, 1, 10, 4}}} + norm("conv1") +
                             Tensors{{"block1.dw.weight", {2, 1, 3, 3}}, {"block1.dw.bias", {2}}} +
                             Tensors{{"block1.pw.weight", {2, 2}}} + norm("block1.pw") +
                             Tensors{{"fc.weight", {3, 2, 1, 1}}, {"fc.bias", {3}}};
        const auto network = openNetwork(ds_cnn + "&weights=" + write("own", fileOf(tensors)));
        QVERIFY((numbersOf(*network, "conv1").batch_norm->scale == std::vector<float>{81, 82}));
        QVERIFY(!numbersOf(*network, "block1.dw").batch_norm);
        QCOMPARE(numbersOf(*network, "block1.dw").bias.size(), std::size_t(2));
    }

    void whatDoesNotMatchIsListedBothWays()
    {
        auto tensors = dsCnnTensors();
        tensors[0].sizes = {2, 1, 4, 10};
        tensors[2].name = "bn_1.weight";
        const auto message = refusal(tensors);
        QVERIFY2(message.find("missing: bn1.weight (2)") != std::string::npos, message.c_str());
        QVERIFY(message.find("conv1.weight (2x1x4x10, expected 2x1x10x4)") != std::string::npos);
        QVERIFY(message.find("not used: bn_1.weight") != std::string::npos);
        QVERIFY(message.find('\n') == std::string::npos);
    }

    void onlyTenOfAKindAreListed()
    {
        const auto message = refusal({{"other", {1}}});
        QVERIFY2(message.find("and 7 more") != std::string::npos, message.c_str());
        QVERIFY(message.find("in order") == std::string::npos);
    }

    /// The order of the shapes is never taken for a match, but said.
    void nothingIsMatchedByOrder()
    {
        auto tensors = dsCnnTensors();
        tensors.erase(tensors.begin() + 1); // the optional bias
        for (auto& tensor : tensors)
            tensor.name = "x." + tensor.name;
        const auto message = refusal(tensors);
        QVERIFY2(message.find("matched by name only") != std::string::npos, message.c_str());
    }

    void optionalIsOnlyTheBiasBesideABatchNorm()
    {
        const auto all = dsCnnTensors();
        for (std::size_t i = 0; i < all.size(); ++i) {
            auto tensors = all;
            tensors.erase(tensors.begin() + std::ptrdiff_t(i));
            QCOMPARE(refusal(tensors) == "(read)", all[i].name == "conv1.bias");
        }
    }

    /// He 2016's option A: every second pixel, zeros in the outer quarters of the channels.
    void theFixedShortcutIsExact()
    {
        BITDIAL_NEED_SHARED("models/resnet20-12fca82f.th");
        const auto network = openNetwork("zoo:resnet20?weights=" +
                                         (sharedData() / "models/resnet20-12fca82f.th").string());
        const auto& shortcut = numbersOf(*network, "layer2.0.shortcut");
        QVERIFY(shortcut.bias.empty() && !shortcut.batch_norm);
        QCOMPARE(shortcut.weights.size(), std::size_t(32 * 16));
        for (std::size_t out = 0; out < 32; ++out)
            for (std::size_t in = 0; in < 16; ++in)
                QCOMPARE(shortcut.weights[out * 16 + in], out == in + 8 ? 1.0F : 0.0F);
    }

    void sharedWeightsReopenFromTheirBytes_data()
    {
        QTest::addColumn<QString>("architecture");
        QTest::addColumn<QString>("file");
        QTest::newRow("ResNet-20") << "resnet20"
                                   << "resnet20-12fca82f.th";
        QTest::newRow("ResNet-8") << "resnet8"
                                  << "mlperf_tiny_resnet8_bn.safetensors";
        QTest::newRow("DS-CNN pth") << "ds-cnn"
                                    << "mlperf_tiny_kws_dscnn_bn.pth";
        QTest::newRow("DS-CNN safetensors") << "ds-cnn"
                                            << "mlperf_tiny_kws_dscnn_bn.safetensors";
    }
    void sharedWeightsReopenFromTheirBytes()
    {
        QFETCH(QString, architecture);
        QFETCH(QString, file);
        const auto path = sharedData() / "models" / file.toStdString();
        if (!std::filesystem::exists(path))
            QSKIP("the shared test data is not on this machine");
        const auto spec = "zoo:" + architecture.toStdString() + "?weights=" + path.string();
        const auto source = openNetworkSource(spec);
        QCOMPARE(source.source, spec);
        QCOMPARE(importOnnx(source.bytes, spec)->hash(), source.network->hash());
        QCOMPARE(openNetwork(spec)->hash(), source.network->hash());
    }

    /// The zoo's network and the ONNX file of the same weights hold the same numbers.
    void zooAndOnnxAgree()
    {
        BITDIAL_NEED_SHARED("models/mlperf_tiny_resnet8_bn.onnx");
        const auto models = sharedData() / "models";
        const auto zoo = openNetwork("zoo:resnet8?weights=" +
                                     (models / "mlperf_tiny_resnet8_bn.safetensors").string());
        const auto onnx = openNetwork((models / "mlperf_tiny_resnet8_bn.onnx").string());
        const auto kernels = [](const Network& network) {
            std::vector<std::vector<float>> all;
            for (const auto& layer : network.parameters()->layers)
                if (!layer.weights.empty())
                    all.push_back(layer.weights);
            std::ranges::sort(all);
            return all;
        };
        QVERIFY(kernels(*zoo) == kernels(*onnx));
        QCOMPARE(zoo->macs(), onnx->macs());
    }

    void weightsOfAnOnnxFileAreReplaced()
    {
        BITDIAL_NEED_SHARED("models/resnet4b_model_best.pth");
        const auto models = sharedData() / "models";
        const auto onnx = (models / "resnet_4b.onnx").string();
        const auto with =
            openNetworkSource(onnx + "?weights=" + (models / "resnet4b_model_best.pth").string());
        QVERIFY(sameNumbers(*with.network, *openNetwork(onnx)));
        QCOMPARE(importOnnx(with.bytes, "again")->hash(), with.network->hash());
        QVERIFY(reported(*with.network, "test_acc", "not used"));
        const auto other = (models / "mlperf_tiny_kws_dscnn_bn.pth").string();
        QVERIFY_THROWS_EXCEPTION(Error, openNetwork(onnx + "?weights=" + other));
    }

    /// Also those of a single number: nothing of the file's own may stay behind.
    void everyNumberOfAnOnnxFileIsReplaced()
    {
        GraphBuilder graph("one", {2, 3, 3});
        const int pool = graph.globalAveragePool("pool", graph.input());
        auto numbers = std::make_shared<NetworkParameters>();
        numbers->layers.resize(2);
        numbers->layers[1].weights = {-1, -2};
        numbers->layers[1].bias = {-3};
        const Network network(graph.finish(graph.linear("fc", pool, 1)), numbers);
        const auto file = write("one.onnx", exportOnnx(network));
        const auto weights = write("one", fileOf({{"fc.weight", {1, 2}}, {"fc.bias", {1}}}));
        const auto replaced = openNetwork(file + "?weights=" + weights);
        const auto& fc = replaced->parameters()->layers[1];
        QCOMPARE(fc.weights, (std::vector<float>{1, 2}));
        QCOMPARE(fc.bias, (std::vector<float>{3}));
        // Weights alone are no network, and the message says what they are for.
        try {
            openNetwork(write("weights.onnx", fileOf({{"fc.bias", {1}}})));
            QFAIL("it was opened");
        } catch (const Error& error) {
            QVERIFY(error.details().why.find("safetensors") != std::string::npos);
            QVERIFY(error.details().next.find("?weights=") != std::string::npos);
        }
    }

    void demoNetworksAreKnownByName()
    {
        QVERIFY(isDemoNetwork("demo"));
        QVERIFY(isDemoNetwork("fashion-resnet8"));
        QVERIFY(!isDemoNetwork("fashion-resnet8.onnx"));
        QVERIFY(!isDemoNetwork("../demo/fashion-resnet8"));
        QVERIFY(!isDemoNetwork(""));
        const auto demo = openNetworkSource("demo");
        QCOMPARE(demo.source, std::string("demo"));
        QCOMPARE(importOnnx(demo.bytes, "demo")->hash(), demo.network->hash());
        QVERIFY(openNetworkSource("zoo:resnet8").bytes.empty());
    }

    void whatIsNoNetworkIsRefused()
    {
        QVERIFY_THROWS_EXCEPTION(Error, openNetworkSource("demmo"));
        QVERIFY_THROWS_EXCEPTION(Error, openNetworkSource("/nowhere/a.onnx"));
        QVERIFY_THROWS_EXCEPTION(Error, openNetworkSource("/dev/zero"));
        QVERIFY_THROWS_EXCEPTION(Error, openNetworkSource("zoo:resnet8?weights=/dev/zero"));
        QVERIFY_THROWS_EXCEPTION(Error, openNetworkSource("zoo:resnet8?weights=/nowhere"));
        QVERIFY_THROWS_EXCEPTION(Error, openNetworkSource("demo?weights=/nowhere"));
    }

    void viewsAreCheckedAgainstTheirStorage()
    {
        constexpr auto most = std::numeric_limits<std::int64_t>::max();
        QVERIFY(fitsStorage({0, {2, 3}, {3, 1}}, 6));
        QVERIFY(!fitsStorage({1, {2, 3}, {3, 1}}, 6));
        QVERIFY(fitsStorage({6, {0}, {1}}, 6));
        QVERIFY(!fitsStorage({7, {0}, {1}}, 6));
        QVERIFY(!fitsStorage({0, {2, 2}, {most, most}}, 6));
        QVERIFY(!fitsStorage({0, {most, most}, {0, 0}}, 6));
        QVERIFY(!fitsStorage({0, {2}, {-1}}, 6));
        const std::vector<std::int64_t> too_many{most, 2};
        QVERIFY(!elementCount(too_many));
    }
};

QTEST_GUILESS_MAIN(TestWeights)
#include "tst_weights.moc"
