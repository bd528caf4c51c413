// SPDX-License-Identifier: Apache-2.0
// The integer graphs written for DORY and Deeploy, run node by node by an independent interpreter,
// give what the integer executor gives; what those programs get wrong is refused.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/zip_archive.h"
#include "core/data/npy_array.h"
#include "core/deployment/deeploy_export.h"
#include "core/deployment/deeploy_graph.h"
#include "core/deployment/dory_export.h"
#include "core/deployment/dory_graph.h"
#include "core/deployment/float_constants.h"
#include "export_fixture.h"
#include "integer_graph_runner.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/error_of.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cstring>

using namespace bitdial;
using namespace bitdial::test;

namespace {

const char* v2 = "pulp-open-xpulpv2";
constexpr int cores = 8;

/// Input integers as a graph takes them, with channels of zeros behind the real ones.
GraphValue graphInput(const IntegerNetwork& network, const std::vector<float>& input, int channels)
{
    const auto& shape = network.network->tensor(network.network->input()).shape;
    std::vector<std::int32_t> integers(input.size());
    quantizeInput(network, input, integers);
    GraphValue value{{channels, shape.height, shape.width}, {integers.begin(), integers.end()}};
    value.values.resize(std::size_t(channels * shape.height * shape.width), 0);
    return value;
}

GraphValue withZerosAround(const GraphValue& value, const Padding& padding)
{
    const auto height = value.sizes[1];
    const auto width = value.sizes[2];
    GraphValue result{{value.sizes[0], height + padding.top + padding.bottom,
                       width + padding.left + padding.right},
                      {}};
    for (std::int64_t c = 0; c < result.sizes[0]; ++c)
        for (std::int64_t y = 0; y < result.sizes[1]; ++y)
            for (std::int64_t x = 0; x < result.sizes[2]; ++x) {
                const auto from_y = y - padding.top;
                const auto from_x = x - padding.left;
                const bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
                result.values.push_back(
                    inside ? value.values[std::size_t((c * height + from_y) * width + from_x)] : 0);
            }
    return result;
}

/// Whether a tensor's real channels are equal, and the others are 0.
void compare(const GraphValue& found, const std::vector<std::int32_t>& expected)
{
    QVERIFY(found.values.size() >= expected.size());
    for (std::size_t i = 0; i < found.values.size(); ++i)
        QCOMPARE(found.values[i], std::int64_t(i < expected.size() ? expected[i] : 0));
}

std::shared_ptr<const Network> residualNetwork()
{
    NetworkBuilder builder({3, 9, 7}, 5);
    const int stem = builder.conv(0, 12, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int wide = builder.depthwise(stem, 3, 1, {1, 1, 1, 1}, Activation::None);
    const int sum = builder.add(wide, stem, Activation::Relu);
    const int down = builder.conv(sum, 10, 3, 2, {1, 1, 1, 1}, Activation::Relu);
    const int pooled = builder.averagePool(down, 2, 1);
    const int hidden = builder.linear(pooled, 32, Activation::Relu);
    return builder.build(builder.linear(hidden, 5, Activation::None));
}

/// Wide enough for DORY: no 2-bit depthwise weights, none of the broken linear kernels.
BitAssignment doryBits(const Network& network, const std::string& widths)
{
    auto bits = assignmentOf(network, widths);
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).kind == LayerKind::DepthwiseConv && bits.weightBits(i) == 2)
            bits.setWeightBits(i, 4);
    return bits;
}

} // namespace

class TestDoryDeeploy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void doryComputesTheSame_data();
    void doryComputesTheSame();
    void doryAdds_data();
    void doryAdds();
    void doryNumbersIncrease();
    void doryFiles();
    void dorySquareWeights();
    void doryRefusals();
    void doryBranches();
    void deeployComputesTheSame_data();
    void deeployComputesTheSame();
    void deeployFiles();
    void deeployRefusals();
    void deeployShowsTheSign();
    void deeployGeometries_data();
    void deeployGeometries();
    void floatsHoldTheConstants();
    void narrowingKeepsTheOrder();
};

void TestDoryDeeploy::doryComputesTheSame_data()
{
    QTest::addColumn<std::string>("spec");
    QTest::addColumn<std::string>("widths");
    QTest::addColumn<bool>("signed_input");
    for (const char* spec : {"", "zoo:resnet8?resolution=16&channels=3",
                             "zoo:mobilenet-v1?width=0.25&resolution=32&channels=1&classes=7&"
                             "stem_stride=1&blocks=1"})
        for (const char* widths : {"8", "4", "mixed1", "mixed2", "mixed3", "mixed4"})
            QTest::addRow("%s %s", *spec ? spec : "residual", widths)
                << std::string(spec) << std::string(widths) << (widths[0] == 'm');
}

