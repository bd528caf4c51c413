// SPDX-License-Identifier: Apache-2.0
// Which dimension has a scale each, wherever it has gone; quantizers whose numbers are changed; and
// quantizers of another domain.
#include "tests/network/tst_onnx_support.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// The codes "q" of sizes 2 x 3, scales "s" 1, 10 (and 100) and zero points "z" 0.
void quantizedMatrix(OnnxFile& file, int scales)
{
    file.initializer("q", {2, 3}, onnx::TensorProto::INT8)
        .set_raw_data(std::string("\x01\x02\x03\x04\x05\x06", 6));
    file.floats("s", {scales},
                scales == 2 ? std::vector<float>{1, 10} : std::vector<float>{1, 10, 100});
    file.initializer("z", {scales}, onnx::TensorProto::INT8)
        .set_raw_data(std::string(std::size_t(scales), '\0'));
}

/// QuantizeLinear along `before`, a Transpose to channels last, DequantizeLinear along `after`.
OnnxFile transposedCodes(int before, int after)
{
    OnnxFile file({1, 2, 2, 2});
    file.conv("x", "v");
    file.floats("s", {2}, {0.5F, 0.25F});
    file.initializer("z", {2}, onnx::TensorProto::INT8).set_raw_data(std::string(2, '\0'));
    OnnxFile::integer(file.node("QuantizeLinear", {"v", "s", "z"}, "a"), "axis", before);
    OnnxFile::integers(file.node("Transpose", {"a"}, "t"), "perm", {0, 2, 3, 1});
    OnnxFile::integer(file.node("DequantizeLinear", {"t", "s", "z"}, "b"), "axis", after);
    OnnxFile::integers(file.node("Transpose", {"b"}, "u"), "perm", {0, 3, 1, 2});
    file.conv("u", "y");
    return file;
}

/// A linear layer of four inputs and one output whose weight "w" and bias "b" are dequantized, by
/// steps of 0.5 and 0.25. `scale` and `shift` of its inputs are applied before it; empty: none.
OnnxFile linearFile(const std::vector<float>& scale, const std::vector<float>& shift)
{
    OnnxFile file({1, 1, 2, 2});
    file.initializer("wq", {4, 1}, onnx::TensorProto::INT8)
        .set_raw_data(std::string("\x01\xFE\x03\x04", 4));
    file.initializer("bq", {1}, onnx::TensorProto::INT8).set_raw_data(std::string("\x04", 1));
    file.floats("ws", {}, {0.5F});
    file.floats("bs", {}, {0.25F});
    file.node("DequantizeLinear", {"wq", "ws"}, "w");
    file.node("DequantizeLinear", {"bq", "bs"}, "b");
    file.node("Flatten", {"x"}, "flat");
    std::string last = "flat";
    if (!scale.empty()) {
        file.floats("scale", {1, 4}, scale);
        file.node("Mul", {last, "scale"}, "scaled");
        last = "scaled";
    }
    if (!shift.empty()) {
        file.floats("shift", {1, 4}, shift);
        file.node("Add", {last, "shift"}, "shifted");
        last = "shifted";
    }
    file.node("Gemm", {last, "w", "b"}, "y");
    file.output("y");
    return file;
}

} // namespace

