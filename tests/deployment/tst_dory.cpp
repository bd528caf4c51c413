// SPDX-License-Identifier: Apache-2.0
// The integer graphs written for DORY, run node by node by an independent interpreter, give what
// the integer executor gives; what that program gets wrong is refused.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/interchange/dory_export.h"
#include "core/deployment/interchange/dory_graph.h"
#include "graph_comparison.h"
#include "tests/support/error_of.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cstring>

using namespace bitdial;
using namespace bitdial::test;

class TestDory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void doryComputesTheSame_data();
    void doryComputesTheSame();
    void doryAdds_data();
    void doryAdds();
    void doryNumbersIncrease();
    void doryFiles();
    void dorySquareWeights();
    void doryBranches();
    void doryRefusals();
};

void TestDory::doryComputesTheSame_data()
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

void TestDory::doryComputesTheSame()
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
void TestDory::doryAdds_data()
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
void TestDory::doryAdds()
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
void TestDory::doryNumbersIncrease()
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

void TestDory::doryFiles()
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
void TestDory::dorySquareWeights()
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

void TestDory::doryBranches()
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

void TestDory::doryRefusals()
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

QTEST_GUILESS_MAIN(TestDory)
#include "tst_dory.moc"
