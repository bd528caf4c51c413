// SPDX-License-Identifier: Apache-2.0
#include "tests/network/tst_onnx_reference.h"

#include <QTest>

using namespace bitdial;
using namespace bitdial::test;

Q_DECLARE_METATYPE(Window)

class TestOnnxOperators : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void convolutions_data()
    {
        QTest::addColumn<int>("group");
        QTest::addColumn<int>("channels");
        QTest::addColumn<Window>("window");
        QTest::newRow("plain") << 1 << 5 << Window{};
        QTest::newRow("grouped") << 2 << 6 << Window{};
        QTest::newRow("depthwise") << 4 << 4 << Window{3, 3, 2, 2, 1, 1, 1, 1};
        QTest::newRow("depth multiplier 2") << 4 << 8 << Window{};
        QTest::newRow("asymmetric") << 1 << 3 << Window{2, 3, 2, 1, 0, 1, 1, 2};
        QTest::newRow("dilated") << 1 << 3 << Window{3, 2, 1, 2, 2, 1, 2, 1, 2, 3};
    }
    void convolutions()
    {
        QFETCH(int, group);
        QFETCH(int, channels);
        QFETCH(Window, window);
        OnnxFile file({1, 4, 9, 8});
        const auto weight =
            file.varied("w", {channels, 4 / group, window.kernel_y, window.kernel_x});
        const auto bias = file.varied("b", {channels}, 2);
        auto& node = file.node("Conv", {"x", "w", "b"}, "y");
        setWindow(node, window);
        OnnxFile::integer(node, "group", group);
        const auto in = variedMap(4, 9, 8);
        auto out = referenceConv(in, weight, channels, group, window);
        const std::size_t pixels = std::size_t(out.height * out.width);
        for (std::size_t i = 0; i < out.values.size(); ++i)
            out.values[i] += double(bias[i / pixels]);
        QVERIFY(evaluated(file, "y", in, out.values) < close_enough);
    }

    /// SAME: as many outputs as ceil(size / stride); the odd zero after (UPPER) or before (LOWER).
    void automaticPadding_data()
    {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<Window>("same");
        QTest::newRow("upper") << "SAME_UPPER" << Window{2, 3, 2, 2, 0, 0, 1, 1};
        QTest::newRow("lower") << "SAME_LOWER" << Window{2, 3, 2, 2, 1, 1, 0, 0};
        QTest::newRow("dilated") << "SAME_UPPER" << Window{3, 3, 1, 1, 2, 2, 2, 2, 2, 2};
        QTest::newRow("valid") << "VALID" << Window{3, 3, 2, 2};
    }
    void automaticPadding()
    {
        QFETCH(QString, mode);
        QFETCH(Window, same);
        OnnxFile file({-1, 2, 5, 6});
        const auto weight = file.varied("w", {3, 2, same.kernel_y, same.kernel_x});
        auto& node = file.node("Conv", {"x", "w", ""}, "y");
        OnnxFile::text(node, "auto_pad", mode.toStdString());
        OnnxFile::integers(node, "strides", {same.stride_y, same.stride_x});
        OnnxFile::integers(node, "dilations", {same.dilation_y, same.dilation_x});
        const auto in = variedMap(2, 5, 6);
        if (mode.startsWith("SAME") && same.stride_x == 2)
            same.left = mode == "SAME_UPPER" ? 0 : 1, same.right = 1 - same.left;
        QVERIFY(evaluated(file, "y", in, referenceConv(in, weight, 3, 1, same).values) <
                close_enough);
    }

    void pools_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<int>("counts");
        QTest::addColumn<Window>("window");
        const Window padded{3, 3, 2, 2, 1, 1, 1, 1};
        Window rounded{3, 2, 2, 2};
        rounded.ceil = true;
        Window both{3, 3, 2, 2, 1, 1, 0, 0};
        both.ceil = true;
        Window dilated{2, 2, 1, 1, 0, 0, 0, 0, 2, 2};
        QTest::newRow("max") << "MaxPool" << 0 << padded;
        QTest::newRow("max, ceil") << "MaxPool" << 0 << rounded;
        QTest::newRow("max, ceil, padded") << "MaxPool" << 0 << both;
        QTest::newRow("max, dilated") << "MaxPool" << 0 << dilated;
        QTest::newRow("average") << "AveragePool" << 0 << Window{2, 2, 2, 2};
        QTest::newRow("average, padding out") << "AveragePool" << 0 << padded;
        QTest::newRow("average, padding counts") << "AveragePool" << 1 << padded;
        QTest::newRow("average, ceil") << "AveragePool" << 0 << rounded;
        QTest::newRow("average, ceil, counts") << "AveragePool" << 1 << rounded;
        QTest::newRow("average, ceil, padding out") << "AveragePool" << 0 << both;
    }
    void pools()
    {
        QFETCH(QString, op);
        QFETCH(int, counts);
        QFETCH(Window, window);
        OnnxFile file({1, 3, 8, 7});
        auto& node = file.node(op.toStdString(), {"x"}, "y");
        setWindow(node, window);
        if (op == "AveragePool")
            OnnxFile::integer(node, "count_include_pad", counts);
        const auto in = variedMap(3, 8, 7);
        const auto out = referencePool(in, window, op == "MaxPool", counts != 0);
        QVERIFY(evaluated(file, "y", in, out.values) < close_enough);
    }

    void means_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<int>("opset");
        QTest::newRow("global") << "GlobalAveragePool" << 13;
        QTest::newRow("mean, axes as attribute") << "ReduceMean" << 13;
        QTest::newRow("mean, axes as input") << "ReduceMean" << 18;
    }
    void means()
    {
        QFETCH(QString, op);
        QFETCH(int, opset);
        OnnxFile file({1, 3, 4, 5}, opset);
        if (opset == 18)
            file.longs("axes", {-1, -2});
        auto& node = file.node(op.toStdString(),
                               opset == 18 ? std::vector<std::string>{"x", "axes"}
                                           : std::vector<std::string>{"x"},
                               "y");
        if (op == "ReduceMean" && opset == 13)
            OnnxFile::integers(node, "axes", {2, 3});
        const auto in = variedMap(3, 4, 5);
        Window all;
        all.kernel_y = 4;
        all.kernel_x = 5;
        QVERIFY(evaluated(file, "y", in, referencePool(in, all, false, true).values) <
                close_enough);
    }

    void linearLayers_data()
    {
        QTest::addColumn<QString>("form");
        for (const char* form : {"gemm", "gemm transposed", "matmul", "bias first"})
            QTest::newRow(form) << form;
    }
    void linearLayers()
    {
        QFETCH(QString, form);
        OnnxFile file({1, 6});
        const bool gemm = form.startsWith("gemm");
        const bool transposed = form == "gemm transposed";
        const auto weight = variedNumbers(24);
        std::vector<float> stored = weight; // 6 x 4
        if (transposed)
            for (std::size_t i = 0; i < 24; ++i)
                stored[i % 4 * 6 + i / 4] = weight[i];
        file.floats("w", transposed ? std::vector{4, 6} : std::vector{6, 4}, stored);
        const auto bias = file.varied("b", {4}, 2);
        if (gemm) {
            auto& node = file.node("Gemm", {"x", "w", "b"}, "y");
            OnnxFile::integer(node, "transB", transposed);
            OnnxFile::real(node, "alpha", 0.5F);
            OnnxFile::real(node, "beta", 2.0F);
        } else {
            file.node("MatMul", {"x", "w"}, "m");
            file.node("Add",
                      form == "matmul" ? std::vector<std::string>{"m", "b"}
                                       : std::vector<std::string>{"b", "m"},
                      "y");
        }
        const auto in = variedMap(6, 1, 1);
        auto expected = matrixProduct(in.values, weight, 4);
        for (std::size_t i = 0; i < 4; ++i)
            expected[i] =
                gemm ? expected[i] * 0.5 + 2 * double(bias[i]) : expected[i] + double(bias[i]);
        QVERIFY(evaluated(file, "y", in, expected) < close_enough);
    }

    void activations_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<bool>("behind_a_layer");
        for (const bool behind : {false, true})
            for (const char* op : {"Relu", "Clip", "HardSwish", "Sigmoid"})
                QTest::addRow("%s%s", op, behind ? ", fused" : "") << op << behind;
    }
    void activations()
    {
        QFETCH(QString, op);
        QFETCH(bool, behind_a_layer);
        OnnxFile file({1, 2, 4, 4}, 14);
        const auto weight = file.varied("y.w", {2, 2, 1, 1});
        file.floats("low", {}, {0});
        file.floats("high", {}, {1.5F});
        if (behind_a_layer)
            file.node("Conv", {"x", "y.w"}, "y");
        const std::string from = behind_a_layer ? "y" : "x";
        file.node(op.toStdString(),
                  op == "Clip" ? std::vector<std::string>{from, "low", "high"}
                               : std::vector<std::string>{from},
                  "z");
        const auto in = variedMap(2, 4, 4);
        Window one;
        one.kernel_y = one.kernel_x = 1;
        Numbers expected = behind_a_layer ? referenceConv(in, weight, 2, 1, one).values : in.values;
        for (auto& v : expected)
            v = op == "Relu"      ? std::max(v, 0.0)
                : op == "Clip"    ? std::clamp(v, 0.0, 1.5)
                : op == "Sigmoid" ? 1 / (1 + std::exp(-v))
                                  : v * std::clamp(v / 6 + 0.5, 0.0, 1.0);
        QVERIFY(evaluated(file, "z", in, expected) < close_enough);
    }
};

QTEST_GUILESS_MAIN(TestOnnxOperators)
#include "tst_onnx_operators.moc"
