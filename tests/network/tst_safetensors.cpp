// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/weights/weight_file.h"
#include "tests/network/weight_files.h"
#include "tests/support/shared_data.h"

#include <QTest>

#include <cmath>
#include <limits>

using namespace bitdial;
using namespace bitdial::test;

namespace {

std::string refusal(const std::vector<std::byte>& bytes)
{
    try {
        parseWeights(bytes, "w.safetensors");
    } catch (const Error& error) {
        return error.what();
    }
    return "(read)";
}

/// One tensor `a` of this type over the whole of `data`.
WeightFile oneTensor(const std::string& dtype, const std::string& shape, const std::string& data)
{
    return parseWeights(safetensors("{\"a\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
                                        ",\"data_offsets\":[0," + std::to_string(data.size()) +
                                        "]}}",
                                    data),
                        "w.safetensors");
}

/// A file and why it is refused; (read): it is not.
void row(const char* name, const std::vector<std::byte>& bytes, const char* why)
{
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                      qsizetype(bytes.size()))
                        << why;
}

std::string entry(const char* name, const char* dtype, const char* shape, const char* range)
{
    return std::string("\"") + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape +
           ",\"data_offsets\":" + range + "}";
}

/// A file of one tensor with 8 bytes.
std::vector<std::byte> one(const char* dtype, const char* shape, const char* range)
{
    return safetensors("{" + entry("a", dtype, shape, range) + "}", "12345678");
}

} // namespace

