// SPDX-License-Identifier: Apache-2.0
// Constants that the file chooses, orders and counts from others.
#include "tests/network/tst_onnx_folded.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

class TestOnnxRearranging : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void rearrangements_data()
    {
        QTest::addColumn<QString>("case_name");
        for (const char* name : {"Transpose", "Reshape", "Unsqueeze and Squeeze", "Concat", "Slice",
                                 "Slice backwards", "Slice by attributes", "Gather", "Expand",
                                 "Where", "Clip", "Reduce", "ConstantOfShape", "Range", "Cast"})
            QTest::newRow(name) << name;
    }
    /// Each gives the same matrix.
    void rearrangements()
    {
        QFETCH(QString, case_name);
        const auto got = foldedWeights([&](OnnxFile& file) { rearranged(file, case_name); },
                                       case_name == "Slice by attributes" ? 9 : 13);
        QCOMPARE(got, (Floats{0, 1, 2, 3, 4, 5}));
    }

private:
    static void rearranged(OnnxFile& file, const QString& name)
    {
        if (name == "Transpose") {
            file.floats("a", {3, 2}, {0, 3, 1, 4, 2, 5});
            file.node("Transpose", {"a"}, "c");
        } else if (name == "Reshape") {
            file.floats("a", {6}, {0, 1, 2, 3, 4, 5});
            file.longs("shape", {2, -1});
            file.node("Reshape", {"a", "shape"}, "c");
        } else if (name == "Unsqueeze and Squeeze") {
            file.floats("a", {2, 3}, {0, 1, 2, 3, 4, 5});
            file.longs("ends", {0, -1});
            file.node("Unsqueeze", {"a", "ends"}, "u");
            file.node("Squeeze", {"u", "ends"}, "c");
        } else if (name == "Concat") {
            file.floats("a", {2, 1}, {0, 3});
            file.floats("b", {2, 2}, {1, 2, 4, 5});
            OnnxFile::integer(file.node("Concat", {"a", "b"}, "c"), "axis", -1);
        } else if (name == "Range" || name == "ConstantOfShape" || name == "Cast") {
            counted(file, name);
        } else {
            chosen(file, name);
        }
    }

    static void chosen(OnnxFile& file, const QString& name)
    {
        const std::string op = name.section(' ', 0, 0).toStdString();
        file.floats("rows", {4, 3}, {9, 9, 9, 0, 1, 2, 3, 4, 5, 9, 9, 9});
        file.floats("low", {}, {0});
        file.floats("high", {}, {5});
        file.longs("one", {1});
        file.longs("three", {3});
        file.longs("zero", {0});
        file.longs("minus", {-1});
        file.longs("picked", {-3, 2});
        if (name == "Slice") {
            file.node(op, {"rows", "one", "three", "zero"}, "c");
        } else if (name == "Slice backwards") {
            file.floats("mirrored", {2, 3}, {2, 1, 0, 5, 4, 3});
            file.longs("far", {-100});
            file.node(op, {"mirrored", "minus", "far", "one", "minus"}, "c");
        } else if (name == "Slice by attributes") {
            auto& node = file.node(op, {"rows"}, "c");
            OnnxFile::integers(node, "starts", {-3});
            OnnxFile::integers(node, "ends", {-1});
            OnnxFile::integers(node, "axes", {0});
        } else if (name == "Gather") {
            file.node(op, {"rows", "picked"}, "c");
        } else if (name == "Clip") {
            file.floats("a", {2, 3}, {-3, 1, 2, 3, 4, 50});
            file.node(op, {"a", "low", "high"}, "c");
        } else if (name == "Reduce") {
            file.floats("a", {2, 2, 3}, {0, -1, 1, 0, 1, 2, 1, 2, 5, 3, 0, -2});
            auto& largest = file.node("ReduceMax", {"a"}, "m");
            OnnxFile::integers(largest, "axes", {1});
            OnnxFile::integer(largest, "keepdims", 0);
            file.floats("less", {3}, {0, -1, 0});
            file.floats("second", {2, 1}, {0, 1});
            file.node("Mul", {"less", "second"}, "l");
            file.floats("two", {}, {2});
            file.node("Mul", {"l", "two"}, "ll");
            file.node("Sub", {"m", "ll"}, "c");
        } else if (name == "Expand") {
            file.floats("column", {2, 1}, {0, 3});
            file.longs("shape", {1, 3});
            file.node("Expand", {"column", "shape"}, "e");
            file.floats("row", {3}, {0, 1, 2});
            file.node("Add", {"e", "row"}, "c");
        } else {
            auto& which = file.initializer("which", {3}, onnx::TensorProto::BOOL);
            for (const int value : {1, 0, 1})
                which.add_int32_data(value);
            file.floats("then", {2, 3}, {0, 9, 2, 3, 9, 5});
            file.floats("else", {2, 1}, {1, 4});
            file.node("Where", {"which", "then", "else"}, "c");
        }
    }

    static void counted(OnnxFile& file, const QString& name)
    {
        file.longs("shape", {2, 3});
        if (name == "Cast") {
            integers32(file, "whole", {0, 1, 2, 3, 4, 5});
            OnnxFile::integer(file.node("Cast", {"whole"}, "a"), "to", onnx::TensorProto::FLOAT);
            file.node("Reshape", {"a", "shape"}, "c");
            return;
        }
        file.floats("from", {}, {name == "Range" ? 0.0F : -0.5F});
        file.floats("to", {}, {name == "Range" ? 6.0F : 5.5F});
        file.floats("by", {}, {1});
        file.node("Range", {"from", "to", "by"}, "r");
        if (name == "Range") {
            file.node("Reshape", {"r", "shape"}, "c");
            return;
        }
        auto& fill = file.node("ConstantOfShape", {"shape"}, "halves");
        auto* value = fill.add_attribute();
        value->set_name("value");
        value->set_type(onnx::AttributeProto::TENSOR);
        value->mutable_t()->set_data_type(onnx::TensorProto::FLOAT);
        value->mutable_t()->add_dims(1);
        value->mutable_t()->add_float_data(0.5F);
        file.node("Reshape", {"r", "shape"}, "s");
        file.node("Add", {"s", "halves"}, "c");
    }
};

QTEST_GUILESS_MAIN(TestOnnxRearranging)
#include "tst_onnx_rearranging.moc"
