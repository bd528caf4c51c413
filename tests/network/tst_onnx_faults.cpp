// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/network/onnx/import.h"
#include "tests/network/tst_onnx_support.h"

#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// A 1x1 convolution whose weight says that it lies elsewhere.
OnnxFile externalFile(const std::string& location, const std::string& offset = "",
                      const std::string& length = "")
{
    OnnxFile file;
    auto& weight = file.initializer("w", {2, 2, 1, 1}, onnx::TensorProto::FLOAT);
    weight.set_data_location(onnx::TensorProto::EXTERNAL);
    const auto entry = [&](const std::string& key, const std::string& value) {
        auto* added = weight.add_external_data();
        added->set_key(key);
        added->set_value(value);
    };
    entry("location", location);
    if (!offset.empty())
        entry("offset", offset);
    if (!length.empty())
        entry("length", length);
    file.node("Conv", {"x", "w"}, "y");
    file.output("y");
    return file;
}

ErrorDetails refusalFrom(OnnxFile& file, const std::filesystem::path& folder)
{
    const auto bytes = file.model().SerializeAsString();
    try {
        importOnnxFromFolder(std::as_bytes(std::span(bytes)), "small.onnx", folder);
    } catch (const Error& error) {
        return error.details();
    }
    return {};
}

void writeFloats(const std::filesystem::path& path, const std::vector<float>& values)
{
    writeFileAtomically(path, std::as_bytes(std::span(values)));
}

} // namespace