class TestSafetensors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyTypeIsRead_data()
    {
        QTest::addColumn<QString>("dtype");
        QTest::addColumn<QByteArray>("data");
        const auto row = [](const char* dtype, const std::string& data) {
            QTest::newRow(dtype) << dtype << QByteArray(data.data(), qsizetype(data.size()));
        };
        row("F64", raw<double>({1, 2.5, -3}));
        row("F32", raw<float>({1, 2.5, -3}));
        row("F16", raw<std::uint16_t>({0x3C00, 0x4100, 0xC200}));
        row("BF16", raw<std::uint16_t>({0x3F80, 0x4020, 0xC040}));
    }
    void everyTypeIsRead()
    {
        QFETCH(QString, dtype);
        QFETCH(QByteArray, data);
        const auto file = oneTensor(dtype.toStdString(), "[3,1]", data.toStdString());
        QCOMPARE(file.format, std::string("safetensors"));
        QCOMPARE(file.tensors.size(), std::size_t(1));
        QVERIFY((file.tensors[0].sizes == std::vector<std::int64_t>{3, 1}));
        QVERIFY((file.tensors[0].values == std::vector<float>{1, 2.5, -3}));
    }

    void integersAreRead()
    {
        const std::vector<float> expected{1, -2, 100};
        QVERIFY(oneTensor("I64", "[3]", raw<std::int64_t>({1, -2, 100})).tensors[0].values ==
                expected);
        QVERIFY(oneTensor("I32", "[3]", raw<std::int32_t>({1, -2, 100})).tensors[0].values ==
                expected);
        QVERIFY(oneTensor("I16", "[3]", raw<std::int16_t>({1, -2, 100})).tensors[0].values ==
                expected);
        QVERIFY(oneTensor("I8", "[3]", raw<std::int8_t>({1, -2, 100})).tensors[0].values ==
                expected);
        QVERIFY((oneTensor("U8", "[2]", raw<std::uint8_t>({1, 200})).tensors[0].values ==
                 std::vector<float>{1, 200}));
        QVERIFY((oneTensor("BOOL", "[2]", raw<std::uint8_t>({1, 0})).tensors[0].values ==
                 std::vector<float>{1, 0}));
    }

    /// IEEE 754-2008, table 3.5: subnormals, the largest number, infinity and NaN of binary16.
    void halfNumbersAtTheEdges()
    {
        const auto values =
            oneTensor("F16", "[7]",
                      raw<std::uint16_t>({0x0001, 0x03FF, 0x0400, 0x7BFF, 0xFC00, 0x7E00, 0x8000}))
                .tensors[0]
                .values;
        QCOMPARE(values[0], std::ldexp(1.0F, -24));
        QCOMPARE(values[1], std::ldexp(1023.0F, -24));
        QCOMPARE(values[2], std::ldexp(1.0F, -14));
        QCOMPARE(values[3], 65504.0F);
        QCOMPARE(values[4], -std::numeric_limits<float>::infinity());
        QVERIFY(std::isnan(values[5]));
        QVERIFY(values[6] == 0 && std::signbit(values[6]));
    }

    void whatTheFormatAllowsIsRead()
    {
        // Metadata, tensors out of order, an empty one, a single number, spaces behind the header.
        const auto file = parseWeights(
            safetensors("{\"__metadata__\":{\"format\":\"pt\"},"
                        "\"b\":{\"shape\":[],\"dtype\":\"F32\",\"data_offsets\":[4,8]},"
                        "\"empty\":{\"dtype\":\"F32\",\"shape\":[3,0],\"data_offsets\":[4,4]},"
                        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}    ",
                        raw<float>({1, 2})),
            "w.safetensors");
        QCOMPARE(file.tensors.size(), std::size_t(3));
        QCOMPARE(file.tensors[0].name, std::string("b"));
        QVERIFY((file.tensors[0].values == std::vector<float>{2}));
        QVERIFY(file.tensors[1].values.empty());
        QVERIFY((file.tensors[2].values == std::vector<float>{1}));
        QVERIFY(parseWeights(safetensors("{}", ""), "w").tensors.empty());
    }

    void sharedPrefixesAreTakenOff()
    {
        const auto file = parseWeights(
            safetensors(
                "{\"module.model.a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}"
                ",\"module.model.b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]"
                "}}",
                "xy"),
            "w");
        QCOMPARE(file.prefix, std::string("module.model."));
        QCOMPARE(file.tensors[0].name, std::string("a"));
        QCOMPARE(file.tensors[1].name, std::string("b"));
    }

    /// F16; what such files may cost is in tst_weight_limits.cpp.
    void wrongFilesAreRefused_data();
    void wrongFilesAreRefused()
    {
        QFETCH(QByteArray, file);
        QFETCH(QString, why);
        const auto message = refusal(bytesOf(file.toStdString()));
        QVERIFY2(message.find(why.toStdString()) != std::string::npos, message.c_str());
        QVERIFY(message.find("w.safetensors") != std::string::npos);
    }

    /// F16.
    void everyTruncationOfARealFileIsRefused()
    {
        BITDIAL_NEED_SHARED("models/mlperf_tiny_kws_dscnn_bn.safetensors");
        QFile file(QString::fromStdString(
            (sharedData() / "models/mlperf_tiny_kws_dscnn_bn.safetensors").string()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const auto all = file.readAll();
        QCOMPARE(parseWeights(bytesOf(all.toStdString()), "w").tensors.size(), std::size_t(56));
        for (qsizetype size = 0; size < 4096; ++size)
            QVERIFY(refusal(bytesOf(all.first(size).toStdString())) != "(read)");
        for (int percent = 0; percent < 100; ++percent)
            QVERIFY(refusal(bytesOf(all.first(all.size() * percent / 100).toStdString())) !=
                    "(read)");
    }

private:
    static void placeRows();
    static void shapeAndTypeRows();
    static void textRows();
};

void TestSafetensors::wrongFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("why");
    placeRows();
    shapeAndTypeRows();
    textRows();
}