void TestDoryDeeploy::doryComputesTheSame()
{
    QFETCH(const std::string, spec);
    QFETCH(const std::string, widths);
    QFETCH(const bool, signed_input);
    const auto network = spec.empty() ? residualNetwork() : randomZooNetwork(spec, 3);
    const auto request = randomRequest(network, doryBits(*network, widths), v2, 1, signed_input, 9);
    const auto graph = doryGraph(*request.network, cores);
    IntegerExecutor executor(graph.network);
    executor.keepAllTensors(true);
    executor.run(request.golden_inputs[0]);
    const auto values = runIntegerGraph(graph.file,
                                        graphInput(*graph.network, request.golden_inputs[0],
                                                   graph.channels[std::size_t(network->input())]),
                                        graph.network->input.is_signed);
    for (const auto& layer : network->layers())
        compare(values.at(graph.names[std::size_t(layer.output)]), executor.tensor(layer.output));
}

/// Which of an add's operands has a sign, which is named first, and whether it joins two branches.
void TestDoryDeeploy::doryAdds_data()
{
    QTest::addColumn<Activation>("earlier");
    QTest::addColumn<Activation>("later");
    QTest::addColumn<bool>("earlier_first");
    QTest::addColumn<bool>("two_branches");
    QTest::addColumn<std::string>("widths");
    const auto sign = [](Activation own) { return own == Activation::None ? 'i' : 'u'; };
    for (const auto earlier : {Activation::None, Activation::Relu})
        for (const auto later : {Activation::None, Activation::Relu})
            for (const bool earlier_first : {true, false})
                for (const bool two_branches : {true, false})
                    for (const char* widths : {"8", "4", "2"})
                        QTest::addRow("%c%s + %c%s%s%s", sign(earlier), widths, sign(later), widths,
                                      earlier_first ? "" : ", the later named first",
                                      two_branches ? ", two branches" : "")
                            << earlier << later << earlier_first << two_branches
                            << std::string(widths);
}

/// The kernel that DORY calls gets each tensor with its own type and parameters.
void TestDoryDeeploy::doryAdds()
{
    QFETCH(const Activation, earlier);
    QFETCH(const Activation, later);
    QFETCH(const bool, earlier_first);
    QFETCH(const bool, two_branches);
    QFETCH(const std::string, widths);
    NetworkBuilder builder({3, 9, 7}, 5);
    const Activation relu = Activation::Relu;
    const int stem = builder.conv(0, 8, 3, 1, {1, 1, 1, 1}, two_branches ? relu : earlier);
    const int left = two_branches ? builder.conv(stem, 8, 1, 1, {}, earlier) : stem;
    const int inner = builder.conv(stem, 16, 3, 1, {1, 1, 1, 1}, relu);
    const int right = builder.conv(inner, 8, 3, 1, {1, 1, 1, 1}, later);
    const int sum = earlier_first ? builder.add(left, right, relu) : builder.add(right, left, relu);
    const auto network = builder.build(builder.linear(sum, 5, Activation::None));
    const auto request = randomRequest(network, doryBits(*network, widths), v2, 1, false, 9);
    const auto graph = doryGraph(*request.network, cores);
    IntegerExecutor executor(graph.network);
    executor.keepAllTensors(true);
    executor.run(request.golden_inputs[0]);
    const auto values = runIntegerGraph(
        graph.file, graphInput(*graph.network, request.golden_inputs[0], graph.channels[0]), false);
    for (const auto& layer : network->layers())
        compare(values.at(graph.names[std::size_t(layer.output)]), executor.tensor(layer.output));
    const auto& folded = graph.network->layers[std::size_t(network->tensor(sum).producer)];
    QCOMPARE(folded.inputs[earlier_first ? 0 : 1].is_signed, earlier == Activation::None);
    QCOMPARE(folded.inputs[earlier_first ? 1 : 0].is_signed, later == Activation::None);
    QVERIFY(folded.add.mul[0] != folded.add.mul[1] || folded.add.shift[0] != folded.add.shift[1]);
}

