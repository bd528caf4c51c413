// SPDX-License-Identifier: Apache-2.0
// Operations that exporters write out as several nodes, and what waits for a layer behind it.
#include "tests/network/tst_onnx_reference.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

double hardSwish(double x)
{
    return x * std::min(std::max(x + 3, 0.0), 6.0) / 6;
}

/// The nodes of one way to write HardSwish of "v" into "h".
void writeHardSwish(OnnxFile& file, const QString& form)
{
    file.floats("three", {}, {3});
    file.floats("six", {}, {6});
    file.floats("zero", {}, {0});
    file.floats("one", {}, {1});
    file.floats("half", {}, {0.5F});
    file.floats("sixth", {}, {1.0F / 6});
    if (form.startsWith("HardSigmoid")) {
        auto& gate = file.node("HardSigmoid", {"v"}, "g");
        OnnxFile::real(gate, "alpha", 1.0F / 6);
        OnnxFile::real(gate, "beta", 0.5F);
        file.node("Mul",
                  form.endsWith("turned") ? std::vector<std::string>{"g", "v"}
                                          : std::vector<std::string>{"v", "g"},
                  "h");
        return;
    }
    if (form == "x/6 + 1/2") {
        file.node("Div", {"v", "six"}, "d");
        file.node("Add", {"half", "d"}, "s");
        file.node("Clip", {"s", "zero", "one"}, "g");
        file.node("Mul", {"g", "v"}, "h");
        return;
    }
    file.node("Add", {"v", "three"}, "s");
    if (form == "Relu and Min") {
        file.node("Relu", {"s"}, "r");
        file.node("Min", {"r", "six"}, "c");
    } else {
        file.node("Clip", {"s", "zero", "six"}, "c");
    }
    if (form == "gate / 6") {
        file.node("Div", {"c", "six"}, "g");
        file.node("Mul", {"v", "g"}, "h");
    } else if (form == "gate * 1/6") {
        file.node("Mul", {"sixth", "c"}, "g");
        file.node("Mul", {"g", "v"}, "h");
    } else {
        file.node("Mul", {"v", "c"}, "m");
        file.node("Identity", {"m"}, "i");
        if (form == "product * 1/6")
            file.node("Mul", {"i", "sixth"}, "h");
        else
            file.node("Div", {"i", "six"}, "h");
    }
}

} // namespace