/// Lengths of the header and places of the data.
void TestSafetensors::placeRows()
{
    const std::string good = "{" + entry("a", "F32", "[2]", "[0,8]") + "}";
    row("N above the file", safetensors(good, "12345678", 5000), "but the file has");
    row("N above 100 MB", safetensors(good, "12345678", 100'000'001), "limit of 100000000");
    row("N is 2^64 - 1", safetensors(good, "12345678", ~std::uint64_t(0)), "limit of 100000000");
    row("N too small", safetensors(good, "12345678", 20), "no valid JSON");
    row("overlap",
        safetensors("{" + entry("a", "F32", "[2]", "[0,8]") + "," +
                        entry("b", "F32", "[1]", "[4,8]") + "}",
                    "12345678"),
        "overlap");
    row("hole",
        safetensors("{" + entry("a", "U8", "[2]", "[0,2]") + "," +
                        entry("b", "U8", "[2]", "[4,6]") + "}",
                    "123456"),
        "gap");
    row("bytes before", one("F32", "[1]", "[4,8]"), "gap");
    row("bytes behind", one("F32", "[1]", "[0,4]"), "4 bytes behind");
    row("range beyond the data", one("F32", "[3]", "[0,12]"), "ends at byte 12");
    row("range backwards", one("F32", "[2]", "[8,0]"), "ends before it begins");
    row("range of three", one("F32", "[2]", "[0,4,8]"), "not a begin and an end");
    row("range negative", one("F32", "[2]", "[-8,0]"), "a negative number");
}

void TestSafetensors::shapeAndTypeRows()
{
    row("shape does not fit", one("F32", "[3]", "[0,8]"), "shape and dtype do not");
    row("shape negative", one("F32", "[-2]", "[0,8]"), "a negative number");
    row("shape not whole", one("F32", "[2.0]", "[0,8]"), "not whole");
    row("shape overflows", one("F32", "[4294967296,4294967296,4294967296]", "[0,8]"), "too large");
    row("shape times type overflows", one("F64", "[2305843009213693952]", "[0,8]"),
        "shape and dtype do not");
    row("number above 2^63", one("F32", "[18446744073709551615]", "[0,8]"), "above 2^63");
    row("number above 2^64", one("F32", "[99999999999999999999999]", "[0,8]"), "not whole");
    row("17 axes", one("U8", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,8]", "[0,8]"), "more than 16");
    row("unknown type", one("F8_E4M3", "[8]", "[0,8]"), "'F8_E4M3' is not read");
    row("sub-byte type", one("F4", "[16]", "[0,8]"), "'F4' is not read");
}

void TestSafetensors::textRows()
{
    row("type missing", safetensors("{\"a\":{\"shape\":[8],\"data_offsets\":[0,8]}}", "12345678"),
        "is missing");
    row("unknown key", safetensors("{\"a\":{\"dtypo\":\"F32\"}}", ""), "unknown key 'dtypo'");
    row("a name twice",
        safetensors("{" + entry("a", "U8", "[4]", "[0,4]") + "," +
                        entry("a", "U8", "[4]", "[4,8]") + "}",
                    "12345678"),
        "the name 'a' appears twice");
    row("a key twice", safetensors("{\"a\":{\"dtype\":\"U8\",\"dtype\":\"F32\"}}", ""),
        "the key 'dtype' appears twice");
    row("metadata is no text", safetensors("{\"__metadata__\":{\"a\":1}}", ""), "a number");
    row("tensor is a number", safetensors("{\"a\":1}", ""), "a number");
    row("nested list", one("F32", "[[2]]", "[0,8]"), "a list");
    row("deep",
        safetensors("{\"a\":" + std::string(100'000, '[') + std::string(100'000, ']') + "}", ""),
        "a list");
    row("deep objects", safetensors("{\"a\":{\"a\":{\"a\":{}}}}", ""), "unknown key");
    row("not UTF-8", safetensors("{\"\xFF\xFE\":{}}", ""), "no valid JSON");
    row("UTF-16", bytesOf(std::string("\xFF\xFE{\0", 4)), "neither safetensors");
    row("text behind the object",
        safetensors("{" + entry("a", "F32", "[2]", "[0,8]") + "}x", "12345678"), "no valid JSON");
    row("empty file", {}, "neither safetensors");
    row("escape in a name",
        safetensors("{\"\\u001b[31m\\n\":{\"dtype\":\"F4\",\"shape\":[],\"data_offsets\":[0,0]}}",
                    ""),
        "'\\x1B[31m\\x0A'");
}

QTEST_GUILESS_MAIN(TestSafetensors)
#include "tst_safetensors.moc"