class TestOnnxQuantizerAxes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void axesFollowTransposedWeights()
    {
        OnnxFile file({1, 3});
        quantizedMatrix(file, 2);
        OnnxFile::integer(file.node("DequantizeLinear", {"q", "s", "z"}, "w"), "axis", 0);
        file.node("Transpose", {"w"}, "t");
        file.node("MatMul", {"x", "t"}, "y");
        const auto network = file.import("y");
        QVERIFY(network->parameters()->layers[0].weights ==
                (std::vector<float>{1, 2, 3, 40, 50, 60}));
        QCOMPARE(int(network->quantizers().size()), 1);
        QCOMPARE(network->quantizers()[0].axis, 1);
    }

    void axesFollowReshapedWeights_data()
    {
        QTest::addColumn<QList<int>>("shape");
        QTest::addColumn<int>("axis");
        QTest::newRow("unit axes around") << QList<int>{1, 2, 3, 1, 1} << 2;
        QTest::newRow("split") << QList<int>{6, 1} << -1;
    }
    void axesFollowReshapedWeights()
    {
        QFETCH(QList<int>, shape);
        QFETCH(int, axis);
        OnnxFile file({1, 6});
        quantizedMatrix(file, 3);
        OnnxFile::integer(file.node("DequantizeLinear", {"q", "s", "z"}, "w"), "axis", 1);
        file.longs("to", {shape.begin(), shape.end()});
        file.node("Reshape", {"w", "to"}, "r");
        file.longs("flat", {6, 1});
        file.node("Reshape", {"r", "flat"}, "f");
        file.node("MatMul", {"x", "f"}, "y");
        const auto network = file.import("y");
        QVERIFY(network->quantizers().empty()); // a scale each for parts of one row
        const auto first = reportOf(*network, "r").detail;
        QCOMPARE(mentions(first, "does not describe"), axis < 0);
        QVERIFY(axis < 0 || mentions(reportOf(*network, "f").detail, "does not describe"));
    }

    /// What is folded into weights or a bias leaves no quantizer that describes them.
    void quantizersOfChangedNumbersAreDropped_data()
    {
        using List = QList<float>;
        QTest::addColumn<List>("scale");
        QTest::addColumn<List>("shift");
        QTest::addColumn<QString>("attribute"); // of the Gemm, 2
        QTest::addColumn<bool>("keeps_weights");
        QTest::addColumn<bool>("keeps_bias");
        QTest::newRow("nothing") << List{} << List{} << "" << true << true;
        QTest::newRow("scales") << List{1, 10, 100, 0.1F} << List{} << "" << false << true;
        QTest::newRow("shifts") << List{} << List{1, 2, 3, 5} << "" << true << false;
        QTest::newRow("both") << List{1, 10, 100, 0.1F} << List{1, 2, 3, 5} << "" << false << false;
        QTest::newRow("alpha") << List{} << List{} << "alpha" << false << true;
        QTest::newRow("beta") << List{} << List{} << "beta" << true << false;
    }
    void quantizersOfChangedNumbersAreDropped()
    {
        QFETCH(QList<float>, scale);
        QFETCH(QList<float>, shift);
        QFETCH(QString, attribute);
        QFETCH(bool, keeps_weights);
        QFETCH(bool, keeps_bias);
        auto file = linearFile({scale.begin(), scale.end()}, {shift.begin(), shift.end()});
        if (!attribute.isEmpty())
            OnnxFile::real(*file.graph().mutable_node()->rbegin(), attribute.toStdString(), 2);
        const auto network = file.import();
        QCOMPARE(network->layerCount(), 1);
        const Numbers weights = {0.5, -1, 1.5, 2};
        Numbers expected = {attribute == "beta" ? 2.0 : 1.0};
        for (std::size_t i = 0; i < 4; ++i) {
            const double scaled = double(i + 1) * double(scale.empty() ? 1 : scale[int(i)]) +
                                  double(shift.empty() ? 0 : shift[int(i)]);
            expected[0] += (attribute == "alpha" ? 2 : 1) * weights[i] * scaled;
        }
        QVERIFY(difference(Interpreter(*network).run({1, 2, 3, 4}), expected) < 1e-5);
        bool has_weights = false;
        bool has_bias = false;
        for (const auto& q : network->quantizers())
            (q.is_bias ? has_bias : has_weights) = true;
        QCOMPARE(has_weights, keeps_weights);
        QCOMPARE(has_bias, keeps_bias);
        const auto detail = reportOf(*network, "y").detail;
        QCOMPARE(mentions(detail, "does not describe its weights"), !keeps_weights);
        QCOMPARE(mentions(detail, "does not describe its bias"), !keeps_bias);
        QCOMPARE(mentions(reportOf(*network, "w").detail, "are kept beside"), keeps_weights);
        QCOMPARE(mentions(reportOf(*network, "b").detail, "are kept beside"), keeps_bias);
    }

    void axesOfCodesAreCompared()
    {
        QCOMPARE(reportOf(*transposedCodes(1, 3).import("y"), "b").fate, NodeFate::PassedThrough);
        const auto wrong = reportOf(*transposedCodes(1, 2).import("y"), "b");
        QCOMPARE(wrong.fate, NodeFate::Unsupported);
        QVERIFY2(mentions(wrong.detail, "its axis is another"), wrong.detail.c_str());
    }

    /// An input of codes with a scale for each channel.
    void codesOfTheInputPerChannel()
    {
        OnnxFile file({1, 2, 1, 2});
        file.floats("s", {2}, {0.5F, 4});
        file.initializer("z", {2}, onnx::TensorProto::UINT8).set_raw_data(std::string("\1\2", 2));
        OnnxFile::integer(file.node("DequantizeLinear", {"x", "s", "z"}, "d"), "axis", 1);
        file.node("Relu", {"d"}, "y");
        const auto network = file.import("y");
        QVERIFY(difference(Interpreter(*network).run({0, 3, 1, 7}), {0, 1, 0, 20}) < 1e-6);
    }

    /// onnxruntime writes 16 and 4 bits so in files of any opset.
    void quantizersOfTheMicrosoftDomain_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<int>("bits");
        QTest::newRow("int8") << int(onnx::TensorProto::INT8) << 8;
        QTest::newRow("uint16") << int(onnx::TensorProto::UINT16) << 16;
        QTest::newRow("int4") << 22 << 4;
    }
    void quantizersOfTheMicrosoftDomain()
    {
        QFETCH(int, type);
        QFETCH(int, bits);
        OnnxFile file({1, 2, 4, 4}, 13);
        file.model().add_opset_import()->set_domain("com.microsoft");
        file.conv("x", "v");
        file.floats("s", {}, {0.5F});
        file.initializer("z", {}, type).add_int32_data(3);
        file.node("QuantizeLinear", {"v", "s", "z"}, "q").set_domain("com.microsoft");
        file.node("DequantizeLinear", {"q", "s", "z"}, "d").set_domain("com.microsoft");
        file.conv("d", "y");
        const auto network = file.import("y");
        QCOMPARE(network->layerCount(), 2);
        QCOMPARE(int(network->quantizers().size()), 1);
        QCOMPARE(network->quantizers()[0].bits, bits);
        QCOMPARE(network->quantizers()[0].zero_points[0], std::int64_t(3));
    }

    void otherOperatorsOfThatDomainAreNamed()
    {
        OnnxFile file({1, 2, 4, 4});
        file.conv("x", "v");
        file.node("FusedConv", {"v"}, "f").set_domain("com.microsoft");
        file.output("f");
        const auto refusal = file.refusal();
        QVERIFY2(mentions(refusal.why, "'f' (FusedConv)") && mentions(refusal.why, "com.microsoft"),
                 refusal.why.c_str());
    }
};

QTEST_GUILESS_MAIN(TestOnnxQuantizerAxes)
#include "tst_onnx_quantizer_axes.moc"
