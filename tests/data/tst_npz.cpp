// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/data_file.h"
#include "core/data/npy_array.h"
#include "core/data/npz_reader.h"
#include "tests/data/refusal.h"

#include <QTemporaryDir>
#include <QTest>

using namespace bitdial;
using bitdial::test::refusal;

namespace {

std::vector<std::byte> bytesOf(const std::string& text)
{
    const auto span = std::as_bytes(std::span(text));
    return {span.begin(), span.end()};
}

std::vector<std::byte> seed(const std::string& name)
{
    return readFile(std::filesystem::path(BITDIAL_SOURCE_DIR) / "tests/fuzz/corpus/npz" / name);
}

std::vector<std::byte> npy(const std::string& header, const std::string& values, char version = 1)
{
    std::string text = "\x93NUMPY";
    text += {version, 0, char(header.size() & 0xFF), char(header.size() >> 8)};
    if (version > 1)
        text += {0, 0};
    return bytesOf(text + header + values);
}

/// The samples' values in C,H,W order.
std::vector<float> valuesOf(const NpzData& data)
{
    const StoredSamples samples("npz", data.bytes, data.layout, data.count, "file");
    const auto elements = std::size_t(samples.shape().elements());
    std::vector<float> values(elements * std::size_t(samples.size()));
    for (int i = 0; i < samples.size(); ++i)
        samples.read(i, values.data() + std::size_t(i) * elements);
    return values;
}

} // namespace

