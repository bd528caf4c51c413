// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/quantization/aimet_encodings.h"
#include "core/quantization/bits_file.h"
#include "core/quantization/encodings_csv.h"
#include "network_fixture.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Two layers and three tensors: input -> layer0 (conv, 3 channels) -> t1 -> layer1 (linear) -> t2.
std::shared_ptr<const Network> smallNetwork()
{
    NetworkBuilder b({2, 4, 4});
    return b.build(b.linear(b.conv(0, 3, 3, 1, {}, Activation::Relu), 5, Activation::None));
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

template <typename Read> ErrorDetails refusalOf(const Read& read)
{
    try {
        read();
    } catch (const Error& error) {
        return error.details();
    }
    return {ErrorCode::Failed, "not refused", "", "", ""};
}

/// The encodings of one parameter and one activation in the words of 0.6.1.
std::string map061(const std::string& weight, const std::string& activation,
                   const std::string& version = "\"0.6.1\"")
{
    return R"({"version": )" + version + R"(, "activation_encodings": {"t1": [)" + activation +
           R"(]}, "param_encodings": {"layer0.weight": [)" + weight + R"(], "layer1.weight": [)" +
           weight + R"(]}})";
}

const std::string weight_enc =
    R"({"bitwidth": 4, "dtype": "int", "is_symmetric": "True", "max": 3.5, "min": -4.0,
        "offset": -8, "scale": 0.5})";
const std::string activation_enc =
    R"({"bitwidth": 8, "dtype": "int", "is_symmetric": "False", "max": 63.75, "min": 0.0,
        "offset": 0, "scale": 0.25})";

std::string list100(const std::string& entry, const std::string& version = "1.0.0")
{
    return R"({"version": ")" + version + R"(", "activation_encodings": [{"name": "t1",)" + entry +
           R"(}], "param_encodings": [{"name": "layer0.weight",)" + entry +
           R"(}, {"name": "layer1.weight",)" + entry + R"(}]})";
}

const std::string entry100 =
    R"("dtype": "INT", "enc_type": "PER_TENSOR", "bw": 4, "is_sym": true, "scale": [0.5],
       "offset": [-8])";

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto at = text.find(from);
    return at == std::string::npos ? "not found: " + from : text.replace(at, from.size(), to);
}

const std::string table = "name,kind,bits,scale,signed,bytes\r\n"
                          "layer0,weight,4,0.5 0.25 0.125,1,27\r\n"
                          "layer1,weight,2,0.5,1,15\r\n"
                          "t1,activation,8,0.25,0,12\r\n";

} // namespace

class TestExchangeFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aimetDialectsAreRead()
    {
        const auto network = smallNetwork();
        const std::string texts[] = {
            map061(weight_enc, activation_enc),
            replaced(map061(weight_enc, activation_enc), R"("version": "0.6.1", )", ""),
            replaced(map061(weight_enc, activation_enc), R"("True")", "true"),
            // the offset as the samples of TensorFlow count it
            replaced(map061(weight_enc, activation_enc), R"("offset": -8)", R"("offset": 7)"),
            replaced(map061(weight_enc, activation_enc), R"("offset": -8)", R"("offset": 8)")};
        for (const auto& text : texts) {
            const auto read = fromAimetEncodings(*network, text, "x");
            QCOMPARE(int(read.size()), 3);
            const TensorEncoding weight{"layer0", true, 4, true, {0.5F}};
            const TensorEncoding activation{"t1", false, 8, false, {0.25F}};
            QVERIFY(std::ranges::find(read, weight) != read.end());
            QVERIFY(std::ranges::find(read, activation) != read.end());
            QCOMPARE(assignmentFrom(*network, read, "x").bits.weightBits(1), 4);
        }
        const auto read = fromAimetEncodings(*network, list100(entry100), "x");
        QCOMPARE(assignmentFrom(*network, read, "x").bits.weightBits(0), 4);
        const auto newest = fromAimetEncodings(*network,
                                               R"({"version": "2.0.0", "encodings": [
                {"name": "layer0.weight", "output_dtype": "int4", "axis": 0,
                 "y_scale": [[[[0.5]]], [[[0.25]]], [[[0.125]]]]},
                {"name": "layer0.bias", "output_dtype": "int32", "y_scale": [1.0]},
                {"name": "layer1.weight", "output_dtype": "int2", "y_scale": 0.5},
                {"name": "t1", "output_dtype": "uint8", "y_scale": 0.25, "y_zero_point": 0}]})",
                                               "x");
        QVERIFY(newest.front() == (TensorEncoding{"layer0", true, 4, true, {0.5F, 0.25F, 0.125F}}));
        QCOMPARE(assignmentFrom(*network, newest, "x").bits.weightBits(1), 2);
    }

    /// F19 and F21.
    void wrongAimetIsRefused_data()
    {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("part");
        const auto row = [](const char* name, const std::string& text, const char* part) {
            QTest::newRow(name) << QString::fromStdString(text) << QString(part);
        };
        const auto good = map061(weight_enc, activation_enc);
        row("version 9.9", replaced(good, "0.6.1", "9.9"), "version 9.9");
        row("version a number", map061(weight_enc, activation_enc, "1"), "version is no text");
        row("list in a map's version", list100(entry100, "0.6.1"), "no map");
        row("map in a list's version", replaced(good, "0.6.1", "1.0.0"), "no list");
        row("2 bits in 0.6.1", replaced(good, R"("bitwidth": 4)", R"("bitwidth": 2)"),
            "from 4 to 32");
        row("33 bits", replaced(good, R"("bitwidth": 8)", R"("bitwidth": 33)"), "from 4 to 32");
        row("a half bit", replaced(good, R"("bitwidth": 8)", R"("bitwidth": 7.5)"), "from 4 to 32");
        row("wrong offset", replaced(good, R"("offset": -8)", R"("offset": -6)"), "contradicts");
        row("wrong width for the range", replaced(good, R"("bitwidth": 4)", R"("bitwidth": 8)"),
            "do not give 2^8");
        row("a word for a flag", replaced(good, R"("True")", R"("yes")"), "neither true nor false");
        row("zero scale", replaced(good, R"("scale": 0.5)", R"("scale": 0)"), "scale");
        row("negative scale", replaced(good, R"("scale": 0.5)", R"("scale": -0.5)"), "scale");
        row("denormal scale", replaced(good, R"("scale": 0.5)", R"("scale": 1e-44)"), "scale");
        row("float", replaced(good, R"("dtype": "int")", R"("dtype": "float")"), "of type float");
        row("NaN", replaced(good, "-4.0", "NaN"), "not valid JSON");
        row("infinity", replaced(good, "-4.0", "1e999"), "not valid JSON");
        row("key twice", replaced(good, R"("t1": [)", R"("t1": [], "t1": [)"), "occurs twice");
        row("no encodings", R"({"version": "0.6.1", "param_encodings": {}})", "activation_enc");
        row("empty list", replaced(good, weight_enc, ""), "not a list of encodings");
        row("a number for an entry", replaced(good, weight_enc, "5"), "not a list of encodings");
        row("blocks", replaced(list100(entry100), "PER_TENSOR", "PER_BLOCK"), "PER_BLOCK");
        row("offsets missing", replaced(list100(entry100), "[-8]", "[]"), "right length");
        row("offset of no width", replaced(list100(entry100), "[-8]", "[-5]"), "does not fit");
        row("name missing", replaced(list100(entry100), R"("name": "t1",)", ""), "'name'");
        row("no object", "[]", "not a JSON object");
        row("cut off", good.substr(0, good.size() / 2), "not valid JSON");
        row("deep", R"({"param_encodings":)" + std::string(100000, '['), "nests deeper");
        std::string many = R"({"version": "2.0.0", "encodings": [)";
        for (int i = 0; i < 100000; ++i)
            many += R"({"name": "a"},)";
        row("many objects", many + "{}]}", "more than");
        row("2.0.0 of float", R"({"version": "2.0.0", "encodings": [{"name": "t1",
            "output_dtype": "float16", "y_scale": 1}]})",
            "no integer type");
        row("2.0.0 of 99 bits", R"({"version": "2.0.0", "encodings": [{"name": "t1",
            "output_dtype": "int99", "y_scale": 1}]})",
            "no integer type");
    }
    void wrongAimetIsRefused()
    {
        QFETCH(QString, text);
        QFETCH(QString, part);
        const auto refusal = refusalOf(
            [&] { fromAimetEncodings(*smallNetwork(), text.toStdString(), "x.encodings"); });
        QVERIFY2(refusal.code == ErrorCode::BadInput && contains(refusal.why, part.toStdString()),
                 (refusal.where + ": " + refusal.why).c_str());
        QVERIFY(contains(refusal.where, "x.encodings"));
    }

    void namesAreListedBothWays()
    {
        const auto network = smallNetwork();
        std::vector<TensorEncoding> encodings = {{"layer0", true, 4, true, {}},
                                                 {"layr1", true, 4, true, {}},
                                                 {"t9", false, 4, true, {}}};
        const auto refusal = refusalOf([&] { assignmentFrom(*network, encodings, "x"); });
        QVERIFY(contains(refusal.why, "no layer 'layr1'") &&
                contains(refusal.why, "no tensor 't9'"));
        QVERIFY(contains(refusal.why, "says nothing of 'weights of layer1', 't1'"));
        QVERIFY(contains(refusal.next, "'layer1'") && contains(refusal.next, "'t1'"));
    }

    void widthsAndScalesMustFit()
    {
        const auto network = smallNetwork();
        const std::vector<TensorEncoding> good = {{"layer0", true, 4, true, {1, 2, 3}},
                                                  {"layer1", true, 2, true, {1}},
                                                  {"t1", false, 8, false, {1}},
                                                  {"t2", false, 8, true, {1}}};
        const auto read = assignmentFrom(*network, good, "x");
        QCOMPARE(read.bits.weightBits(1), 2);
        QCOMPARE(read.bits.activationBits(2), 32);
        QCOMPARE(int(read.remarks.size()), 1); // of the output, whose 8 bits have no meaning here
        const auto why = [&](auto change) {
            auto changed = good;
            change(changed);
            return refusalOf([&] { assignmentFrom(*network, changed, "x"); }).why;
        };
        QVERIFY(contains(why([](auto& e) { e[0].bits = 3; }), "its width is 3"));
        QVERIFY(contains(why([](auto& e) { e[0].scales.push_back(1); }), "4 scales"));
        QVERIFY(contains(why([](auto& e) { e.push_back(e[0]); }), "occurs twice"));
        QVERIFY(contains(why([](auto& e) {
                             e.push_back({"input", false, 4, false, {}});
                         }),
                         "fixed at 8"));
    }

    void formulasAreGuarded()
    {
        for (const std::string name : {"=1+1", "+a", "-a", "@a", "'quoted", "a,b", "a\"b", "a\nb",
                                       "\tx", "", "plain", "umläut"}) {
            NetworkDescription description;
            description.tensors = {{name, {1, 1, 1}, -1, {0}}, {"out", {1, 1, 1}, 0, {}}};
            Layer layer;
            layer.name = "pool";
            layer.kind = LayerKind::AveragePool;
            layer.inputs = {0};
            layer.output = 1;
            layer.geometry.input = layer.geometry.output = {1, 1, 1};
            description.layers = {layer};
            description.output = 1;
            const Network network(description, nullptr);
            const std::vector<TensorEncoding> encodings = {{name, false, 8, false, {0.1F}},
                                                           {"out", false, 8, true, {3e-39F, 7}}};
            const auto text = toEncodingsCsv(network, encodings);
            QVERIFY(fromEncodingsCsv(text, "x") == encodings);
            const auto cell = text.substr(text.find("\r\n") + 2, 2);
            QVERIFY(std::string("=+-@\t").find(cell[0] == '"' ? cell[1] : cell[0]) ==
                    std::string::npos);
        }
    }

    /// F21 and F47.
    void wrongTablesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("part");
        const auto row = [](const char* name, const std::string& text, const char* part) {
            QTest::newRow(name) << QByteArray::fromStdString(text) << QString(part);
        };
        row("empty", "", "'name' is missing");
        row("no bytes column", replaced(table, ",bytes", ""), "'bytes' is missing");
        row("column twice", replaced(table, "bytes", "bytes,name"), "columns twice");
        row("too few fields", replaced(table, ",27", ""), "5 fields");
        row("too many fields", replaced(table, ",27", ",27,1"), "7 fields");
        row("a kind of its own", replaced(table, "weight", "bias"), "neither weight nor");
        row("comma for the point", replaced(table, "0.5 0.25 0.125", "\"0,5\""), "'0,5'");
        row("NaN", replaced(table, "0.25", "nan"), "'nan'");
        row("negative", replaced(table, "0.25", "-1"), "'-1'");
        row("half a bit", replaced(table, "weight,4", "weight,4.5"), "'4.5'");
        row("sign", replaced(table, ",1,27", ",yes,27"), "'yes'");
        row("open quote", table + "\"t2", "never closed");
        row("quote inside", replaced(table, "layer0", "la\"yer"), "quote");
        row("text behind a quote", replaced(table, "layer0", "\"la\"yer"), "closing quote");
        row("lone CR", replaced(table, "\r\n", "\r"), "CR alone");
        row("Latin-1", replaced(table, "layer0", "\xe4"), "not UTF-8");
        row("long field", replaced(table, "layer0", std::string(2 << 20, 'a')), "1 MiB");
    }
    void wrongTablesAreRefused()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, part);
        const auto refusal = refusalOf([&] { fromEncodingsCsv(text.toStdString(), "bits.csv"); });
        QVERIFY2(refusal.code == ErrorCode::BadInput && contains(refusal.why, part.toStdString()),
                 refusal.why.c_str());
        QVERIFY(refusal.where.starts_with("bits.csv:"));
    }

    void filesAreToldApartByContent()
    {
        const auto network = smallNetwork();
        QTemporaryDir folder;
        const std::filesystem::path file = folder.filePath("bits").toStdString();
        const auto bits = [&](const std::string& text) {
            writeFileAtomically(file, text);
            return readBitsFile(*network, file).bits;
        };
        auto expected = BitAssignment::uniform(*network, 4, 8);
        QVERIFY(bits(map061(weight_enc, activation_enc)) == expected);
        QVERIFY(bits(toBitsJson(*network, expected)) == expected);
        expected.setWeightBits(1, 2);
        QVERIFY(bits(table) == expected);
        QVERIFY(bits("\xef\xbb\xbf" + table) == expected);
        QVERIFY(bits("bits,name,kind,signed,bytes,scale\n4,layer0,weight,1,0,\n"
                     "2,layer1,weight,1,0,\n8,t1,activation,0,0,\n") == expected);
        QVERIFY(contains(refusalOf([&] { bits("hello"); }).why, "not valid JSON"));
        QVERIFY(contains(refusalOf([&] { bits(""); }).why, "not valid JSON"));
        QVERIFY(contains(refusalOf([&] { bits("\x08nonsense"); }).where, file.string()));
        QVERIFY_EXCEPTION_THROWN(readBitsFile(*network, folder.path().toStdString()), Error);
        QVERIFY_EXCEPTION_THROWN(readBitsFile(*network, "/dev/zero"), Error);
        QVERIFY_EXCEPTION_THROWN(readBitsFile(*network, file / "absent"), Error);
    }
};

QTEST_GUILESS_MAIN(TestExchangeFiles)
#include "tst_exchange_files.moc"