class TestOnnxPatterns : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hardSwishWrittenOut_data()
    {
        QTest::addColumn<QString>("form");
        for (const char* form : {"HardSigmoid", "HardSigmoid turned", "x/6 + 1/2", "gate / 6",
                                 "gate * 1/6", "product * 1/6", "product / 6", "Relu and Min"})
            QTest::newRow(form) << form;
    }
    /// It goes into the convolution before it, as the operator of that name does.
    void hardSwishWrittenOut()
    {
        QFETCH(QString, form);
        OnnxFile file({1, 2, 3, 3});
        const auto weight = file.varied("w", {2, 2, 1, 1}, 5);
        file.node("Conv", {"x", "w"}, "v");
        writeHardSwish(file, form);
        const auto in = variedMap(2, 3, 3);
        Window one;
        one.kernel_y = one.kernel_x = 1;
        auto expected = referenceConv(in, weight, 2, 1, one).values;
        for (auto& value : expected)
            value = hardSwish(value);
        const auto network = file.import("h");
        QCOMPARE(network->layerCount(), 1);
        QCOMPARE(network->layer(0).activation, Activation::HardSwish);
        QVERIFY(difference(Interpreter(*network).run(in.values), expected) < close_enough);
        for (const auto& node : network->report())
            QVERIFY(node.fate != NodeFate::Unsupported);
    }

    /// The second one's x is the first one's product.
    void hardSwishOfHardSwish()
    {
        OnnxFile file({1, 2, 3, 3});
        file.floats("three", {}, {3});
        file.floats("six", {}, {6});
        file.floats("zero", {}, {0});
        std::string value = "x";
        for (const std::string i : {"1", "2"}) {
            file.node("Add", {value, "three"}, "s" + i);
            file.node("Clip", {"s" + i, "zero", "six"}, "c" + i);
            file.node("Mul", {value, "c" + i}, "m" + i);
            file.node("Div", {"m" + i, "six"}, "h" + i);
            value = "h" + i;
        }
        const auto in = variedMap(2, 3, 3);
        auto expected = in.values;
        for (auto& number : expected)
            number = hardSwish(hardSwish(number));
        QVERIFY(evaluated(file, "h2", in, expected) < close_enough);
    }

    /// A gate with another limit must not be taken for one.
    void almostHardSwishIsNone()
    {
        OnnxFile file({1, 2, 3, 3});
        file.conv("x", "v");
        writeHardSwish(file, "product / 6");
        file.floats("five", {}, {5}); // where the clip ends instead of at six
        file.graph().mutable_node(2)->set_input(2, "five");
        const auto network = file.import("h");
        QCOMPARE(reportOf(*network, "m").fate, NodeFate::Unsupported);
    }

    void productsAreNamed_data()
    {
        QTest::addColumn<QString>("gate");
        QTest::addColumn<QString>("why");
        QTest::newRow("Sigmoid") << "Sigmoid"
                                 << "SiLU, x * Sigmoid(x)";
        QTest::newRow("Tanh") << "Tanh"
                              << "x * Tanh(x)";
        QTest::newRow("HardSigmoid") << "HardSigmoid"
                                     << "x * HardSigmoid(x) with other slopes";
        QTest::newRow("Relu") << "Relu"
                              << "multiplies two activations";
    }
    void productsAreNamed()
    {
        QFETCH(QString, gate);
        QFETCH(QString, why);
        OnnxFile file({1, 2, 4, 4});
        file.node(gate.toStdString(), {file.conv("x", "v").output(0)}, "g");
        file.node("Mul", {"v", "g"}, "m");
        file.conv("m", "y");
        const auto network = file.import("y");
        const auto report = reportOf(*network, "m");
        QCOMPARE(report.fate, NodeFate::Unsupported);
        QVERIFY2(mentions(report.detail, why.toStdString()), report.detail.c_str());
        // The rest is there.
        QCOMPARE(network->layer(network->layerCount() - 1).kind, LayerKind::Conv);
        QCOMPARE(network->layer(0).kind, LayerKind::Conv);
    }

    void squeezeAndExciteIsNamed()
    {
        OnnxFile file({1, 2, 4, 4});
        file.conv("x", "v");
        file.node("GlobalAveragePool", {"v"}, "p");
        file.conv("p", "e");
        file.node("Sigmoid", {"e"}, "g");
        file.node("Mul", {"v", "g"}, "m");
        file.conv("m", "y");
        const auto network = file.import("y");
        const auto report = reportOf(*network, "m");
        QCOMPARE(report.fate, NodeFate::Unsupported);
        QVERIFY(mentions(report.detail, "squeeze-and-excite"));
        QVERIFY(network->tensor(network->output()).shape == (TensorShape{2, 4, 4}));
    }

    void channelShuffleIsNamed()
    {
        OnnxFile file({-1, 4, 3, 3});
        file.node("Relu", {"x"}, "r");
        file.longs("groups", {0, 2, 2, 3, 3});
        file.node("Reshape", {"r", "groups"}, "a");
        OnnxFile::integers(file.node("Transpose", {"a"}, "b"), "perm", {0, 2, 1, 3, 4});
        file.longs("back", {0, 4, 3, 3});
        file.node("Reshape", {"b", "back"}, "c");
        file.varied("w", {2, 4, 1, 1});
        file.node("Conv", {"c", "w"}, "y");
        const auto network = file.import("y");
        const auto report = reportOf(*network, "c");
        QCOMPARE(report.fate, NodeFate::Unsupported);
        QVERIFY2(mentions(report.detail, "channel shuffle"), report.detail.c_str());
        QCOMPARE(reportOf(*network, "a").fate, NodeFate::Fused);
        QVERIFY(network->tensor(network->output()).shape == (TensorShape{2, 3, 3}));
    }

    void rowsWaitForTheirLinearLayer_data()
    {
        QTest::addColumn<QString>("reader");
        QTest::newRow("Gemm") << "Gemm";
        QTest::newRow("MatMul") << "MatMul";
    }
    /// Flatten, BatchNormalization of all numbers, a factor and a summand for each, a linear layer.
    void rowsWaitForTheirLinearLayer()
    {
        QFETCH(QString, reader);
        OnnxFile file({1, 2, 2, 3});
        file.node("Relu", {"x"}, "r");
        OnnxFile::integers(file.node("Transpose", {"r"}, "t"), "perm", {0, 2, 3, 1});
        file.node("Flatten", {"t"}, "f");
        std::vector<std::vector<float>> p;
        for (int i = 0; i < 3; ++i)
            p.push_back(file.varied("p" + std::to_string(i), {12}, i + 2));
        std::vector<float> variance(12);
        for (std::size_t i = 0; i < 12; ++i)
            variance[i] = 0.5F + float(i);
        file.floats("var", {12}, variance);
        file.node("BatchNormalization", {"f", "p0", "p1", "p2", "var"}, "n");
        const auto factor = file.varied("k", {1, 12}, 7);
        file.node("Mul", {"k", "n"}, "m");
        file.node("Dropout", {"m"}, "o");
        file.floats("two", {}, {2});
        file.node("Sub", {"two", "o"}, "s");
        const auto weight = file.varied("w", {12, 4}, 9);
        file.node(reader.toStdString(), {"s", "w"}, "y");
        const auto in = variedMap(2, 2, 3);
        Map relu = in;
        for (auto& v : relu.values)
            v = std::max(v, 0.0);
        Numbers row = toChannelsLast(relu);
        for (std::size_t i = 0; i < 12; ++i) {
            row[i] = double(p[0][i]) * (row[i] - double(p[2][i])) /
                         std::sqrt(double(variance[i]) + 1e-5) +
                     double(p[1][i]);
            row[i] = 2 - double(factor[i]) * row[i];
        }
        QVERIFY(evaluated(file, "y", in, matrixProduct(row, weight, 4)) < close_enough);
        QCOMPARE(file.import()->layerCount(), 2);
    }

    void rowsThatNoLayerTakesSayWhy()
    {
        OnnxFile file({1, 2, 2, 3});
        file.node("Flatten", {"x"}, "f");
        file.varied("k", {12});
        file.node("Mul", {"f", "k"}, "m");
        file.node("Relu", {"m"}, "r");
        file.varied("w", {12, 4});
        file.node("MatMul", {"r", "w"}, "y");
        const auto network = file.import("y");
        const auto report = reportOf(*network, "m");
        QCOMPARE(report.fate, NodeFate::Unsupported);
        QVERIFY2(mentions(report.detail, "only a linear layer"), report.detail.c_str());
    }

    /// A constant that is written out for every pixel, but is one number per channel.
    void constantsOfEqualNumbersPerChannel_data()
    {
        QTest::addColumn<bool>("flat");
        QTest::newRow("map") << false;
        QTest::newRow("row") << true;
    }
    void constantsOfEqualNumbersPerChannel()
    {
        QFETCH(bool, flat);
        OnnxFile file({1, 2, 2, 3});
        std::vector<float> factors(12, 2.0F);
        std::fill(factors.begin() + 6, factors.end(), -3.0F);
        file.floats("k", flat ? std::vector<int>{12} : std::vector<int>{1, 2, 2, 3}, factors);
        if (flat)
            file.node("Flatten", {"x"}, "v");
        file.node("Mul", {flat ? "v" : "x", "k"}, "y");
        const auto in = variedMap(2, 2, 3);
        Numbers expected = in.values;
        for (std::size_t i = 0; i < 12; ++i)
            expected[i] *= double(factors[i]);
        QVERIFY(evaluated(file, "y", in, expected) < close_enough);
    }

    void softmaxOverARowOfAMapIsLeftOut()
    {
        OnnxFile file({1, 2, 2, 3});
        file.node("Relu", {"x"}, "r");
        file.node("Flatten", {"r"}, "f");
        file.node("Softmax", {"f"}, "y");
        QCOMPARE(reportOf(*file.import("y"), "y").fate, NodeFate::PassedThrough);
    }

    /// Whatever computes element by element does not hide which dimension is the channels.
    void channelsLastIsSeenBehindAnyFunction_data()
    {
        QTest::addColumn<QString>("op");
        for (const char* op : {"Neg", "HardSwish", "Sigmoid", "Dropout"})
            QTest::newRow(op) << op;
    }
    void channelsLastIsSeenBehindAnyFunction()
    {
        QFETCH(QString, op);
        OnnxFile file({1, 4, 5, 3}, 14);
        OnnxFile::integers(file.node("Transpose", {"x"}, "t"), "perm", {0, 3, 1, 2});
        file.node(op.toStdString(), {"t"}, "u");
        file.varied("w", {2, 3, 3, 3});
        file.node("Conv", {"u", "w"}, "y");
        const auto network = file.import("y");
        QVERIFY(network->tensor(network->input()).shape == (TensorShape{3, 4, 5}));
    }

    /// Without a convolution a mean over height and width, a matrix or a join says it.
    void channelsLastIsSeenWithoutAConvolution_data()
    {
        QTest::addColumn<QString>("op");
        for (const char* op : {"ReduceMean", "MatMul", "Concat", "Pad"})
            QTest::newRow(op) << op;
    }
    void channelsLastIsSeenWithoutAConvolution()
    {
        QFETCH(QString, op);
        OnnxFile file({1, 4, 5, 3});
        file.node("Relu", {"x"}, "r");
        if (op == "ReduceMean") {
            OnnxFile::integers(file.node("ReduceMean", {"r"}, "y"), "axes", {1, 2});
        } else if (op == "MatMul") {
            file.varied("w", {3, 2});
            file.node("MatMul", {"r", "w"}, "y");
        } else if (op == "Concat") {
            OnnxFile::integer(file.node("Concat", {"r", "x"}, "y"), "axis", 3);
        } else {
            file.longs("pads", {0, 1, 1, 0, 0, 0, 1, 0});
            file.node("Pad", {"r", "pads"}, "p");
            file.node("Relu", {"p"}, "y");
        }
        const auto network = file.import("y");
        QVERIFY(network->tensor(network->input()).shape == (TensorShape{3, 4, 5}));
    }

    /// PyTorch's AvgPool2d(3, 2, padding=1, ceil_mode=True): its padding counts, the rest does not.
    void averagesThatCountOnlyTheirOwnPadding()
    {
        OnnxFile file({1, 2, 6, 5});
        Window window;
        window.stride_y = window.stride_x = 2;
        window.top = window.left = window.bottom = window.right = 1;
        window.ceil = true;
        auto& node = file.node("AveragePool", {"x"}, "y");
        setWindow(node, window);
        OnnxFile::integer(node, "count_include_pad", 1);
        const auto in = variedMap(2, 6, 5);
        QVERIFY(evaluated(file, "y", in, referencePool(in, window, false, true).values) <
                close_enough);
    }

    /// Axes of size 1 stay axes: a Pad may make them larger.
    void unitAxesCanBePadded_data()
    {
        QTest::addColumn<QString>("before");
        for (const char* before : {"ReduceMean", "Concat", "MatMul"})
            QTest::newRow(before) << before;
    }
    void unitAxesCanBePadded()
    {
        QFETCH(QString, before);
        OnnxFile file({1, 2, 1, 3});
        Numbers expected;
        const auto in = variedMap(2, 1, 3);
        const auto weight = file.varied("w", {2, 2});
        if (before == "ReduceMean") {
            OnnxFile::integers(file.node("ReduceMean", {"x"}, "b"), "axes", {2});
            expected = in.values;
        } else if (before == "Concat") {
            OnnxFile::integer(file.node("Concat", {"x", "x"}, "b"), "axis", 1);
            expected = in.values;
            expected.insert(expected.end(), in.values.begin(), in.values.end());
        } else {
            OnnxFile::integers(file.node("Transpose", {"x"}, "t"), "perm", {0, 2, 3, 1});
            file.node("MatMul", {"t", "w"}, "m");
            OnnxFile::integers(file.node("Transpose", {"m"}, "b"), "perm", {0, 3, 1, 2});
            expected.assign(6, 0);
            for (std::size_t i = 0; i < 2; ++i)
                for (std::size_t o = 0; o < 2; ++o)
                    for (std::size_t x = 0; x < 3; ++x)
                        expected[o * 3 + x] += in.values[i * 3 + x] * double(weight[i * 2 + o]);
        }
        file.longs("pads", {0, 0, 1, 0, 0, 0, 0, 0});
        file.node("Pad", {"b", "pads"}, "p");
        file.node("Relu", {"p"}, "y");
        Numbers padded;
        for (std::size_t i = 0; i < expected.size(); i += 3) {
            padded.insert(padded.end(), 3, 0.0);
            for (std::size_t x = 0; x < 3; ++x)
                padded.push_back(std::max(0.0, expected[i + x]));
        }
        QVERIFY(evaluated(file, "y", in, padded) < close_enough);
    }
};

QTEST_GUILESS_MAIN(TestOnnxPatterns)
#include "tst_onnx_patterns.moc"