/// DORY applies int() to the names of values and takes their order for that of execution.
void TestDoryDeeploy::doryNumbersIncrease()
{
    const auto network = residualNetwork();
    const auto request = randomRequest(network, doryBits(*network, "mixed1"), v2, 1, false, 9);
    const auto graph = doryGraph(*request.network, cores);
    int last = 0;
    for (const auto& node : graph.file.nodes) {
        const int number = std::stoi(node.output);
        QCOMPARE(std::to_string(number), node.output);
        QVERIFY(number > last);
        last = number;
    }
    for (const auto& constant : graph.file.constants)
        QCOMPARE(constant.name.find("bias") != std::string::npos, constant.name.ends_with("_bias"));
    // Every stored pixel is whole bytes wherever something has fewer than 8 bits.
    for (int t = 0; t < network->tensorCount(); ++t)
        QVERIFY(graph.channels[std::size_t(t)] % 8 == 0 || t == network->output());
}

void TestDoryDeeploy::doryFiles()
{
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "dory";
    const auto network = residualNetwork();
    auto request = randomRequest(network, doryBits(*network, "mixed2"), v2, 1, true, 9);
    request.title = "residual, mixed";
    const auto losses = exportDory(request, path);
    QVERIFY(!losses.empty()); // 3, 10 and 12 channels are padded
    const auto config = nlohmann::json::parse(readTextFile(path / "config.json"));
    QCOMPARE(config.at("onnx_file").get<std::string>(), std::string("network.onnx"));
    QCOMPARE(config.at("BNRelu_bits").get<int>(), 32);
    QCOMPARE(config.at("input_signed").get<bool>(), true);
    const auto graph = doryGraph(*request.network, cores);
    IntegerExecutor executor(graph.network);
    executor.keepAllTensors(true);
    executor.run(request.golden_inputs[0]);
    for (int i = 0; i < network->layerCount(); ++i) {
        const int tensor = network->layer(i).output;
        const auto& shape = network->tensor(tensor).shape;
        const auto values = executor.tensor(tensor);
        const int channels = graph.channels[std::size_t(tensor)];
        const auto lines =
            QString::fromStdString(readTextFile(path / ("out_layer" + std::to_string(i) + ".txt")))
                .split(u'\n', Qt::SkipEmptyParts);
        QCOMPARE(lines.size(), qsizetype(channels) * shape.height * shape.width);
        for (int y = 0; y < shape.height; ++y)
            for (int x = 0; x < shape.width; ++x)
                for (int c = 0; c < channels; ++c) {
                    const int expected =
                        c < shape.channels
                            ? values[std::size_t((c * shape.height + y) * shape.width + x)]
                            : 0;
                    QCOMPARE(lines[(y * shape.width + x) * channels + c],
                             QString::number(expected) + u',');
                }
    }
    // numpy reads the input as unsigned bytes.
    for (const auto& line : QString::fromStdString(readTextFile(path / "input.txt"))
                                .split(u'\n', Qt::SkipEmptyParts)) {
        const int value = line.chopped(1).toInt();
        QVERIFY(value >= 0 && value <= 255);
    }
}

