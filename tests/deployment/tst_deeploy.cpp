// SPDX-License-Identifier: Apache-2.0
// The integer graphs written for Deeploy, run node by node by an independent interpreter, give what
// the integer executor gives; what that program gets wrong is refused.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/zip_archive.h"
#include "core/data/npy_array.h"
#include "core/deployment/interchange/deeploy_export.h"
#include "core/deployment/interchange/deeploy_graph.h"
#include "core/deployment/interchange/dory_export.h"
#include "core/deployment/interchange/dory_graph.h"
#include "core/deployment/interchange/float_constants.h"
#include "graph_comparison.h"
#include "tests/support/error_of.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cstring>

using namespace bitdial;
using namespace bitdial::test;

class TestDeeploy : public QObject {
    Q_OBJECT

private Q_SLOTS:
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

void TestDeeploy::deeployComputesTheSame_data()
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

void TestDeeploy::deeployComputesTheSame()
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

void TestDeeploy::deeployFiles()
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

void TestDeeploy::deeployRefusals()
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
void TestDeeploy::deeployShowsTheSign()
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

void TestDeeploy::deeployGeometries_data()
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
void TestDeeploy::deeployGeometries()
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

void TestDeeploy::floatsHoldTheConstants()
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

void TestDeeploy::narrowingKeepsTheOrder()
{
    const std::vector<std::int32_t> logits = {-1200, 40000, 39000, 5, 0};
    const auto narrowing = chooseNarrowing(logits, 3'000'000);
    QCOMPARE(narrowing.narrowed(40000), 64);
    QVERIFY(narrowing.narrowed(39000) < 64);
    QCOMPARE(narrowing.narrowed(3'000'000), 127);
    QVERIFY(std::int64_t(narrowing.mul) * 3'000'000 < (std::int64_t(1) << 31));
}

QTEST_GUILESS_MAIN(TestDeeploy)
#include "tst_deeploy.moc"
