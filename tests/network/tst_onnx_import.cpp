// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/open_network.h"

#include <QTest>

#include <onnx/onnx_pb.h>

#include <algorithm>

using namespace bitdial;

namespace {

/// A small ONNX file in the making: input "x" of 2 x 4 x 4, nodes named after their output.
class OnnxFile {
public:
    OnnxFile()
    {
        m_model.set_ir_version(7);
        m_model.add_opset_import()->set_version(13);
        m_model.mutable_graph()->set_name("small");
        auto* input = m_model.mutable_graph()->add_input();
        input->set_name("x");
        auto* shape = input->mutable_type()->mutable_tensor_type()->mutable_shape();
        for (const int size : {1, 2, 4, 4})
            shape->add_dim()->set_dim_value(size);
        floats("zero", {});
        floats("six", {}, 6);
    }
    onnx::NodeProto& node(const std::string& op, const std::vector<std::string>& inputs,
                          const std::string& output)
    {
        auto* node = m_model.mutable_graph()->add_node();
        node->set_op_type(op);
        node->set_name(output);
        for (const auto& input : inputs)
            node->add_input(input);
        node->add_output(output);
        return *node;
    }
    /// 1x1 convolution of two channels.
    onnx::NodeProto& conv(const std::string& input, const std::string& output)
    {
        floats(output + ".w", {2, 2, 1, 1});
        return node("Conv", {input, output + ".w"}, output);
    }
    void maxPool(const std::string& input, const std::string& output)
    {
        auto* kernel = node("MaxPool", {input}, output).add_attribute();
        kernel->set_name("kernel_shape");
        kernel->add_ints(2);
        kernel->add_ints(2);
    }
    void floats(const std::string& name, const std::vector<int>& sizes, float value = 0)
    {
        auto* tensor = m_model.mutable_graph()->add_initializer();
        tensor->set_name(name);
        tensor->set_data_type(onnx::TensorProto::FLOAT);
        int count = 1;
        for (const int size : sizes) {
            tensor->add_dims(size);
            count *= size;
        }
        for (int i = 0; i < count; ++i)
            tensor->add_float_data(value);
    }
    std::shared_ptr<const Network> import(const std::string& output)
    {
        m_model.mutable_graph()->add_output()->set_name(output);
        const auto text = m_model.SerializeAsString();
        return importOnnx(std::as_bytes(std::span(text)), "small.onnx");
    }
    /// The error that refuses the file; code Failed when there is none.
    ErrorDetails refusal(const std::string& output)
    {
        try {
            import(output);
        } catch (const Error& error) {
            return error.details();
        }
        return {};
    }

private:
    onnx::ModelProto m_model;
};

NodeReport reportOf(const Network& network, const std::string& node)
{
    const auto found = std::ranges::find(network.report(), node, &NodeReport::name);
    return found == network.report().end() ? NodeReport{} : *found;
}

bool mentions(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// A node that hands its input on, as ONNX writes it.
void addAlias(OnnxFile& file, const std::string& op, const std::string& from, const std::string& to)
{
    if (op == "Reshape") {
        file.floats("sizes", {2}, -1);
        file.node(op, {from, "sizes"}, to);
    } else {
        file.node(op, {from}, to);
    }
}

} // namespace

class TestOnnxImport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readersBehindAnAliasCount_data()
    {
        QTest::addColumn<QString>("op");
        for (const char* op : {"Identity", "Dropout", "Flatten", "Reshape"})
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
        file.node("Add", {"y", "z"}, "s");
        const auto refusal = file.refusal("s");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(mentions(refusal.why, "'z' (Relu)"), refusal.why.c_str());
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

    /// The tensor behind an alias is the network's output too: the Relu may not change it.
    void anAliasThatIsTheOutputCounts()
    {
        OnnxFile file;
        file.conv("x", "y");
        file.node("Relu", {"y"}, "z");
        file.node("Identity", {"y"}, "d");
        QVERIFY(mentions(file.refusal("d").why, "'z' (Relu)"));
    }

    void oneErrorListsEveryUnsupportedNode()
    {
        OnnxFile file;
        file.conv("x", "a");
        file.node("Sigmoid", {"a"}, "b");
        auto* dilations = file.conv("b", "c").add_attribute();
        dilations->set_name("dilations");
        dilations->add_ints(2);
        dilations->add_ints(2);
        file.conv("c", "d");
        file.node("Resize", {"d"}, "e");
        const auto refusal = file.refusal("e");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        for (const char* part : {"3 nodes are unsupported", "'b' (Sigmoid)", "'c' (Conv): dilation",
                                 "'e' (Resize)", "not checked, because they follow these: 1 more"})
            QVERIFY2(mentions(refusal.why, part), refusal.why.c_str());
        QVERIFY(!mentions(refusal.why, "'a'") && !mentions(refusal.why, "'d'"));
        QVERIFY2(mentions(refusal.next, "GlobalAveragePool"), refusal.next.c_str());
        QVERIFY(!mentions(refusal.next, "inspect"));
    }

    void longListsOfUnsupportedNodesAreCut()
    {
        OnnxFile file;
        std::string last = "x";
        for (int i = 0; i < 14; ++i) {
            const std::string next = "v" + std::to_string(i);
            file.node("Tanh", {last}, next);
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
        file.conv("x", "y");
        file.maxPool("y", "p1");
        if (pools == 2)
            file.maxPool("p1", "p2");
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

    void activationThatCannotMoveIsRefused_data()
    {
        QTest::addColumn<QString>("reader");
        QTest::newRow("read twice") << "y";
        QTest::newRow("on the input") << "x";
    }
    void activationThatCannotMoveIsRefused()
    {
        QFETCH(QString, reader);
        OnnxFile file;
        file.conv("x", "y");
        file.maxPool(reader.toStdString(), "p");
        file.node("Relu", {"p"}, "z");
        file.maxPool("y", "q");
        file.node("Add", {"z", "q"}, "s");
        const auto refusal = file.refusal("s");
        QVERIFY2(mentions(refusal.why, "'z' (Relu)") && mentions(refusal.why, "'p'"),
                 refusal.why.c_str());
    }
};

QTEST_GUILESS_MAIN(TestOnnxImport)
#include "tst_onnx_import.moc"
