// SPDX-License-Identifier: Apache-2.0
// Constants that the file computes, as exporters write scales, weights and shapes.
#include "tests/network/tst_onnx_folded.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

const Floats a_2x3 = {1, -2, 3, -4, 5, -6};

Maker unary(const std::string& op, const Floats& from)
{
    return [=](OnnxFile& file) {
        file.floats("a", {2, 3}, from);
        file.node(op, {"a"}, "c");
    };
}

/// Computes with the numbers as floats of 16 bits and gives them back as float.
Maker shortFloats(const std::string& op, const Floats& from, int type)
{
    return [=](OnnxFile& file) {
        file.floats("a", {2, 3}, from);
        OnnxFile::integer(file.node("Cast", {"a"}, "h"), "to", type);
        std::vector<std::string> inputs = {"h"};
        if (op == "Add" || op == "Mul") {
            file.floats("second", {}, {op == "Add" ? 1.0F : 0.1F});
            OnnxFile::integer(file.node("Cast", {"second"}, "h2"), "to", type);
            inputs.push_back("h2");
        }
        file.node(op, inputs, "r");
        OnnxFile::integer(file.node("Cast", {"r"}, "c"), "to", onnx::TensorProto::FLOAT);
    };
}

/// The first operand 2 x 3, the second as given.
Maker binary(const std::string& op, const std::vector<int>& sizes, const Floats& second)
{
    return [=](OnnxFile& file) {
        file.floats("a", {2, 3}, a_2x3);
        file.floats("b", sizes, second);
        file.node(op, {"a", "b"}, "c");
    };
}

} // namespace