/// DORY takes [O, I] with O = I for [I, O]: the layer gets neurons of zeros, and the next one
/// inputs.
void TestDoryDeeploy::dorySquareWeights()
{
    NetworkBuilder builder({8, 4, 4}, 5);
    const int conv = builder.conv(0, 16, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int pooled = builder.averagePool(conv, 4, 4);
    const int hidden = builder.linear(pooled, 16, Activation::Relu);
    const auto network = builder.build(builder.linear(hidden, 5, Activation::None));
    const auto request = randomRequest(network, assignmentOf(*network, "8"), v2, 1, false, 9);
    const auto graph = doryGraph(*request.network, cores);
    QCOMPARE(graph.channels[std::size_t(hidden)], 32);
    for (const auto& constant : graph.file.constants)
        if (constant.dimensions.size() == 2 && constant.name.ends_with("weight"))
            QVERIFY(constant.dimensions[0] != constant.dimensions[1]);
    IntegerExecutor executor(graph.network);
    executor.keepAllTensors(true);
    executor.run(request.golden_inputs[0]);
    const auto values =
        runIntegerGraph(graph.file, graphInput(*graph.network, request.golden_inputs[0], 8), false);
    for (const auto& layer : network->layers())
        compare(values.at(graph.names[std::size_t(layer.output)]), executor.tensor(layer.output));
}

void TestDoryDeeploy::doryBranches()
{
    const auto why = [](const std::shared_ptr<const Network>& network) {
        return errorOf([&] {
                   doryGraph(*randomRequest(network, BitAssignment::uniform(*network, 8, 8), v2, 1,
                                            false, 1)
                                  .network,
                             cores);
               })
            .why;
    };
    NetworkBuilder two({8, 6, 6}, 5);
    const int a = two.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int b = two.conv(0, 8, 1, 1, {}, Activation::Relu);
    const auto from_input =
        two.build(two.linear(two.add(a, b, Activation::Relu), 4, Activation::None));
    QVERIFY2(why(from_input).find("only reader") != std::string::npos, why(from_input).c_str());

    NetworkBuilder pool_first({8, 6, 6}, 5);
    const auto pooled =
        pool_first.build(pool_first.linear(pool_first.averagePool(0, 2, 2), 4, Activation::None));
    QVERIFY2(why(pooled).find("first layer") != std::string::npos, why(pooled).c_str());

    NetworkBuilder nested({8, 6, 6}, 5);
    const int n0 = nested.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int n1 = nested.conv(n0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int n2 = nested.conv(n1, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int inner = nested.add(n2, n1, Activation::Relu);
    const int outer = nested.add(inner, n0, Activation::Relu);
    const auto two_deep = nested.build(nested.linear(outer, 4, Activation::None));
    QVERIFY2(why(two_deep).find("inside another") != std::string::npos, why(two_deep).c_str());
}

void TestDoryDeeploy::doryRefusals()
{
    NetworkBuilder builder({8, 7, 7}, 5);
    const int conv = builder.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int depthwise = builder.depthwise(conv, 3, 2, {1, 1, 1, 1}, Activation::Relu);
    const auto network = builder.build(builder.linear(depthwise, 4, Activation::None));
    auto bits = BitAssignment::uniform(*network, 8, 8);
    const auto refusal = [&] {
        return errorOf(
            [&] { doryGraph(*randomRequest(network, bits, v2, 1, false, 1).network, cores); });
    };
    auto error = refusal(); // an odd width at stride 2 reads past the row
    QCOMPARE(error.code, ErrorCode::Infeasible);
    QVERIFY2(error.where.find("layer1") != std::string::npos, error.where.c_str());
    QVERIFY2(error.why.find("next row") != std::string::npos, error.why.c_str());
    bits.setWeightBits(1, 2);
    error = refusal();
    QVERIFY2(error.why.find("2-bit") != std::string::npos, error.why.c_str());

    NetworkBuilder pooled({8, 8, 8}, 5);
    const int stem = pooled.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int pool = pooled.maxPool(stem, 2, 2);
    const auto with_pool = pooled.build(pooled.linear(pool, 4, Activation::None));
    error = errorOf([&] {
        doryGraph(
            *randomRequest(with_pool, BitAssignment::uniform(*with_pool, 8, 4), v2, 1, false, 1)
                 .network,
            cores);
    });
    QVERIFY2(error.why.find("max-pooling") != std::string::npos, error.why.c_str());
}

void TestDoryDeeploy::deeployComputesTheSame_data()
{
    QTest::addColumn<std::string>("spec");
    QTest::addColumn<bool>("signed_input");
    QTest::newRow("ResNet-8") << std::string("zoo:resnet8?resolution=15&channels=3") << false;
    QTest::newRow("MobileNetV1")
        << std::string("zoo:mobilenet-v1?width=0.25&resolution=32&channels=1&classes=7&blocks=1")
        << false;
    QTest::newRow("residual") << std::string() << false;
    QTest::newRow("residual, signed") << std::string() << true;
    QTest::newRow("window larger than the input")
        << std::string("zoo:ds-cnn?width=16&blocks=1") << true;
}

void TestDoryDeeploy::deeployComputesTheSame()
{
    QFETCH(const std::string, spec);
    QFETCH(const bool, signed_input);
    const auto network = spec.empty() ? residualNetwork() : randomZooNetwork(spec, 3);
    const auto request =
        randomRequest(network, assignmentOf(*network, "8"), v2, 2, signed_input, 9);
    const LogitNarrowing narrowing{3, 12};
    const auto graph = deeployGraph(*request.network, narrowing);
    IntegerExecutor executor(request.network);
    executor.keepAllTensors(true);
    for (const auto& input : request.golden_inputs) {
        executor.run(input);
        const auto& shape = network->tensor(network->input()).shape;
        const auto values =
            runIntegerGraph(graph.file,
                            withZerosAround(graphInput(*request.network, input, shape.channels),
                                            graph.input_padding),
                            signed_input);
        for (const auto& value : graph.file.values)
            QCOMPARE(
                std::vector<std::int64_t>(value.dimensions.begin() + 1, value.dimensions.end()),
                values.at(value.name).sizes);
        QCOMPARE(graph.file.values.size() + 1, graph.file.nodes.size()); // all but the output
        for (const auto& layer : network->layers()) {
            auto expected = executor.tensor(layer.output);
            if (layer.output == network->output())
                for (auto& logit : expected)
                    logit = narrowing.narrowed(logit);
            compare(values.at(graph.names[std::size_t(layer.output)]), expected);
        }
    }
}

void TestDoryDeeploy::deeployFiles()
{
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "deeploy";
    const auto network = residualNetwork();
    const auto request = randomRequest(network, assignmentOf(*network, "8"), v2, 3, false, 9);
    const auto losses = exportDeeploy(request, path);
    QCOMPARE(losses.size(), std::size_t(3)); // two depthwise buffers and the logits
    QVERIFY2(losses.back().what.find("of 3 golden inputs keep their class") != std::string::npos,
             losses.back().what.c_str());
    // Another reader of archives finds the arrays: the first input, and the logits in 8 bits.
    const auto shapeIn = [&path](const char* file, const char* name) {
        const auto bytes = readFile(path / file);
        const ZipArchive archive(bytes, file);
        std::vector<std::byte> buffer;
        return parseNpy(archive.read(*archive.find(name), buffer), name).shape;
    };
    QCOMPARE(shapeIn("inputs.npz", "input.npy").size(), std::size_t(4));
    QCOMPARE(shapeIn("outputs.npz", "output.npy").size(), std::size_t(4));
    QVERIFY(std::filesystem::file_size(path / "network.onnx") > 1000);
    QVERIFY(readTextFile(path / "report.txt").find(losses.back().what) != std::string::npos);
}

void TestDoryDeeploy::deeployRefusals()
{
    // What the library's kernels compute wrongly is wrong from Deeploy too.
    NetworkBuilder strided({8, 7, 7}, 5);
    const int stem = strided.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int narrow_map = strided.depthwise(stem, 3, 2, {1, 1, 1, 1}, Activation::Relu);
    const auto past_border = strided.build(strided.linear(narrow_map, 4, Activation::None));
    const auto border = errorOf([&] {
        deeployGraph(
            *randomRequest(past_border, assignmentOf(*past_border, "8"), v2, 1, false, 1).network,
            {});
    });
    QVERIFY2(border.why.find("next row") != std::string::npos, border.why.c_str());
    const auto foreign =
        randomRequest(past_border, assignmentOf(*past_border, "8"), "mpic", 1, false, 1);
    QCOMPARE(errorOf([&] { exportDeeploy(foreign, "/nowhere/deeploy"); }).code,
             ErrorCode::Infeasible);
    QCOMPARE(errorOf([&] { exportDory(foreign, "/nowhere/dory"); }).code, ErrorCode::Infeasible);

    const auto network = residualNetwork();
    const auto narrow = randomRequest(network, assignmentOf(*network, "4"), v2, 1, false, 9);
    auto error = errorOf([&] { deeployGraph(*narrow.network, {}); });
    QCOMPARE(error.code, ErrorCode::Infeasible);
    QVERIFY2(error.why.find("8-bit") != std::string::npos, error.why.c_str());
    NetworkBuilder builder({8, 8, 8}, 5);
    const int conv = builder.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int pool = builder.maxPool(conv, 3, 2, {0, 0, 1, 1});
    const auto uneven = builder.build(builder.linear(pool, 4, Activation::None));
    error = errorOf([&] {
        deeployGraph(*randomRequest(uneven, assignmentOf(*uneven, "8"), v2, 1, false, 1).network,
                     {});
    });
    QVERIFY2(error.why.find("padding") != std::string::npos, error.why.c_str());
}

/// Deeploy takes the type of an input from its values.
void TestDoryDeeploy::deeployShowsTheSign()
{
    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "deeploy";
    const auto network = residualNetwork();
    auto request = randomRequest(network, assignmentOf(*network, "8"), v2, 2, true, 9);
    for (auto& value : request.golden_inputs[0])
        value = std::abs(value);
    exportDeeploy(request, path);
    const auto bytes = readFile(path / "inputs.npz");
    const ZipArchive archive(bytes, "inputs.npz");
    std::vector<std::byte> buffer;
    const auto array = parseNpy(archive.read(*archive.find("input.npy"), buffer), "input");
    std::vector<std::int64_t> values(array.data.size() / sizeof(std::int64_t));
    std::memcpy(values.data(), array.data.data(), array.data.size());
    QVERIFY(std::ranges::min(values) < 0);
    request.golden_inputs.pop_back();
    const auto error = errorOf([&] { exportDeeploy(request, path); });
    QVERIFY2(error.why.find("negative") != std::string::npos, error.why.c_str());
}

void TestDoryDeeploy::deeployGeometries_data()
{
    using Build = std::function<int(NetworkBuilder&)>;
    QTest::addColumn<TensorShape>("input");
    QTest::addColumn<Build>("build");
    QTest::addColumn<std::string>("why"); // of Deeploy's refusal; empty: none
    const auto row = [](const char* name, TensorShape input, const Build& build, const char* why) {
        QTest::newRow(name) << input << build << std::string(why);
    };
    const Build separable = [](auto& b) {
        return b.depthwise(0, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    };
    row("buffer of the depthwise kernel", {8, 48, 48}, separable, "buffer");
    row("large enough a buffer", {16, 48, 48}, separable, "");
    row(
        "strided average pooling", {8, 16, 16}, [](auto& b) { return b.averagePool(0, 2, 2); },
        "another size");
    row(
        "stride of a whole map", {8, 4, 4}, [](auto& b) { return b.averagePool(0, 4, 4); }, "");
    const auto pooled = [](int stride) {
        return Build([stride](auto& b) {
            const int stem = b.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
            return b.maxPool(stem, 3, stride, {1, 1, 1, 1});
        });
    };
    row("max-pooling in place", {8, 8, 8}, pooled(1), "overwritten");
    row("max-pooling at stride 2", {8, 8, 8}, pooled(2), "");
    row(
        "result no larger than its padding", {16, 3, 3},
        [](auto& b) {
            return b.depthwise(0, 5, 1, {1, 1, 1, 1}, Activation::Relu);
        },
        "no tile");
    row(
        "window larger than a tensor", {8, 4, 4},
        [](auto& b) {
            const int stem = b.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
            return b.conv(stem, 8, 5, 1, {2, 2, 2, 2}, Activation::Relu);
        },
        "no tile");
}

/// What was found wrong, or impossible, by running Deeploy.
void TestDoryDeeploy::deeployGeometries()
{
    QFETCH(const TensorShape, input);
    QFETCH(const std::function<int(NetworkBuilder&)>, build);
    QFETCH(const std::string, why);
    NetworkBuilder builder(input, 5);
    const auto network = builder.build(builder.linear(build(builder), 4, Activation::None));
    const auto request = randomRequest(network, assignmentOf(*network, "8"), v2, 1, false, 1);
    const auto error = errorOf([&] { deeployGraph(*request.network, {}); });
    QVERIFY2(why.empty() ? error.why.empty() : error.why.find(why) != std::string::npos,
             error.why.c_str());
    // DORY calls the same max-pooling.
    if (network->layer(1).kind == LayerKind::MaxPool) {
        const auto dory = errorOf([&] { doryGraph(*request.network, cores); });
        QVERIFY2(why.empty() ? dory.why.empty() : dory.why.find(why) != std::string::npos,
                 dory.why.c_str());
    }
}

void TestDoryDeeploy::floatsHoldTheConstants()
{
    for (const std::int32_t value :
         {0, 1, -1, 16777216, 16777217, -16777217, 2147483647, -2147483647, 123456789}) {
        const std::int32_t rounded = floatInteger(value);
        QCOMPARE(std::int64_t(float(rounded)), std::int64_t(rounded));
        QVERIFY(std::abs(rounded) <= std::abs(value));
        QVERIFY(std::abs(std::int64_t(rounded) - value) < 128);
    }
    QCOMPARE(floatInteger(16777215), 16777215);
}

void TestDoryDeeploy::narrowingKeepsTheOrder()
{
    const std::vector<std::int32_t> logits = {-1200, 40000, 39000, 5, 0};
    const auto narrowing = chooseNarrowing(logits, 3'000'000);
    QCOMPARE(narrowing.narrowed(40000), 64);
    QVERIFY(narrowing.narrowed(39000) < 64);
    QCOMPARE(narrowing.narrowed(3'000'000), 127);
    QVERIFY(std::int64_t(narrowing.mul) * 3'000'000 < (std::int64_t(1) << 31));
}

QTEST_GUILESS_MAIN(TestDoryDeeploy)
#include "tst_dory_deeploy.moc"
