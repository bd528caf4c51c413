// SPDX-License-Identifier: Apache-2.0
#include "tests/network/tst_onnx_reference.h"

#include <QTest>

using namespace bitdial;
using namespace bitdial::test;

class TestOnnxRewrites : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// As tf2onnx writes it: channels last outside, and flattened so before the dense layer.
    void channelsLastBecomesChannelsFirst()
    {
        OnnxFile file({-1, 4, 5, 3});
        OnnxFile::integers(file.node("Transpose", {"x"}, "t"), "perm", {0, 3, 1, 2});
        const auto weight = file.varied("w", {2, 3, 3, 3});
        file.node("Conv", {"t", "w"}, "c");
        OnnxFile::integers(file.node("Transpose", {"c"}, "u"), "perm", {0, 2, 3, 1});
        file.longs("shape", {-1, 12});
        file.node("Reshape", {"u", "shape"}, "f");
        const auto dense = file.varied("d", {12, 3}, 2);
        file.node("MatMul", {"f", "d"}, "y");
        const auto in = variedMap(3, 4, 5);
        const auto map = referenceConv(in, weight, 2, 1, Window{});
        const auto network = file.import("y");
        QCOMPARE(network->layerCount(), 2);
        QVERIFY(network->tensor(network->input()).shape == (TensorShape{3, 4, 5}));
        QVERIFY(difference(Interpreter(*network).run(in.values),
                           matrixProduct(toChannelsLast(map), dense, 3)) < close_enough);
    }

    void pointwiseMatrixBecomesAConvolution()
    {
        OnnxFile file({1, 2, 3, 3});
        OnnxFile::integers(file.node("Transpose", {"x"}, "t"), "perm", {0, 2, 3, 1});
        const auto weight = file.varied("w", {2, 4});
        file.node("MatMul", {"t", "w"}, "m");
        OnnxFile::integers(file.node("Transpose", {"m"}, "y"), "perm", {0, 3, 1, 2});
        const auto in = variedMap(2, 3, 3);
        Numbers expected(36);
        for (std::size_t p = 0; p < 9; ++p)
            for (std::size_t o = 0; o < 4; ++o)
                for (std::size_t i = 0; i < 2; ++i)
                    expected[o * 9 + p] += in.values[i * 9 + p] * double(weight[i * 4 + o]);
        QVERIFY(evaluated(file, "y", in, expected) < close_enough);
    }

    /// x.view(x.size(0), -1) and a shape pieced together.
    void computedShapesAreFolded()
    {
        OnnxFile file({-1, 2, 3, 3});
        file.node("Relu", {"x"}, "r");
        file.node("Shape", {"r"}, "s");
        file.longs("zero", {0}, true);
        file.node("Gather", {"s", "zero"}, "n");
        file.longs("axis0", {0});
        file.node("Unsqueeze", {"n", "axis0"}, "n1");
        file.longs("rest", {-1});
        OnnxFile::integer(file.node("Concat", {"n1", "rest"}, "shape"), "axis", 0);
        file.node("Reshape", {"r", "shape"}, "f");
        const auto weight = file.varied("w", {18, 2});
        file.node("MatMul", {"f", "w"}, "y");
        const auto in = variedMap(2, 3, 3);
        Numbers relu = in.values;
        for (auto& v : relu)
            v = std::max(v, 0.0);
        QVERIFY(evaluated(file, "y", in, matrixProduct(relu, weight, 2)) < close_enough);
    }

    void normalisationsOfTheInputAndBehind()
    {
        OnnxFile file({1, 2, 3, 3});
        file.floats("mean", {1, 2, 1, 1}, {0.5F, -0.25F});
        file.floats("std", {2, 1, 1}, {2, 4});
        file.node("Sub", {"x", "mean"}, "a");
        file.node("Div", {"a", "std"}, "b");
        const auto weight = file.varied("w", {2, 2, 1, 1});
        file.node("Conv", {"b", "w"}, "c");
        const auto scale = file.varied("g", {2}, 4);
        const auto shift = file.varied("h", {2}, 5);
        file.floats("m", {2}, {0.1F, 0.2F});
        file.floats("v", {2}, {1.5F, 0.5F});
        file.node("BatchNormalization", {"c", "g", "h", "m", "v"}, "n");
        file.node("BatchNormalization", {"n", "g", "h", "m", "v"}, "o");
        file.floats("half", {}, {0.5F});
        file.node("Mul", {"half", "o"}, "p");
        file.node("Sub", {"half", "p"}, "y");
        Map in = variedMap(2, 3, 3);
        Map normed = in;
        for (std::size_t i = 0; i < 18; ++i)
            normed.values[i] = i < 9 ? (in.values[i] - 0.5) / 2 : (in.values[i] + 0.25) / 4;
        Window one;
        one.kernel_y = one.kernel_x = 1;
        auto out = referenceConv(normed, weight, 2, 1, one);
        for (std::size_t i = 0; i < 18; ++i) {
            const std::size_t c = i / 9;
            const double m = c ? 0.2F : 0.1F;
            const double v = c ? 0.5 : 1.5;
            for (int pass = 0; pass < 2; ++pass)
                out.values[i] =
                    double(scale[c]) * (out.values[i] - m) / std::sqrt(v + 1e-5) + double(shift[c]);
            out.values[i] = 0.5 - 0.5 * out.values[i];
        }
        const double found = evaluated(file, "y", in, out.values);
        QVERIFY2(found < close_enough, std::to_string(found).c_str());
    }

    void normalisationBehindAConcatIsALayer()
    {
        OnnxFile file({1, 2, 3, 3});
        file.node("Relu", {"x"}, "r");
        OnnxFile::integer(file.node("Concat", {"x", "r"}, "c"), "axis", 1);
        for (const char* name : {"g", "h", "m"})
            file.varied(name, {4}, name[0]);
        file.floats("v", {4}, {1, 2, 3, 4});
        file.node("BatchNormalization", {"c", "g", "h", "m", "v"}, "n");
        file.node("Relu", {"n"}, "y");
        const auto in = variedMap(2, 3, 3);
        Numbers expected = in.values;
        for (const double v : in.values)
            expected.push_back(std::max(v, 0.0));
        const auto g = variedNumbers(4, 'g');
        const auto h = variedNumbers(4, 'h');
        const auto m = variedNumbers(4, 'm');
        for (std::size_t i = 0; i < 36; ++i) {
            const std::size_t c = i / 9;
            expected[i] = std::max(0.0, double(g[c]) * (expected[i] - double(m[c])) /
                                                std::sqrt(double(c + 1) + 1e-5) +
                                            double(h[c]));
        }
        QVERIFY(evaluated(file, "y", in, expected) < close_enough);
    }

    void padsMergeOrBecomeLayers_data()
    {
        QTest::addColumn<QString>("reader");
        for (const char* reader : {"Conv", "AveragePool", "MaxPool", "Relu"})
            QTest::newRow(reader) << reader;
    }
    void padsMergeOrBecomeLayers()
    {
        QFETCH(QString, reader);
        OnnxFile file({1, 2, 4, 4});
        file.longs("pads", {0, 0, 1, 0, 0, 0, 2, 1});
        file.node("Pad", {"x", "pads"}, "p");
        const auto weight = file.varied("w", {2, 2, 3, 3});
        auto& node = file.node(reader.toStdString(),
                               reader == "Conv" ? std::vector<std::string>{"p", "w"}
                                                : std::vector<std::string>{"p"},
                               "y");
        if (reader.endsWith("Pool"))
            setWindow(node, Window{});
        const auto in = variedMap(2, 4, 4);
        Map padded{2, 7, 5, {}};
        for (int c = 0; c < 2; ++c)
            for (int y = -1; y < 6; ++y)
                for (int x = 0; x < 5; ++x)
                    padded.values.push_back(in.holds(y, x) ? in.at(c, y, x) : 0.0);
        Numbers expected = padded.values;
        for (auto& v : expected)
            v = std::max(v, 0.0);
        if (reader == "Conv")
            expected = referenceConv(padded, weight, 2, 1, Window{}).values;
        else if (reader != "Relu")
            expected = referencePool(padded, Window{}, reader == "MaxPool", true).values;
        const auto network = file.import("y");
        QVERIFY(difference(Interpreter(*network).run(in.values), expected) < close_enough);
        const bool merges = reader == "Conv" || reader == "AveragePool";
        QCOMPARE(network->layerCount(), merges ? 1 : 2);
    }

    void oneDimensionalNetworks()
    {
        OnnxFile file({1, 2, 10});
        const auto weight = file.varied("w", {3, 2, 3});
        auto& node = file.node("Conv", {"x", "w"}, "c");
        OnnxFile::integers(node, "pads", {1, 0});
        OnnxFile::integers(node, "strides", {2});
        OnnxFile::integers(node, "dilations", {2});
        OnnxFile::integers(file.node("ReduceMean", {"c"}, "y"), "axes", {2});
        const auto in = variedMap(2, 1, 10);
        Window w{1, 3, 1, 2, 0, 1, 0, 0, 1, 2};
        const auto map = referenceConv(in, weight, 3, 1, w);
        Window all{1, map.width};
        QVERIFY(evaluated(file, "y", in, referencePool(map, all, false, true).values) <
                close_enough);
    }

    /// A row of pixels that the network itself gives a shape.
    void rowsThatAreReshapedAtOnce()
    {
        OnnxFile file({-1, 24});
        file.longs("shape", {-1, 3, 4, 2});
        file.node("Reshape", {"x", "shape"}, "r");
        OnnxFile::integers(file.node("Transpose", {"r"}, "t"), "perm", {0, 3, 1, 2});
        const auto weight = file.varied("w", {1, 2, 3, 3});
        file.node("Conv", {"t", "w"}, "y");
        const auto in = variedMap(2, 3, 4);
        QVERIFY(evaluated(file, "y", in, referenceConv(in, weight, 1, 1, Window{}).values) <
                close_enough);
    }

    void weightsOfEveryTypeAreRead_data()
    {
        QTest::addColumn<int>("type");
        QTest::addColumn<QByteArray>("raw");
        QTest::newRow("float16") << 10 << QByteArray::fromHex("003c00c00038");
        QTest::newRow("bfloat16") << 16 << QByteArray::fromHex("803f00c0003f");
        QTest::newRow("double") << 11
                                << QByteArray::fromHex("000000000000f03f00000000000000c0"
                                                       "000000000000e03f");
    }
    void weightsOfEveryTypeAreRead()
    {
        QFETCH(int, type);
        QFETCH(QByteArray, raw);
        OnnxFile file({1, 1, 1, 1});
        file.initializer("w", {3, 1, 1, 1}, type).set_raw_data(raw.toStdString());
        file.node("Conv", {"x", "w"}, "y");
        QVERIFY(evaluated(file, "y", {1, 1, 1, {2.0}}, {2.0, -4.0, 1.0}) < 1e-9);
    }

    /// One channel that the input has no dimension for.
    void oneChannelShownByAView_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<QList<int>>("input");
        QTest::newRow("Unsqueeze") << "Unsqueeze" << QList<int>{-1, 4, 5};
        QTest::newRow("Reshape of maps") << "Reshape" << QList<int>{-1, 4, 5};
        QTest::newRow("Reshape of rows") << "Reshape" << QList<int>{-1, 20};
    }
    void oneChannelShownByAView()
    {
        QFETCH(QString, op);
        QFETCH(QList<int>, input);
        OnnxFile file({input.begin(), input.end()});
        file.longs("by", op == "Unsqueeze" ? std::vector<std::int64_t>{1}
                                           : std::vector<std::int64_t>{-1, 1, 4, 5});
        file.node(op.toStdString(), {"x", "by"}, "u");
        const auto weight = file.varied("w", {3, 1, 3, 3});
        file.node("Conv", {"u", "w"}, "c");
        file.node("Flatten", {"c"}, "f");
        const auto dense = file.varied("d", {18, 2}, 2);
        file.node("MatMul", {"f", "d"}, "y");
        const auto in = variedMap(1, 4, 5);
        const auto map = referenceConv(in, weight, 3, 1, Window{});
        QVERIFY(evaluated(file, "y", in, matrixProduct(map.values, dense, 2)) < close_enough);
    }

    /// Only so many poolings are searched for the layer that an activation belongs to.
    void activationsBehindManyPools()
    {
        for (const int pools : {8, 9}) {
            OnnxFile file;
            file.conv("x", "p0");
            for (int i = 0; i < pools; ++i)
                OnnxFile::integers(
                    file.node("MaxPool", {"p" + std::to_string(i)}, "p" + std::to_string(i + 1)),
                    "kernel_shape", {1, 1});
            file.node("Relu", {"p" + std::to_string(pools)}, "y");
            QCOMPARE(file.import("y")->layerCount(), pools == 8 ? 9 : 11);
        }
    }

    void castsToHalfAreEvaluatedInFloat()
    {
        for (const int type : {1, 10, 16}) {
            OnnxFile file;
            OnnxFile::integer(file.node("Cast", {"x"}, "c"), "to", type);
            file.node("Relu", {"c"}, "y");
            const auto network = file.import("y");
            QCOMPARE(network->layerCount(), 1);
            QCOMPARE(mentions(reportOf(*network, "c").detail, "in float"), type != 1);
        }
    }

    void sumsMinimaAndMaxima()
    {
        OnnxFile file;
        file.floats("zero", {}, {0});
        file.floats("limit", {1}, {0.5F});
        file.node("Max", {"x", "zero"}, "m");
        file.node("Sum", {"x", "m"}, "s");
        file.node("Relu", {"s"}, "r");
        file.node("Min", {"limit", "r"}, "n");
        file.floats("less", {}, {0.25F});
        file.node("Clip", {"n", "", "less"}, "y");
        const auto in = variedMap(2, 4, 4);
        Numbers expected = in.values;
        for (auto& v : expected)
            v = std::min(std::max(2 * v, 0.0), 0.25);
        QVERIFY(evaluated(file, "y", in, expected) < close_enough);
    }

    /// Of what may be negative, none of these is one of our activations.
    void minimaOfNegativeNumbersAreUnsupported()
    {
        for (const char* op : {"Min", "Max", "Clip"}) {
            OnnxFile file;
            file.conv("x", "a");
            file.floats("limit", {}, {0.5F});
            const bool clip = std::string(op) == "Clip";
            file.node(op,
                      clip ? std::vector<std::string>{"a", "", "limit"}
                           : std::vector<std::string>{"a", "limit"},
                      "y");
            QVERIFY(reportOf(*file.import("y"), "y").fate == NodeFate::Unsupported);
        }
    }

    /// Copies that replace one another need the memory of one, but take time.
    void replacedCopiesNeedNoMoreMemory()
    {
        constexpr int inputs = 4096;
        constexpr int rows = 1024;
        for (const int copies : {20, 60}) { // of 16 MiB each: together more than the limit
            OnnxFile file({1, inputs, 1, 1});
            file.node("Flatten", {"x"}, "f");
            file.initializer("w0", {inputs, rows}, onnx::TensorProto::FLOAT)
                .set_raw_data(std::string(std::size_t(inputs) * rows * sizeof(float), '\0'));
            for (int i = 0; i < copies; ++i)
                file.node("Identity", {"w" + std::to_string(i)}, "w" + std::to_string(i + 1));
            file.node("MatMul", {"f", "w" + std::to_string(copies)}, "y");
            file.output("y");
            const auto why = file.refusal().why;
            QVERIFY2(copies == 20 ? why.empty() : mentions(why, "copies its numbers"), why.c_str());
        }
    }

    void tooMuchMemoryIsRefusedWithItsAmount()
    {
        OnnxFile file({1, 4096, 1, 1});
        file.node("Flatten", {"x"}, "f");
        file.initializer("w", {4096, 20000}, 22)
            .set_raw_data(std::string(std::size_t(4096) * 20000 / 2, '\0'));
        file.model().mutable_opset_import(0)->set_version(21);
        file.floats("s", {}, {1});
        file.node("DequantizeLinear", {"w", "s"}, "d");
        file.node("MatMul", {"f", "d"}, "y");
        const auto why = file.refusal("y").why;
        QVERIFY2(mentions(why, "need 327680000 bytes"), why.c_str());
    }
};

QTEST_GUILESS_MAIN(TestOnnxRewrites)
#include "tst_onnx_rewrites.moc"