class TestNpz : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The corpus' files hold 0, 1, 2, ... as 2 x 3 x 2 x 2, written by NumPy 1.24.
    void arraysAreRead()
    {
        for (const char* name : {"bytes.npz", "deflated.npz"}) {
            const auto data = readNpz(seed(name), name, "", "", false);
            QCOMPARE(data.count, 2);
            QVERIFY((data.layout.shape == TensorShape{3, 2, 2}));
            QVERIFY((data.labels == std::vector<int>{1, 0}));
            const auto values = valuesOf(data);
            for (int i = 0; i < 24; ++i)
                QCOMPARE(values[std::size_t(i)], float(i));
        }
        const auto floats = readNpz(seed("floats.npz"), "f", "", "", true);
        QVERIFY((floats.layout.shape == TensorShape{3, 2, 2}));
        const auto values = valuesOf(floats);
        for (int i = 0; i < 24; ++i)
            QCOMPARE(values[std::size_t(i)], float(i) / 7);
        const auto half = readNpz(seed("half.npz"), "h", "", "", true); // maps have no channels
        QVERIFY((half.layout.shape == TensorShape{1, 2, 2}));
        QVERIFY((valuesOf(half) == std::vector<float>{0, 1, 2, 3, 12, 13, 14, 15}));
        const auto features = readNpz(seed("double.npz"), "d", "", "", false);
        QVERIFY((features.layout.shape == TensorShape{5, 1, 1}));
        QVERIFY(std::abs(valuesOf(features)[0] - 0.5488135F) < 1e-7F);
        QCOMPARE(features.labels[0], 3);
    }

    void wrongFilesAreRefused()
    {
        const auto reading = [](const char* name, const char* images = "") {
            return refusal([&] { readNpz(seed(name), name, images, "", false); });
        };
        QVERIFY(reading("fortran.npz").contains("Fortran"));
        QVERIFY(reading("objects.npz").contains("Python objects"));
        QVERIFY(reading("big_endian.npz").contains(">i4"));
        QVERIFY(!reading("plain.npy").isEmpty());
        QVERIFY(reading("bytes.npz", "X").contains("Did you mean 'x'"));
        QVERIFY(reading("bytes.npz", "y").contains("its shape is 2"));
        const auto labels = [](const char* name, const char* array) {
            return refusal([&] { readNpz(seed(name), name, "", array, false); });
        };
        QVERIFY(labels("bytes.npz", "x").contains("labels must be N whole numbers"));
        QVERIFY(labels("floats.npz", "x").contains("fractions"));
        const auto whole = seed("deflated.npz");
        for (std::size_t length = 0; length < whole.size(); ++length) {
            const std::vector<std::byte> cut(whole.begin(), whole.begin() + std::ptrdiff_t(length));
            QVERIFY(!refusal([&] { readNpz(cut, "cut", "", "", false); }).isEmpty());
        }
    }

    void headersAreParsed()
    {
        const std::string good = "{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }   \n";
        for (const char version : {1, 2, 3}) {
            const auto array = parseNpy(npy(good, std::string(12, 'x'), version), "a");
            QVERIFY((array.shape == std::vector<std::int64_t>{2, 3}));
            QCOMPARE(array.type, ElementType::Int16);
        }
        QCOMPARE(parseNpy(npy(R"({"shape":(),"fortran_order":True,"descr":"|u1"})", "x"), "a")
                     .shape.size(),
                 std::size_t(0));
        QCOMPARE(parseNpy(npy("{'descr':'<f8','fortran_order':False,'shape':(0,)}", ""), "a")
                     .data.size(),
                 std::size_t(0));
    }

    void wrongHeadersAreRefused_data()
    {
        QTest::addColumn<QByteArray>("header");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* name, const char* header, const char* why) {
            QTest::newRow(name) << QByteArray(header) << QString(why);
        };
        row("empty", "", "'{' is expected");
        row("call", "{'descr': open('x'), 'fortran_order': False, 'shape': (1,)}", "in quotes");
        row("missing", "{'descr': '<f4', 'shape': (1,)}", "missing");
        row("twice", "{'descr': '<f4', 'descr': '<f4'}", "twice");
        row("unknown", "{'__class__': 1}", "__class__");
        row("fields", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}",
            "several fields");
        row("overflow",
            "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296)}", "2^40");
        row("negative", "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "whole number");
        row("too large", "{'descr': '<f4', 'fortran_order': False, 'shape': (5,)}", "20 bytes");
        row("too many", "{'descr':'<f4','fortran_order':False,'shape':(1,1,1,1,1,1,1,1,1)}",
            "dimensions");
        row("complex", "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}", "<c8");
        row("behind", "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "follows");
    }
    void wrongHeadersAreRefused()
    {
        QFETCH(QByteArray, header);
        QFETCH(QString, why);
        const auto bytes = npy(header.toStdString(), "1234");
        const auto message = refusal([&] { parseNpy(bytes, "the/file"); });
        QVERIFY2(message.contains(why) && message.contains("the/file"), qPrintable(message));
    }

    void halvesAreConverted()
    {
        const std::pair<std::uint16_t, double> known[] = {{0x3C00, 1},
                                                          {0xC000, -2},
                                                          {0x7BFF, 65504},
                                                          {0x0001, std::ldexp(1, -24)},
                                                          {0x3555, 0.333251953125},
                                                          {0x8400, -std::ldexp(1, -14)}};
        for (const auto& [bits, value] : known)
            QCOMPARE(elementValue(ElementType::Half, std::as_bytes(std::span(&bits, 1)).data()),
                     value);
    }

    void dataFileNamesTheArrays()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        writeFileAtomically(path / "d.npz", seed("bytes.npz"));
        const auto read = [&](const std::string& keys) {
            writeFileAtomically(path / "data.json",
                                R"({"schema":"bitdial.data/1","format":"npz","images":"d.npz")" +
                                    keys + "}");
            return readDataFile(path / "data.json");
        };
        const auto set = read(
            R"(,"npz":{"images":"x","labels":"y"},"preprocess":{"channels":"bgr","mean":2,"std":[1,2,4]})");
        QCOMPARE(set->format(), std::string("npz"));
        std::vector<float> input(12);
        set->writeInput(0, input.data());
        QCOMPARE(input[0], 6.0F);           // blue: 8 - 2
        QCOMPARE(input[4], (4 - 2) / 2.0F); // green
        QCOMPARE(input[8], (0 - 2) / 4.0F); // red
        QCOMPARE(read("")->size(), 2);
        QVERIFY(refusal([&] { read(R"(,"npz":{"image":"x"})"); }).contains("'images'"));
        QVERIFY(refusal([&] { read(R"(,"labels":"y.npy")"); }).contains("labels"));
    }
};

QTEST_GUILESS_MAIN(TestNpz)
#include "tst_npz.moc"
