// SPDX-License-Identifier: Apache-2.0
#include "tests/network/tst_onnx_support.h"

#include <QTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// A convolution whose weight, and bias if it has one, go through a DequantizeLinear of type int8.
OnnxFile dequantizedFile(const std::vector<float>& scales, int zero_points, int axis,
                         bool has_bias = false)
{
    OnnxFile file;
    file.initializer("q", {2, 2, 1, 1}, onnx::TensorProto::INT8)
        .set_raw_data(std::string("\x01\xFE\x03\x04", 4));
    file.floats("s", scales.size() == 1 ? std::vector<int>{} : std::vector{int(scales.size())},
                scales);
    file.initializer("z", zero_points == 1 ? std::vector<int>{} : std::vector{zero_points},
                     onnx::TensorProto::INT8)
        .set_raw_data(std::string(std::size_t(zero_points), '\1'));
    OnnxFile::integer(file.node("DequantizeLinear", {"q", "s", "z"}, "w"), "axis", axis);
    std::vector<std::string> inputs = {"x", "w"};
    if (has_bias) {
        file.initializer("bq", {2}, onnx::TensorProto::INT8).set_raw_data(std::string("\1\2", 2));
        file.floats("bs", {}, {0.25F});
        file.node("DequantizeLinear", {"bq", "bs"}, "b");
        inputs.emplace_back("b");
    }
    file.node("Conv", inputs, "y");
    return file;
}

onnx::NodeProto& quantNode(OnnxFile& file, const std::vector<float>& bits, float zero = 0)
{
    file.varied("w0", {2, 2, 1, 1});
    file.floats("s", {}, {0.5F});
    file.floats("z", {}, {zero});
    file.floats("bits", bits.size() == 1 ? std::vector<int>{} : std::vector{int(bits.size())},
                bits);
    auto& node = file.node("Quant", {"w0", "s", "z", "bits"}, "w");
    node.set_domain("qonnx.custom_op.general");
    file.node("Conv", {"x", "w"}, "y");
    file.output("y");
    return node;
}

void codes(OnnxFile& file, const std::string& name, int code)
{
    file.initializer(name, {}, onnx::TensorProto::UINT8).add_int32_data(code);
}

/// The scale "s" and the unsigned zero point "z".
void codes(OnnxFile& file, float scale, int zero)
{
    file.floats("s", {}, {scale});
    codes(file, "z", zero);
}

} // namespace