/// F2 to F5, F9 and F11; tst_onnx_limits.cpp has the others of ONNX files.
class TestOnnxFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// F2, F4: refused by what they say, whatever is on the disk.
    void externalPlacesAreChecked_data()
    {
        QTest::addColumn<QByteArray>("location");
        QTest::addColumn<QString>("offset");
        QTest::addColumn<QString>("length");
        QTest::addColumn<QString>("says");
        const auto place = [](const char* name, const QByteArray& location, const char* says) {
            QTest::newRow(name) << location << ""
                                << "" << says;
        };
        place("F2 up", "../../etc/passwd", "'../../etc/passwd'");
        place("F2 absolute", "/etc/passwd", "absolute path");
        place("F2 down and up", "a/../../b", "'a/../../b'");
        place("F2 up at the end", "a/..", "'a/..'");
        place("F2 backslash", "..\\b", "'..\\b'");
        place("F2 drive", "C:b", "'C:b'");
        place("F2 zero", QByteArray("a\0b", 3), "'a\\x00b'");
        place("F2 scheme", "file:///etc/passwd", "'file:///etc/passwd'");
        place("F2 escape", "../\x1B[2J\n", "'../\\x1b[2J\\x0a'");
        place("F2 long", QByteArray(100'000, 'a'), "aaa...'");
        place("F2 empty", "", "no name");
        place("F2 folder", ".", "no file");
        const auto range = [](const char* name, const char* offset, const char* length,
                              const char* says) {
            QTest::newRow(name) << QByteArray("data.bin") << offset << length << says;
        };
        range("F4 length of 2^60", "0", "1152921504606846976", "'1152921504606846976'");
        range("F4 length of 2^64", "0", "18446744073709551616", "'18446744073709551616'");
        range("F4 negative length", "0", "-16", "'-16'");
        range("F4 another length", "0", "12", "need 16");
        range("F4 offset past the end", "17", "", "ends before the tensor");
        range("F4 offset near the end", "8", "16", "ends before the tensor");
        range("F4 offset of 2^40", "1099511627776", "16", "ends before the tensor");
        range("F4 offset of 2^63", "9223372036854775808", "16", "'9223372036854775808'");
        range("F4 hexadecimal", "0x10", "", "'0x10'");
        range("F4 no number", "1e1", "", "'1e1'");
        range("F4 blank", " 0", "", "' 0'");
    }
    void externalPlacesAreChecked()
    {
        QFETCH(QByteArray, location);
        QFETCH(QString, offset);
        QFETCH(QString, length);
        QFETCH(QString, says);
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        writeFloats(path / "data.bin", {1, 2, 3, 4});
        auto file =
            externalFile(location.toStdString(), offset.toStdString(), length.toStdString());
        const auto refusal = refusalFrom(file, path);
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(mentions(refusal.why + refusal.where, "'w'"), refusal.why.c_str());
        QVERIFY2(mentions(refusal.why, says.toStdString()), refusal.why.c_str());
        QVERIFY(!refusal.next.empty() && refusal.why.size() < 1000);
    }

    void externalDataBesideTheModelIsRead()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        std::filesystem::create_directory(path / "sub");
        writeFloats(path / "sub" / "data.bin", {9, 9, 1, 2, 3, 4});
        auto file = externalFile("sub/data.bin", "8", "16");
        const auto bytes = file.model().SerializeAsString();
        const auto network =
            importOnnxFromFolder(std::as_bytes(std::span(bytes)), "small.onnx", path);
        QVERIFY(network->parameters()->layers[0].weights == (std::vector<float>{1, 2, 3, 4}));
        QVERIFY(mentions(file.refusal().why, "not opened from a folder"));
    }

    /// F3.
    void linksAndDevicesAreRefused_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"symlink", "link to /dev/zero", "linked folder", "hard link",
                                 "pipe", "socket", "folder", "none"})
            QTest::newRow(("F3 " + std::string(kind)).c_str()) << kind;
    }
    void linksAndDevicesAreRefused()
    {
        QFETCH(QString, kind);
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        const auto model = path / "model";
        std::filesystem::create_directories(path / "outside");
        std::filesystem::create_directories(model);
        writeFloats(path / "outside" / "data.bin", {1, 2, 3, 4});
        std::string location = "data.bin";
        if (kind == "symlink")
            std::filesystem::create_symlink(path / "outside" / "data.bin", model / "data.bin");
        if (kind == "link to /dev/zero")
            std::filesystem::create_symlink("/dev/zero", model / "data.bin");
        if (kind == "socket")
            QCOMPARE(mknod((model / "data.bin").c_str(), S_IFSOCK | 0600, 0), 0);
        if (kind == "linked folder") {
            std::filesystem::create_directory_symlink(path / "outside", model / "sub");
            location = "sub/data.bin";
        }
        if (kind == "hard link")
            std::filesystem::create_hard_link(path / "outside" / "data.bin", model / "data.bin");
        if (kind == "pipe")
            QCOMPARE(mkfifo((model / "data.bin").c_str(), 0600), 0);
        if (kind == "folder")
            std::filesystem::create_directory(model / "data.bin");
        auto file = externalFile(location);
        const auto refusal = refusalFrom(file, model);
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(mentions(refusal.why, "'" + location + "'"), refusal.why.c_str());
    }

    /// F4.
    void unknownKeysAreRefused()
    {
        for (const char* key : {"__class__", "Location", "basepath", ""}) {
            auto file = externalFile("data.bin");
            auto* entry = file.graph().mutable_initializer(0)->add_external_data();
            entry->set_key(key);
            entry->set_value("x");
            QVERIFY(mentions(file.refusal().why, "'" + std::string(key) + "'"));
        }
        auto twice = externalFile("data.bin", "0");
        auto* entry = twice.graph().mutable_initializer(0)->add_external_data();
        entry->set_key("location");
        entry->set_value("/etc/passwd");
        QVERIFY(mentions(twice.refusal().why, "twice"));
    }

    /// F5: the same containment wherever a tensor stands.
    void otherExternalDataIsRefused_data()
    {
        QTest::addColumn<QString>("stands");
        for (const char* stands :
             {"sparse initializer", "Constant", "sparse Constant", "sparse indices",
              "ConstantOfShape", "quantized weight", "If branch"})
            QTest::newRow(("F5 " + std::string(stands)).c_str()) << stands;
    }
    void otherExternalDataIsRefused()
    {
        QFETCH(QString, stands);
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        std::filesystem::create_directory(path / "model");
        writeFloats(path / "secret", {1, 2, 3, 4});
        const auto outside = externalFile("../secret").graph().initializer(0);
        OnnxFile file;
        const auto attribute = [&](onnx::NodeProto& node, const char* name) {
            auto* added = node.add_attribute();
            added->set_name(name);
            return added;
        };
        if (stands == "sparse initializer")
            *file.graph().add_sparse_initializer()->mutable_values() = outside;
        if (stands == "sparse indices")
            *file.graph().add_sparse_initializer()->mutable_indices() = outside;
        if (stands == "Constant" || stands == "sparse Constant") {
            auto& node = file.node("Constant", {}, "w");
            if (stands == "Constant") {
                auto* value = attribute(node, "value");
                value->set_type(onnx::AttributeProto::TENSOR);
                *value->mutable_t() = outside;
            } else {
                auto* value = attribute(node, "sparse_value");
                value->set_type(onnx::AttributeProto::SPARSE_TENSOR);
                *value->mutable_sparse_tensor()->mutable_values() = outside;
            }
        }
        if (stands == "ConstantOfShape") {
            file.longs("sizes", {2, 2, 1, 1});
            auto* value = attribute(file.node("ConstantOfShape", {"sizes"}, "w"), "value");
            value->set_type(onnx::AttributeProto::TENSOR);
            *value->mutable_t() = outside;
        }
        if (stands == "quantized weight") {
            auto* codes = file.graph().add_initializer();
            *codes = outside;
            codes->set_name("codes");
            codes->set_data_type(onnx::TensorProto::INT8);
            file.floats("s", {}, {1});
            file.node("DequantizeLinear", {"codes", "s"}, "w");
        }
        if (stands == "If branch") {
            auto* branch = attribute(file.node("If", {"x"}, "w"), "then_branch");
            branch->set_type(onnx::AttributeProto::GRAPH);
            *branch->mutable_g()->add_initializer() = outside;
        }
        const bool sparse_list = stands.startsWith("sparse i");
        sparse_list ? file.conv("x", "y") : file.node("Conv", {"x", "w"}, "y");
        file.output("y");
        std::string said;
        try {
            const auto bytes = file.model().SerializeAsString();
            const auto network =
                importOnnxFromFolder(std::as_bytes(std::span(bytes)), "small.onnx", path / "model");
            said = reportOf(*network, "y").detail + reportOf(*network, "w").detail;
            QVERIFY(reportOf(*network, "w").fate == NodeFate::Unsupported);
        } catch (const Error& error) {
            said = error.what();
        }
        QVERIFY2(mentions(said, "'../secret'") || mentions(said, "'If'") || mentions(said, "(If)"),
                 said.c_str());
    }

    /// F9.
    void wrongSizesAreRefused_data()
    {
        QTest::addColumn<QList<qint64>>("sizes");
        QTest::newRow("negative") << QList<qint64>{2, -1, 1, 1};
        QTest::newRow("overflow") << QList<qint64>{qint64(1) << 62, 4, 1, 1};
        QTest::newRow("largest") << QList<qint64>{std::numeric_limits<qint64>::max(), 1, 1, 1};
        QTest::newRow("zero") << QList<qint64>{0, 2, 1, 1};
        QTest::newRow("too few bytes") << QList<qint64>{3, 2, 1, 1};
    }
    void wrongSizesAreRefused()
    {
        QFETCH(QList<qint64>, sizes);
        OnnxFile file;
        auto& weight = file.initializer("w", {}, onnx::TensorProto::FLOAT);
        for (const auto size : sizes)
            weight.add_dims(size);
        weight.set_raw_data(std::string(16, '\0'));
        file.node("Conv", {"x", "w"}, "y");
        const auto refusal = file.refusal("y");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(mentions(refusal.why + refusal.where, "'w'"), refusal.why.c_str());
    }

    /// F11: one message lists them all.
    void everyStructuralFaultIsListed()
    {
        OnnxFile file;
        file.conv("x", "a");
        file.node("Relu", {"a"}, "twice");
        file.node("Relu", {"a"}, "twice");
        file.node("Relu", {"missing"}, "c");
        file.node("Add", {"e", "a"}, "d");
        file.node("Relu", {"d"}, "e");
        file.output("twice");
        file.output("other");
        file.output("other");
        const auto why = file.refusal().why;
        for (const char* part : {"'twice' is made twice", "two nodes are named 'twice'",
                                 "'missing', which nothing makes", "cycle", "3 outputs",
                                 "no node makes its output 'other'"})
            QVERIFY2(mentions(why, part), why.c_str());
        OnnxFile none;
        none.conv("x", "y");
        QVERIFY(mentions(none.refusal().why, "no output"));
    }
};

QTEST_GUILESS_MAIN(TestOnnxFaults)
#include "tst_onnx_faults.moc"