class TestOnnxFolding : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void arithmeticBroadcasts_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<QList<int>>("sizes");
        QTest::addColumn<QList<float>>("second");
        QTest::addColumn<QList<float>>("expected");
        using Sizes = QList<int>;
        using List = QList<float>;
        QTest::newRow("row") << "Mul" << Sizes{3} << List{1, 10, 100}
                             << List{1, -20, 300, -4, 50, -600};
        QTest::newRow("column") << "Add" << Sizes{2, 1} << List{10, 20}
                                << List{11, 8, 13, 16, 25, 14};
        QTest::newRow("number") << "Sub" << Sizes{} << List{1} << List{0, -3, 2, -5, 4, -7};
        QTest::newRow("one") << "Div" << Sizes{1, 1} << List{2} << List{.5, -1, 1.5, -2, 2.5, -3};
        QTest::newRow("Pow") << "Pow" << Sizes{} << List{2} << List{1, 4, 9, 16, 25, 36};
        QTest::newRow("Min") << "Min" << Sizes{3} << List{0, 0, 2} << List{0, -2, 2, -4, 0, -6};
        QTest::newRow("Max") << "Max" << Sizes{2, 1} << List{2, 3} << List{2, 2, 3, 3, 5, 3};
    }
    void arithmeticBroadcasts()
    {
        QFETCH(QString, op);
        QFETCH(QList<int>, sizes);
        QFETCH(QList<float>, second);
        QFETCH(QList<float>, expected);
        const auto got = foldedWeights(
            binary(op.toStdString(), {sizes.begin(), sizes.end()}, {second.begin(), second.end()}));
        QCOMPARE(QList<float>(got.begin(), got.end()), expected);
    }

    /// Both operands are broadcast: a column and a row.
    void outerProductsBroadcast()
    {
        const auto got = foldedWeights([](OnnxFile& file) {
            file.floats("a", {2, 1}, {2, 3});
            file.floats("b", {3}, {1, 10, 100});
            file.node("Mul", {"a", "b"}, "c");
        });
        QCOMPARE(got, (Floats{2, 20, 200, 3, 30, 300}));
    }

    void functions_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<QList<float>>("from");
        QTest::addColumn<QList<float>>("expected");
        using List = QList<float>;
        QTest::newRow("Neg") << "Neg" << List{1, -2, 3, 0, 5, -6} << List{-1, 2, -3, 0, -5, 6};
        QTest::newRow("Abs") << "Abs" << List{1, -2, 3, 0, 5, -6} << List{1, 2, 3, 0, 5, 6};
        QTest::newRow("Sqrt") << "Sqrt" << List{1, 4, 9, 0, .25, 16} << List{1, 2, 3, 0, .5, 4};
        QTest::newRow("Reciprocal")
            << "Reciprocal" << List{1, 2, 4, -8, .5, -1} << List{1, .5, .25, -.125, 2, -1};
        QTest::newRow("Floor") << "Floor" << List{1.5, -1.5, 2, .25, -.25, 0}
                               << List{1, -2, 2, 0, -1, 0};
        QTest::newRow("Ceil") << "Ceil" << List{1.5, -1.5, 2, .25, 3, 0} << List{2, -1, 2, 1, 3, 0};
        QTest::newRow("Round") << "Round" << List{.5, 1.5, 2.5, -1.5, 2.25, 3.75}
                               << List{0, 2, 2, -2, 2, 4};
        QTest::newRow("Identity") << "Identity" << List{1, 2, 3, 4, 5, 6} << List{1, 2, 3, 4, 5, 6};
    }
    void functions()
    {
        QFETCH(QString, op);
        QFETCH(QList<float>, from);
        QFETCH(QList<float>, expected);
        const auto got = foldedWeights(unary(op.toStdString(), {from.begin(), from.end()}));
        QCOMPARE(QList<float>(got.begin(), got.end()), expected);
    }

    void exponentialsAndLogarithms()
    {
        const auto got = foldedWeights([](OnnxFile& file) {
            file.floats("a", {2, 3}, {0.5F, 1, 2, 3, 4, 5});
            file.node("Log", {"a"}, "l");
            file.node("Exp", {"l"}, "c");
        });
        const Floats expected = {0.5F, 1, 2, 3, 4, 5};
        QCOMPARE(got.size(), expected.size());
        for (std::size_t i = 0; i < got.size(); ++i)
            QVERIFY(std::abs(got[i] - expected[i]) < 1e-5F);
    }

    /// Half to even at the last of 11 or 8 binary digits, and below the least normal number.
    void shortFloatsAreRounded_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<int>("type");
        QTest::addColumn<QList<float>>("from");
        QTest::addColumn<QList<float>>("expected");
        using List = QList<float>;
        const int half = onnx::TensorProto::FLOAT16;
        const int brain = onnx::TensorProto::BFLOAT16;
        QTest::newRow("float16") << "Identity" << half
                                 << List{0.1F, -1.0F / 3, 65519, 2049, 2051, 1}
                                 << List{0.0999755859375F, -0.333251953125F, 65504, 2048, 2052, 1};
        QTest::newRow("float16 near 0")
            << "Identity" << half << List{0x1p-24F, 0x1p-25F, 0x1.8p-24F, 0x1.8p-25F, -0x1p-30F, 0}
            << List{0x1p-24F, 0, 0x1p-23F, 0x1p-24F, 0, 0};
        QTest::newRow("bfloat16") << "Identity" << brain
                                  << List{0.1F, 3.14159274F, 257, 259, 70000, -1.0F / 3}
                                  << List{0.10009765625F, 3.140625F,    256, 260,
                                          70144,          -0.333984375F};
        QTest::newRow("function") << "Sqrt" << half << List{2, 3, 4, 5, 0, 1}
                                  << List{1.4140625F, 1.732421875F, 2, 2.236328125F, 0, 1};
        QTest::newRow("sum") << "Add" << half << List{2048, 2050, 0.5F, -1, 4096, 0}
                             << List{2048, 2052, 1.5F, 0, 4096, 1};
        QTest::newRow("product") << "Mul" << brain << List{1, 3, -1, 2, 0, 4}
                                 << List{0.10009765625F, 0.30078125F, -0.10009765625F,
                                         0.2001953125F,  0,           0.400390625F};
    }
    void shortFloatsAreRounded()
    {
        QFETCH(QString, op);
        QFETCH(int, type);
        QFETCH(QList<float>, from);
        QFETCH(QList<float>, expected);
        const auto got =
            foldedWeights(shortFloats(op.toStdString(), {from.begin(), from.end()}, type));
        QVERIFY(Floats(expected.begin(), expected.end()) == got);
    }

    void shortFloatsThatOverflowAreRefused_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<int>("type");
        QTest::addColumn<float>("large");
        const int half = onnx::TensorProto::FLOAT16;
        QTest::newRow("70000") << "Identity" << half << 70000.0F;
        QTest::newRow("half a step beyond") << "Identity" << half << -65520.0F;
        QTest::newRow("bfloat16") << "Identity" << int(onnx::TensorProto::BFLOAT16) << 3.4e38F;
        QTest::newRow("function") << "Exp" << half << 12.0F;
    }
    void shortFloatsThatOverflowAreRefused()
    {
        QFETCH(QString, op);
        QFETCH(int, type);
        QFETCH(float, large);
        OnnxFile file({1, 2});
        shortFloats(op.toStdString(), {1, 2, 3, 4, 5, large}, type)(file);
        file.node("MatMul", {"x", "c"}, "y");
        const auto why = file.refusal("y").why;
        QVERIFY2(mentions(why, type == onnx::TensorProto::FLOAT16 ? "range for float16"
                                                                  : "range for bfloat16"),
                 why.c_str());
    }

    /// An int64 division rounds towards zero, an int32 sum is exact beyond a float's 24 bits.
    void wholeNumbersAreExact()
    {
        OnnxFile file({1, 2, 3, 3});
        file.longs("a", {-7});
        file.longs("b", {2});
        file.node("Div", {"a", "b"}, "q"); // -3
        file.longs("four", {4});
        file.node("Add", {"q", "four"}, "one");
        integers32(file, "large", {16777217});
        integers32(file, "almost", {16777199});
        file.node("Sub", {"large", "almost"}, "eighteen32");
        OnnxFile::integer(file.node("Cast", {"eighteen32"}, "eighteen"), "to",
                          onnx::TensorProto::INT64);
        OnnxFile::integer(file.node("Concat", {"one", "eighteen"}, "shape"), "axis", 0);
        file.node("Reshape", {"x", "shape"}, "r");
        const auto weight = file.varied("w", {18, 2});
        file.node("MatMul", {"r", "w"}, "y");
        const auto in = variedMap(2, 3, 3);
        QVERIFY(evaluated(file, "y", in, matrixProduct(in.values, weight, 2)) < close_enough);
    }

    /// As PyTorch writes expand and view with a free batch.
    void shapesThatHoldTheBatch()
    {
        OnnxFile file({-1, 2, 3, 3});
        file.node("Relu", {"x"}, "r");
        file.node("Shape", {"r"}, "s");
        file.longs("minus", {-1});
        file.longs("ones", {1, 1, 1, 1});
        file.node("Equal", {"s", "minus"}, "e");
        file.node("Where", {"e", "ones", "s"}, "s2");
        file.longs("from", {1});
        file.longs("to", {4});
        file.node("Slice", {"s2", "from", "to"}, "rest");
        OnnxFile::integer(file.node("ReduceProd", {"rest"}, "all"), "keepdims", 1);
        file.longs("zero", {0});
        file.node("Gather", {"s2", "zero"}, "n");
        OnnxFile::integer(file.node("Concat", {"n", "all"}, "shape"), "axis", 0);
        file.node("Reshape", {"r", "shape"}, "f");
        const auto weight = file.varied("w", {18, 2});
        file.node("MatMul", {"f", "w"}, "y");
        const auto in = variedMap(2, 3, 3);
        auto relu = in.values;
        for (auto& v : relu)
            v = std::max(v, 0.0);
        QVERIFY(evaluated(file, "y", in, matrixProduct(relu, weight, 2)) < close_enough);
    }

    void whatCannotBeFoldedSaysWhy_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<QString>("why");
        QTest::newRow("sizes") << "Add"
                               << "different sizes";
        QTest::newRow("types") << "Mul"
                               << "different types";
        QTest::newRow("operator") << "Einsum"
                                  << "not computed beforehand";
        QTest::newRow("division") << "Div"
                                  << "divides by zero";
        QTest::newRow("lowest") << "Div2"
                                << "beyond 64 bits";
        QTest::newRow("power") << "Pow"
                               << "beyond 64 bits";
        QTest::newRow("range") << "Range"
                               << "beyond 2^53";
        QTest::newRow("index") << "Gather"
                               << "index 9 is out of range for size 3";
        QTest::newRow("step") << "Slice"
                              << "its step is 0";
        QTest::newRow("twice") << "Slice2"
                               << "slices one dimension twice";
    }
    void whatCannotBeFoldedSaysWhy()
    {
        QFETCH(QString, op);
        QFETCH(QString, why);
        OnnxFile file({1, 2});
        file.floats("a", {2, 3}, a_2x3);
        file.floats("four", {4}, {1, 2, 3, 4});
        file.longs("zero", {0});
        file.longs("nine", {9});
        file.longs("twos", {2, 2, 2});
        file.longs("three", {3, 3, 3});
        file.longs("zeros", {0, 0});
        file.longs("pair", {1, 1});
        std::vector<std::string> inputs = {"a", "four"};
        if (op == "Mul")
            inputs = {"a", "nine"};
        if (op == "Div")
            inputs = {"three", "zero"};
        file.longs("lowest", {std::numeric_limits<std::int64_t>::min()}, true);
        file.longs("highest", {std::numeric_limits<std::int64_t>::max()}, true);
        file.longs("minus", {-1}, true);
        if (op == "Div2")
            inputs = {"lowest", "minus"};
        if (op == "Pow")
            inputs = {"lowest", "highest"};
        if (op == "Range")
            inputs = {"highest", "lowest", "lowest"};
        if (op == "Gather")
            inputs = {"three", "nine"};
        if (op == "Slice")
            inputs = {"three", "zero", "nine", "zero", "zero"};
        if (op == "Slice2")
            inputs = {"a", "zeros", "pair", "pair"};
        const auto name = op.endsWith('2') ? op.chopped(1) : op;
        file.node(name.toStdString(), inputs, "c");
        file.node("MatMul", {"x", "c"}, "y");
        const auto refusal = file.refusal("y");
        QVERIFY2(mentions(refusal.why, why.toStdString()), refusal.why.c_str());
        QVERIFY(mentions(refusal.where + refusal.why, "'c'"));
    }

    /// A small file must not ask for much memory or time.
    void bombsAreRefused_data()
    {
        QTest::addColumn<QString>("op");
        for (const char* op : {"Expand", "ConstantOfShape", "Range", "Exp", "Mul"})
            QTest::newRow(op) << op;
    }
    void bombsAreRefused()
    {
        QFETCH(QString, op);
        OnnxFile file({1, 2});
        file.longs("large", {1 << 14, 1 << 13});
        file.longs("many", {std::int64_t(1) << 40}, true);
        file.longs("none", {0}, true);
        file.longs("one", {1}, true);
        file.floats("v", {1}, {1});
        if (op == "ConstantOfShape" || op == "Range")
            file.node(op.toStdString(),
                      op == "Range" ? std::vector<std::string>{"none", "many", "one"}
                                    : std::vector<std::string>{"large"},
                      "c");
        else if (op == "Expand")
            file.node("Expand", {"v", "large"}, "c");
        else if (op == "Exp") {
            file.longs("half", {1 << 24});
            file.node("Expand", {"v", "half"}, "e0");
            for (int i = 0; i < 8; ++i)
                file.node("Exp", {"e" + std::to_string(i)}, "e" + std::to_string(i + 1));
            file.node("Identity", {"e8"}, "c");
        } else {
            file.longs("tall", {1 << 14, 1});
            file.longs("wide", {1, 1 << 14});
            file.node("Expand", {"v", "tall"}, "t");
            file.node("Expand", {"v", "wide"}, "w");
            file.node("Mul", {"t", "w"}, "c");
        }
        file.node("MatMul", {"x", "c"}, "y");
        const auto refusal = file.refusal("y");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY(!refusal.next.empty());
    }
};

QTEST_GUILESS_MAIN(TestOnnxFolding)
#include "tst_onnx_folding.moc"