class TestOnnxQuantizers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// F14.
    void quantNodesAreChecked_data()
    {
        QTest::addColumn<QList<float>>("bits");
        QTest::addColumn<QString>("broken");
        QTest::addColumn<QString>("says");
        QTest::newRow("fraction") << QList<float>{2.5F} << ""
                                  << "bitwidth 2.5";
        QTest::newRow("zero") << QList<float>{0} << ""
                              << "bitwidth 0";
        QTest::newRow("negative") << QList<float>{-1} << ""
                                  << "bitwidth -1";
        QTest::newRow("64") << QList<float>{64} << ""
                            << "bitwidth 64";
        QTest::newRow("list") << QList<float>{4, 4} << ""
                              << "not a single number";
        QTest::newRow("one signed bit") << QList<float>{1} << ""
                                        << "one bit";
        QTest::newRow("no narrow") << QList<float>{4} << "narrow"
                                   << "'narrow'";
        QTest::newRow("rounding") << QList<float>{4} << "rounding"
                                  << "'BANKERS'";
        QTest::newRow("zero point") << QList<float>{4} << "zero"
                                    << "zero point 0.5";
    }
    void quantNodesAreChecked()
    {
        QFETCH(QList<float>, bits);
        QFETCH(QString, broken);
        QFETCH(QString, says);
        OnnxFile file;
        auto& node = quantNode(file, {bits.begin(), bits.end()}, broken == "zero" ? 0.5F : 0);
        OnnxFile::integer(node, "signed", 1);
        if (broken != "narrow")
            OnnxFile::integer(node, "narrow", 0);
        OnnxFile::text(node, "rounding_mode", broken == "rounding" ? "bankers" : "ROUND");
        const auto refusal = file.refusal();
        QVERIFY2(mentions(refusal.why, says.toStdString()), refusal.why.c_str());
        QVERIFY2(mentions(refusal.where, "'w'"), refusal.where.c_str());
    }

    void quantNodesRoundTheirWeights()
    {
        OnnxFile file;
        auto& node = quantNode(file, {3});
        file.graph().mutable_initializer(0)->clear_float_data();
        for (const float value : {0.25F, 0.75F, -9.0F, 1.3F})
            file.graph().mutable_initializer(0)->add_float_data(value);
        OnnxFile::integer(node, "signed", 1);
        OnnxFile::integer(node, "narrow", 1);
        const auto network = file.import();
        // Half to even, and from -3 to 3 steps of 0.5.
        QVERIFY(network->parameters()->layers[0].weights ==
                (std::vector<float>{0, 1, -1.5F, 1.5F}));
        QCOMPARE(network->quantizers().size(), std::size_t(1));
        const auto& q = network->quantizers()[0];
        QVERIFY(q.layer == 0 && q.bits == 3 && q.is_signed && q.narrow && q.scales[0] == 0.5F);
    }

    /// F15.
    void dequantizeNodesAreChecked_data()
    {
        QTest::addColumn<QList<float>>("scales");
        QTest::addColumn<int>("zero_points");
        QTest::addColumn<int>("axis");
        const float inf = std::numeric_limits<float>::infinity();
        QTest::newRow("zero") << QList<float>{0} << 1 << 0;
        QTest::newRow("negative") << QList<float>{-1} << 1 << 0;
        QTest::newRow("not a number") << QList<float>{std::nanf("")} << 1 << 0;
        QTest::newRow("infinite") << QList<float>{inf} << 1 << 0;
        QTest::newRow("denormal") << QList<float>{1e-40F} << 1 << 0;
        QTest::newRow("too many scales") << QList<float>{1, 1, 1} << 3 << 0;
        QTest::newRow("zero points") << QList<float>{1, 1} << 1 << 0;
        QTest::newRow("axis") << QList<float>{1, 1} << 2 << 4;
    }
    void dequantizeNodesAreChecked()
    {
        QFETCH(QList<float>, scales);
        QFETCH(int, zero_points);
        QFETCH(int, axis);
        auto file = dequantizedFile({scales.begin(), scales.end()}, zero_points, axis);
        const auto refusal = file.refusal("y");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(mentions(refusal.where, "'w'"), refusal.where.c_str());
    }

    void dequantizedWeightsAreRead()
    {
        auto file = dequantizedFile({0.5F, 2.0F}, 2, 0);
        const auto network = file.import("y");
        QVERIFY(network->parameters()->layers[0].weights == (std::vector<float>{0, -1.5F, 4, 6}));
        const auto& q = network->quantizers().at(0);
        QVERIFY(q.layer == 0 && q.axis == 0 && q.bits == 8 && q.is_signed && !q.is_bias);
        QVERIFY(q.zero_points == (std::vector<std::int64_t>{1, 1}));
    }

    /// A batch normalisation, or a number that is added, stays beside what is quantized.
    void quantizersOfConvolutionsStayTrue()
    {
        for (const char* op : {"Mul", "Add"}) {
            const bool product = op[0] == 'M';
            auto file = dequantizedFile({0.5F}, 1, 0, true);
            file.floats("n", {1, 2, 1, 1}, {3, 5});
            file.node(op, {"y", "n"}, "m");
            const auto network = file.import("m");
            QCOMPARE(network->layerCount(), 1);
            QCOMPARE(int(network->quantizers().size()), 2);
            const auto& p = network->parameters()->layers[0];
            QVERIFY(p.weights == (std::vector<float>{0, -1.5F, 1, 1.5F}));
            QVERIFY(p.bias == (std::vector<float>{0.25F, 0.5F}));
            const auto out = Interpreter(*network).run(Numbers(32, 1.0));
            const double first = product ? (-1.5 + 0.25) * 3 : -1.5 + 0.25 + 3;
            const double second = product ? (2.5 + 0.5) * 5 : 2.5 + 0.5 + 5;
            QVERIFY(std::abs(out.front() - first) < 1e-6 && std::abs(out.back() - second) < 1e-6);
        }
    }

    void smallTypesNeedTheirOpset()
    {
        for (const int type : {22, 26}) {
            OnnxFile file({1, 2, 4, 4}, 20);
            file.initializer("q", {2, 2, 1, 1}, type)
                .set_raw_data(type == 22 ? std::string("\x21\x43", 2) : std::string("\x1b", 1));
            file.floats("s", {}, {1});
            file.node("DequantizeLinear", {"q", "s"}, "w");
            file.node("Conv", {"x", "w"}, "y");
            QVERIFY(mentions(file.refusal("y").why, type == 22 ? "opset 21" : "opset 25"));
            file.model().mutable_opset_import(0)->set_version(type == 22 ? 21 : 25);
            QVERIFY(
                file.import()->parameters()->layers[0].weights ==
                (type == 22 ? std::vector<float>{1, 2, 3, 4} : std::vector<float>{-1, -2, 1, 0}));
        }
    }

    /// Runtimes leave a ReLU and a ReLU6 out before an unsigned quantizer, which cuts off the same.
    void quantizersThatStartAtZeroActAsClip()
    {
        for (const bool has_clip : {false, true}) {
            OnnxFile file;
            file.conv("x", "a");
            codes(file, 0.125F, 0);
            file.node("QuantizeLinear", {"a", "s", "z"}, "q");
            codes(file, "low", 0);
            codes(file, "high", 15);
            if (has_clip)
                file.node("Clip", {"q", "low", "high"}, "qc");
            file.node("DequantizeLinear", {has_clip ? "qc" : "q", "s", "z"}, "d");
            file.conv("d", "y");
            const auto network = file.import("y");
            QCOMPARE(network->layerCount(), 2);
            QVERIFY(network->layer(0).activation == Activation::Clip);
            QCOMPARE(network->layer(0).clip_max, 0.125F * (has_clip ? 15 : 255));
            const auto& q = network->quantizers().at(0);
            QVERIFY(q.tensor == network->layer(0).output && !q.is_signed);
            QCOMPARE(q.bits, has_clip ? 4 : 8);
        }
    }

    void aQuantizersClipMergesWithTheSmaller()
    {
        for (const float limit : {6.0F, 40.0F}) {
            OnnxFile file;
            file.conv("x", "a");
            file.floats("zero", {}, {0});
            file.floats("limit", {}, {limit});
            file.node("Clip", {"a", "zero", "limit"}, "c");
            codes(file, 0.125F, 5); // what is below 0 is not cut off, so that the Clip stays
            file.node("QuantizeLinear", {"c", "s", "z"}, "q5");
            file.node("DequantizeLinear", {"q5", "s", "z"}, "d5");
            codes(file, "z0", 0);
            file.node("QuantizeLinear", {"d5", "s", "z0"}, "q");
            file.node("DequantizeLinear", {"q", "s", "z0"}, "y");
            const auto network = file.import("y");
            QCOMPARE(network->layerCount(), 1);
            QCOMPARE(network->layer(0).clip_max, std::min(limit, 255 * 0.125F));
        }
    }

    void quantizersOfTheInputLeaveItAndSaySo()
    {
        OnnxFile file;
        codes(file, 0.125F, 0);
        file.node("QuantizeLinear", {"x", "s", "z"}, "q");
        file.node("DequantizeLinear", {"q", "s", "z"}, "d");
        file.conv("d", "y");
        const auto network = file.import("y");
        QCOMPARE(network->layerCount(), 1);
        const auto detail = reportOf(*network, "q").detail;
        QVERIFY2(mentions(detail, "stay as they are"), detail.c_str());
    }

    /// Its codes stand for probabilities, which are never negative; the logits are.
    void quantizersBehindALeftOutSoftmaxAreLeftOut()
    {
        OnnxFile file({1, 2, 1, 1});
        file.conv("x", "a");
        OnnxFile::integer(file.node("Softmax", {"a"}, "p"), "axis", 1);
        codes(file, 1.0F / 255, 0);
        file.node("QuantizeLinear", {"p", "s", "z"}, "q");
        file.node("DequantizeLinear", {"q", "s", "z"}, "d");
        OnnxFile::integers(file.node("Transpose", {"d"}, "y"), "perm", {0, 2, 3, 1});
        const auto network = file.import("y");
        QCOMPARE(network->layerCount(), 1);
        QVERIFY(network->layer(0).activation == Activation::None);
        QVERIFY(network->quantizers().empty());
    }

    /// As Brevitas writes weights of fewer bits.
    void clippedCodesOfWeightsAreRead()
    {
        OnnxFile file;
        file.initializer("c", {2, 2, 1, 1}, onnx::TensorProto::INT8)
            .set_raw_data(std::string("\x01\xF8\x03\x07", 4));
        for (const auto& [name, code] : {std::pair{"z", 0}, {"low", -7}, {"high", 7}})
            file.initializer(name, {}, onnx::TensorProto::INT8).add_int32_data(code);
        file.floats("s", {}, {0.5F});
        file.node("Clip", {"c", "low", "high"}, "cc");
        file.node("DequantizeLinear", {"cc", "s", "z"}, "w");
        file.node("Conv", {"x", "w"}, "y");
        const auto network = file.import("y");
        QVERIFY(network->parameters()->layers[0].weights ==
                (std::vector<float>{0.5F, -3.5F, 1.5F, 3.5F}));
        const auto& q = network->quantizers().at(0);
        QVERIFY(q.bits == 4 && q.is_signed && q.narrow);
    }

    void clipsOfCodesNeedBothBounds()
    {
        OnnxFile file;
        file.conv("x", "a");
        codes(file, 0.125F, 5);
        file.node("QuantizeLinear", {"a", "s", "z"}, "q");
        file.node("Clip", {"q"}, "c");
        file.node("DequantizeLinear", {"c", "s", "z"}, "y");
        file.output("y");
        const auto network = file.import();
        QVERIFY(reportOf(*network, "c").fate == NodeFate::Unsupported);
    }

    /// A view between the quantizer and the Clip of its codes hides no reader.
    void allReadersOfClippedCodesCount()
    {
        OnnxFile file;
        file.conv("x", "a");
        for (const auto& [name, code] : {std::pair{"z", 0}, {"low", -7}, {"high", 7}})
            file.initializer(name, {}, onnx::TensorProto::INT8).add_int32_data(code);
        file.floats("s", {}, {0.5F});
        file.node("QuantizeLinear", {"a", "s", "z"}, "q");
        file.node("Identity", {"q"}, "i");
        file.node("Clip", {"i", "low", "high"}, "c");
        file.node("DequantizeLinear", {"c", "s", "z"}, "d");
        file.node("Relu", {"d"}, "r");
        file.node("Add", {"r", "d"}, "y");
        const auto network = file.import("y");
        QCOMPARE(network->layerCount(), 3);
        QVERIFY(network->layer(0).activation == Activation::None);
        QVERIFY(network->layer(1).kind == LayerKind::Elementwise);
    }
};

QTEST_GUILESS_MAIN(TestOnnxQuantizers)
#include "tst_onnx_quantizers.moc"
