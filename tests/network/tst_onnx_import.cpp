// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/network/network_check.h"
#include "tests/network/tst_onnx_support.h"
#include "tests/support/shared_data.h"

#include <QTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// A node that hands its input on, as ONNX writes it.
void addAlias(OnnxFile& file, const std::string& op, const std::string& from, const std::string& to)
{
    if (op == "Reshape") {
        file.longs("sizes", {1, 2, 16});
        file.node(op, {from, "sizes"}, to);
    } else {
        file.node(op, {from}, to);
    }
}

void maxPool(OnnxFile& file, const std::string& input, const std::string& output)
{
    OnnxFile::integers(file.node("MaxPool", {input}, output), "kernel_shape", {2, 2});
}

} // namespace

class TestOnnxImport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readersBehindAnAliasCount_data()
    {
        QTest::addColumn<QString>("op");
        for (const char* op : {"Identity", "Dropout", "Flatten", "Reshape", "Transpose"})
            QTest::newRow(op) << op;
    }
    /// y is read by the Relu (through d) and by the Add: a fused Relu would change the Add's y.
    void readersBehindAnAliasCount()
    {
        QFETCH(QString, op);
        OnnxFile file;
        file.conv("x", "y");
        addAlias(file, op.toStdString(), "y", "d");
        file.node("Relu", {"d"}, "z");
        file.node("Add", {"d", "z"}, "s");
        const auto network = file.import("s");
        QCOMPARE(network->layerCount(), 3);
        QVERIFY(network->layer(0).activation == Activation::None);
        QVERIFY(network->layer(1).kind == LayerKind::Elementwise);
        QVERIFY(network->layer(1).activation == Activation::Relu);
    }

    void reluBehindAnAliasAloneIsFused_data() { readersBehindAnAliasCount_data(); }
    void reluBehindAnAliasAloneIsFused()
    {
        QFETCH(QString, op);
        OnnxFile file;
        file.conv("x", "y");
        addAlias(file, op.toStdString(), "y", "d");
        file.node("Relu", {"d"}, "z");
        const auto network = file.import("z");
        QCOMPARE(network->layerCount(), 1);
        QVERIFY(network->layer(0).activation == Activation::Relu);
        QVERIFY(reportOf(*network, "z").fate == NodeFate::Fused);
    }

    /// The tensor behind an alias is the network's output: a Relu beside it is left out.
    void whatTheOutputDoesNotDependOnIsLeftOut()
    {
        OnnxFile file;
        file.conv("x", "y");
        file.node("Relu", {"y"}, "z");
        file.node("Identity", {"y"}, "d");
        const auto network = file.import("d");
        QCOMPARE(network->layerCount(), 1);
        QVERIFY(network->layer(0).activation == Activation::None);
        QVERIFY(mentions(reportOf(*network, "z").detail, "left out"));
    }

    void unsupportedNodesAreLayersWhereTheirShapeIsKnown()
    {
        OnnxFile file;
        file.conv("x", "a");
        file.node("Tanh", {"a"}, "b");
        file.conv("b", "c");
        const auto network = file.import("c");
        QCOMPARE(network->layerCount(), 3);
        QVERIFY(network->layer(1).kind == LayerKind::Unsupported);
        QVERIFY(reportOf(*network, "b").fate == NodeFate::Unsupported);
        QVERIFY_THROWS_EXCEPTION(Error, checkSupported(*network));
    }

    void shapesThatTheFileDeclaresAreUsed()
    {
        OnnxFile file;
        file.conv("x", "a");
        file.node("Resize", {"a"}, "b");
        OnnxFile::declare(*file.graph().add_value_info(), "b", {1, 2, 8, 8});
        file.conv("b", "c");
        const auto network = file.import("c");
        QVERIFY(network->tensor(network->output()).shape == (TensorShape{2, 8, 8}));
        QVERIFY(network->layer(1).kind == LayerKind::Unsupported);
    }

    void oneErrorListsEveryUnsupportedNode()
    {
        OnnxFile file;
        file.conv("x", "a");
        file.node("Tanh", {"a"}, "b");
        file.node("Resize", {"b"}, "e");
        file.conv("e", "f");
        const auto refusal = file.refusal("f");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        for (const char* part : {"2 nodes are unsupported", "'b' (Tanh)", "'e' (Resize)",
                                 "not checked, because they follow these: 1 more"})
            QVERIFY2(mentions(refusal.why, part), refusal.why.c_str());
        QVERIFY(!mentions(refusal.why, "'a'") && !mentions(refusal.why, "'f'"));
        QVERIFY2(mentions(refusal.next, "GlobalAveragePool"), refusal.next.c_str());
    }

    void namesInMessagesAreOneLine()
    {
        OnnxFile file;
        file.node("Strange\nOperator", {"x"}, "a\x1b[2J");
        const auto refusal = file.refusal("a\x1b[2J");
        QVERIFY2(mentions(refusal.why, "Strange\\x0AOperator"), refusal.why.c_str());
        QVERIFY(mentions(refusal.why, "\\x1B[2J"));
    }

    void longListsOfUnsupportedNodesAreCut()
    {
        OnnxFile file;
        std::string last = "x";
        for (int i = 0; i < 14; ++i) {
            const std::string next = "v" + std::to_string(i);
            file.node(i < 13 ? "Tanh" : "Resize", {last}, next);
            last = next;
        }
        const auto refusal = file.refusal(last);
        QVERIFY(mentions(refusal.why, "14 nodes"));
        QVERIFY(mentions(refusal.why, "'v9'") && !mentions(refusal.why, "'v10'"));
        QVERIFY(mentions(refusal.why, "and 4 more"));
    }

    void activationMovesBeforeAMaxPool_data()
    {
        QTest::addColumn<bool>("clip");
        QTest::addColumn<int>("pools");
        QTest::newRow("relu") << false << 1;
        QTest::newRow("clip") << true << 1;
        QTest::newRow("two pools") << false << 2;
    }
    void activationMovesBeforeAMaxPool()
    {
        QFETCH(bool, clip);
        QFETCH(int, pools);
        OnnxFile file;
        file.floats("zero", {}, {0});
        file.floats("six", {}, {6});
        file.conv("x", "y");
        maxPool(file, "y", "p1");
        if (pools == 2)
            maxPool(file, "p1", "p2");
        const std::string last = pools == 2 ? "p2" : "p1";
        if (clip)
            file.node("Clip", {last, "zero", "six"}, "z");
        else
            file.node("Relu", {last}, "z");
        const auto network = file.import("z");
        QCOMPARE(network->layerCount(), 1 + pools);
        QVERIFY(network->layer(0).activation == (clip ? Activation::Clip : Activation::Relu));
        QCOMPARE(network->layer(0).clip_max, clip ? 6.0F : 0.0F);
        for (int i = 1; i <= pools; ++i)
            QVERIFY(network->layer(i).activation == Activation::None);
        QVERIFY(mentions(reportOf(*network, "z").detail, "'y'"));
        QVERIFY(network->producedNonNegative(network->output()));
    }

    void activationThatCannotMoveIsALayer_data()
    {
        QTest::addColumn<QString>("reader");
        QTest::newRow("read twice") << "y";
        QTest::newRow("on the input") << "x";
    }
    void activationThatCannotMoveIsALayer()
    {
        QFETCH(QString, reader);
        OnnxFile file;
        file.conv("x", "y");
        maxPool(file, reader.toStdString(), "p");
        file.node("Relu", {"p"}, "z");
        maxPool(file, "y", "q");
        file.node("Add", {"z", "q"}, "s");
        const auto network = file.import("s");
        QVERIFY(network->layer(0).activation == Activation::None);
        QCOMPARE(std::ranges::count(network->layers(), LayerKind::Elementwise, &Layer::kind), 1);
    }

    void nodesOutOfOrderAreSorted()
    {
        OnnxFile file;
        file.node("Relu", {"y"}, "z");
        file.conv("x", "y");
        const auto network = file.import("z");
        QCOMPARE(network->layerCount(), 1);
        QVERIFY(mentions(network->report().front().detail, "sorted"));
    }

    void everyRealFileIsReadWhole_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<int>("layers");
        QTest::newRow("MobileNetV2") << "models/mobilenet_v2_1.0_224.onnx" << 64;
        QTest::newRow("ResNet-4B") << "models/resnet_4b.onnx" << 17;
        QTest::newRow("channels last") << "models/cifar10_small.onnx" << 5;
        QTest::newRow("ResNet-8") << "models/mlperf_tiny_resnet8_bn.onnx" << 14;
        QTest::newRow("DS-CNN") << "models/mlperf_tiny_kws_dscnn_bn.onnx" << 11;
    }
    void everyRealFileIsReadWhole()
    {
        QFETCH(QString, file);
        QFETCH(int, layers);
        const auto path = sharedData() / file.toStdString();
        if (!std::filesystem::exists(path))
            QSKIP("the shared test data is not on this machine");
        const auto network = importOnnx(readFile(path), path.filename().string());
        QCOMPARE(network->layerCount(), layers);
        for (const auto& node : network->report())
            QVERIFY(node.fate != NodeFate::Unsupported && !node.detail.empty());
        QVERIFY(network->tensor(network->input()).shape.channels <= 3);
        checkSupported(*network);
    }
};

QTEST_GUILESS_MAIN(TestOnnxImport)
#include "tst_onnx_import.moc"
