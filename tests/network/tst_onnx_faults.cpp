// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/network/onnx_import.h"
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

class TestOnnxFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// F1. A file cut behind its last field that matters may still be whole; it must never crash.
    void truncationIsRefused()
    {
        OnnxFile file;
        file.conv("x", "y");
        file.output("y");
        const auto bytes = file.model().SerializeAsString();
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto part = std::as_bytes(std::span(bytes)).first(size);
            QVERIFY_THROWS_EXCEPTION(Error, importOnnx(part, "truncated.onnx"));
        }
    }

    void flippedBytesNeverCrash()
    {
        OnnxFile file;
        file.conv("x", "y");
        file.node("Relu", {"y"}, "z");
        file.output("z");
        const auto bytes = file.model().SerializeAsString();
        for (std::size_t at = 0; at < bytes.size(); ++at)
            for (const int flip : {1, 0x80, 0xFF}) {
                auto changed = bytes;
                changed[at] = char(changed[at] ^ flip);
                try {
                    importOnnx(std::as_bytes(std::span(changed)), "flipped.onnx");
                } catch (const Error&) {
                    continue;
                }
            }
    }

    /// F2, F4: refused by what they say, whatever is on the disk.
    void externalPlacesAreChecked_data()
    {
        QTest::addColumn<QByteArray>("location");
        QTest::addColumn<QString>("offset");
        QTest::addColumn<QString>("length");
        QTest::newRow("up") << QByteArray("../../etc/passwd") << ""
                            << "";
        QTest::newRow("absolute") << QByteArray("/etc/passwd") << ""
                                  << "";
        QTest::newRow("down and up") << QByteArray("a/../../b") << ""
                                     << "";
        QTest::newRow("backslash") << QByteArray("..\\b") << ""
                                   << "";
        QTest::newRow("zero") << QByteArray("a\0b", 3) << ""
                              << "";
        QTest::newRow("scheme") << QByteArray("file:///etc/passwd") << ""
                                << "";
        QTest::newRow("empty") << QByteArray("") << ""
                               << "";
        QTest::newRow("folder") << QByteArray(".") << ""
                                << "";
        QTest::newRow("huge length") << QByteArray("data.bin") << "0"
                                     << "1152921504606846976";
        QTest::newRow("negative length") << QByteArray("data.bin") << "0"
                                         << "-16";
        QTest::newRow("wrong length") << QByteArray("data.bin") << "0"
                                      << "12";
        QTest::newRow("offset past the end") << QByteArray("data.bin") << "8"
                                             << "16";
        QTest::newRow("no number") << QByteArray("data.bin") << "0x10"
                                   << "";
    }
    void externalPlacesAreChecked()
    {
        QFETCH(QByteArray, location);
        QFETCH(QString, offset);
        QFETCH(QString, length);
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        writeFloats(path / "data.bin", {1, 2, 3, 4});
        auto file =
            externalFile(location.toStdString(), offset.toStdString(), length.toStdString());
        const auto refusal = refusalFrom(file, path);
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(mentions(refusal.why + refusal.where, "'w'"), refusal.why.c_str());
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
        for (const char* kind : {"symlink", "linked folder", "hard link", "pipe", "folder", "none"})
            QTest::newRow(kind) << kind;
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
        QCOMPARE(refusalFrom(file, model).code, ErrorCode::BadInput);
    }

    /// F4, F5: an unknown key, and sparse tensors.
    void otherExternalDataIsRefused()
    {
        auto file = externalFile("data.bin");
        auto* entry = file.graph().mutable_initializer(0)->add_external_data();
        entry->set_key("__class__");
        entry->set_value("x");
        QVERIFY(mentions(file.refusal().why, "'__class__'"));
        OnnxFile sparse;
        sparse.conv("x", "y");
        *sparse.graph().add_sparse_initializer()->mutable_values() =
            externalFile("../w").graph().initializer(0);
        const auto refusal = sparse.refusal("y");
        QVERIFY(mentions(refusal.why, "'../w'") && mentions(refusal.why, "sparse"));
    }

    /// F8.
    void deepNestingIsRefused()
    {
        std::string inner;
        for (int i = 0; i < 2000; ++i) { // graph in attribute in node in graph
            std::string next;
            for (const char field : {'\x32', '\x2A', '\x0A'}) {
                next = std::string(1, field);
                for (auto size = inner.size();; size >>= 7) {
                    next += char(size > 127 ? (size & 127) | 128 : size);
                    if (size <= 127)
                        break;
                }
                next += inner;
                inner = next;
            }
        }
        std::string file = "\x3A";
        for (auto size = inner.size();; size >>= 7) {
            file += char(size > 127 ? (size & 127) | 128 : size);
            if (size <= 127)
                break;
        }
        file += inner;
        try {
            importOnnx(std::as_bytes(std::span(file)), "deep.onnx");
            QFAIL("it was read");
        } catch (const Error& error) {
            QVERIFY2(mentions(error.details().why, "deeper"), error.what());
        }
    }

    /// Millions of messages of no bytes would take a hundred times the file's size.
    void memoryBombsAreRefused()
    {
        std::string graph;
        for (int i = 0; i < 1500000; ++i)
            graph += std::string("\x0A\x00", 2);
        std::string file = "\x3A";
        for (auto size = graph.size();; size >>= 7) {
            file += char(size > 127 ? (size & 127) | 128 : size);
            if (size <= 127)
                break;
        }
        file += graph;
        try {
            importOnnx(std::as_bytes(std::span(file)), "bomb.onnx");
            QFAIL("it was read");
        } catch (const Error& error) {
            QVERIFY2(mentions(error.details().why, "memory"), error.what());
        }
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

    /// F10.
    void versionsAreCheckedAndReported()
    {
        for (const auto& [opset, ir] : {std::pair(28, 7), std::pair(6, 7), std::pair(13, 14)}) {
            OnnxFile file({1, 2, 4, 4}, opset);
            file.model().set_ir_version(ir);
            file.conv("x", "y");
            const auto refusal = file.refusal("y");
            QVERIFY(mentions(refusal.why, "opset " + std::to_string(opset)));
            QVERIFY(mentions(refusal.why, "IR version " + std::to_string(ir)));
        }
        OnnxFile file;
        file.conv("x", "a");
        file.node("Relu", {"a"}, "y").set_domain("com.example");
        const auto network = file.import("y");
        QVERIFY(mentions(reportOf(*network, "y").detail, "'com.example'"));
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
        const auto why = file.refusal().why;
        for (const char* part : {"'twice' is made twice", "two nodes are named 'twice'",
                                 "'missing', which nothing makes", "cycle", "2 outputs",
                                 "no node makes its output 'other'"})
            QVERIFY2(mentions(why, part), why.c_str());
        OnnxFile none;
        none.conv("x", "y");
        QVERIFY(mentions(none.refusal().why, "no output"));
    }

    /// F12.
    void freeSizesOtherThanTheBatchAreRefused()
    {
        OnnxFile file({-1, 2, -1, 4});
        file.conv("x", "y");
        const auto refusal = file.refusal("y");
        QVERIFY2(mentions(refusal.why, "dimension 2") && mentions(refusal.why, "a value"),
                 refusal.why.c_str());
    }
};

QTEST_GUILESS_MAIN(TestOnnxFaults)
#include "tst_onnx_faults.moc"
