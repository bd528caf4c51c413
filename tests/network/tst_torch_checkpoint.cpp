// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/weights/weight_file.h"
#include "tests/network/weight_files.h"
#include "tests/support/shared_data.h"

#include <QTest>

using namespace bitdial;
using namespace bitdial::test;
using namespace bitdial::test::pickle;

namespace {

using Floats = std::vector<float>;

std::string refusal(const std::vector<std::byte>& bytes)
{
    try {
        parseWeights(bytes, "w.pth");
    } catch (const Error& error) {
        return error.what();
    }
    return "(read)";
}

/// A zip checkpoint whose pickle makes `value`, with the storage `0` of the numbers 0 to 5.
std::vector<std::byte> zipOf(const std::string& value)
{
    return torchZip(value, {{"0", raw<float>({0, 1, 2, 3, 4, 5})}});
}

std::string oneStorage()
{
    return storage("FloatStorage", "0", 6);
}

std::vector<std::byte> contentOf(const std::string& file)
{
    QFile from(QString::fromStdString((sharedData() / file).string()));
    if (!from.open(QIODevice::ReadOnly))
        return {};
    return bytesOf(from.readAll().toStdString());
}

/// A file and why it is refused; (read): it is not.
void row(const char* name, const std::vector<std::byte>& bytes, const char* why)
{
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                      qsizetype(bytes.size()))
                        << why;
}

} // namespace

class TestTorchCheckpoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stridesAndOffsetsAreHonoured()
    {
        const auto file = parseWeights(
            zipOf(dict({text("rows"), tensor(oneStorage(), 0, {2, 3}, {3, 1}),    //
                        text("columns"), tensor(oneStorage(), 0, {3, 2}, {1, 3}), // transposed
                        text("part"), tensor(oneStorage(), 2, {2}, {2}),          //
                        text("same"), tensor(oneStorage(), 5, {2, 2}, {0, 0}),    // expanded
                        text("number"), tensor(oneStorage(), 4, {}, {}),          //
                        text("none"), tensor(oneStorage(), 6, {0, 3}, {3, 1})})),
            "w.pth");
        QCOMPARE(file.format, std::string("PyTorch zip"));
        QCOMPARE(file.tensors.size(), std::size_t(6));
        QVERIFY((file.tensors[0].values == Floats{0, 1, 2, 3, 4, 5}));
        QVERIFY((file.tensors[1].values == Floats{0, 3, 1, 4, 2, 5}));
        QVERIFY((file.tensors[2].values == Floats{2, 4}));
        QVERIFY((file.tensors[3].values == Floats{5, 5, 5, 5}));
        QVERIFY((file.tensors[4].values == Floats{4}));
        QVERIFY(file.tensors[5].values.empty());
        QVERIFY((file.tensors[1].sizes == std::vector<std::int64_t>{3, 2}));
    }

    void everyStorageTypeIsRead()
    {
        const auto read = [](const std::string& type, const std::string& content) {
            return parseWeights(
                       torchZip(dict({text("a"), tensor(storage(type, "k", 2), 0, {2}, {1})}),
                                {{"k", content}}),
                       "w.pth")
                .tensors[0]
                .values;
        };
        QVERIFY((read("DoubleStorage", raw<double>({1.5, -2})) == Floats{1.5, -2}));
        QVERIFY((read("HalfStorage", raw<std::uint16_t>({0x3E00, 0xC000})) == Floats{1.5, -2}));
        QVERIFY((read("BFloat16Storage", raw<std::uint16_t>({0x3FC0, 0xC000})) == Floats{1.5, -2}));
        QVERIFY((read("LongStorage", raw<std::int64_t>({7, -2})) == Floats{7, -2}));
        QVERIFY((read("IntStorage", raw<std::int32_t>({7, -2})) == Floats{7, -2}));
        QVERIFY((read("ShortStorage", raw<std::int16_t>({7, -2})) == Floats{7, -2}));
        QVERIFY((read("CharStorage", raw<std::int8_t>({7, -2})) == Floats{7, -2}));
        QVERIFY((read("ByteStorage", raw<std::uint8_t>({7, 200})) == Floats{7, 200}));
        QVERIFY((read("BoolStorage", raw<std::uint8_t>({1, 0})) == Floats{1, 0}));
    }

    void nestedStateDictsAndPrefixesAreFound()
    {
        const auto state =
            dict({text("module.a"), tensor(oneStorage(), 0, {1}, {1}), text("module.b"),
                  tensor(oneStorage(), 1, {1}, {1}), text("module.note"), text("no tensor")});
        for (const char* key : {"state_dict", "model_state_dict", "model", "net"}) {
            const auto file =
                parseWeights(zipOf(dict({text("epoch"), integer(3), text("best"),
                                         tensor(oneStorage(), 0, {1}, {1}), text(key), state})),
                             "w.pth");
            QCOMPARE(file.prefix, std::string("module."));
            QCOMPARE(file.tensors.size(), std::size_t(2));
            QCOMPARE(file.tensors[1].name, std::string("b"));
            QVERIFY((file.ignored == std::vector<std::string>{"epoch", "best", "module.note"}));
        }
    }

    void plainObjectsDoNoHarm()
    {
        // Ordered dict with attributes, parameter, size, float, long, bytes, memo, list, tuples.
        const auto parameter = global("torch._utils", "_rebuild_parameter") +
                               tuple({tensor(oneStorage(), 3, {1}, {1}), "\x88",
                                      global("collections", "OrderedDict") + ")R"}) +
                               "R";
        const auto size = global("torch", "Size") + tuple({integers({1, 2})}) + "R";
        const std::string value =
            global("collections", "OrderedDict") + ")Rq\x01(" + text("a") + parameter +
            text("size") + size + text("f") + "G" + std::string("\x3F\xF8\0\0\0\0\0\0", 8) +
            text("long") + "\x8A\x02\xFF\x7F" + text("list") + "](K\1NI01\ne" + text("one") +
            "K\1\x85" + text("b") + "U\3abc" + text("self") + "h\x01u}" + text("_metadata") + "}sb";
        const auto file = parseWeights(zipOf(value), "w.pth");
        QCOMPARE(file.tensors.size(), std::size_t(1));
        QVERIFY((file.tensors[0].values == Floats{3}));
        QCOMPARE(file.ignored.size(), std::size_t(7));
    }

    void legacyFilesAreRead()
    {
        const auto part =
            tuple({text("storage"), global("torch", "FloatStorage"), text("key"), text("cuda:0"),
                   integer(4), tuple({text("view"), integer(1), integer(2)})}) +
            "Q";
        const auto whole_storage = tuple({text("storage"), global("torch.cuda", "FloatStorage"),
                                          text("key"), text("cuda:0"), integer(4), "N"}) +
                                   "Q";
        const auto value = dict({text("all"), tensor(whole_storage, 0, {2, 2}, {2, 1}),
                                 text("view"), tensor(part, 1, {1}, {1})});
        const auto file =
            parseWeights(torchLegacy(value, "key", 4, raw<float>({1, 2, 3, 4})), "w.th");
        QCOMPARE(file.format, std::string("PyTorch legacy"));
        QVERIFY((file.tensors[0].values == Floats{1, 2, 3, 4}));
        QVERIFY((file.tensors[1].values == Floats{3}));
    }

    /// F17; that nothing is run, in tst_weight_limits.cpp.
    void codeIsRefusedByItsName_data();
    void codeIsRefusedByItsName()
    {
        QFETCH(QByteArray, value);
        QFETCH(QString, why);
        // In an archive, as the object of a legacy file, and alone.
        const auto content = value.toStdString();
        for (const auto& file : {torchZip(content, {}), bytesOf(legacyHeader() + whole(content)),
                                 bytesOf(whole(content))}) {
            const auto message = refusal(file);
            QVERIFY2(message.find(why.toStdString()) != std::string::npos, message.c_str());
        }
    }

    void wrongFilesAreRefused_data();
    void wrongFilesAreRefused()
    {
        QFETCH(QByteArray, file);
        QFETCH(QString, why);
        const auto message = refusal(bytesOf(file.toStdString()));
        QVERIFY2(message.find(why.toStdString()) != std::string::npos, message.c_str());
        QVERIFY(message.find("w.pth") != std::string::npos);
    }

    /// F17.
    void hugePicklesEnd()
    {
        const auto deep = [](const std::string& opcode, std::size_t count) {
            std::string all;
            for (std::size_t i = 0; i < count; ++i)
                all += opcode;
            return refusal(bytesOf(legacyHeader() + whole(all) + whole("]")));
        };
        QVERIFY(deep("]", 2'000'000).find("objects") != std::string::npos);
        QVERIFY(deep("(", 2'000'000).find("marks") != std::string::npos);
        QVERIFY(deep("K\1"
                     "0",
                     900'000) != "(read)");
        QVERIFY(deep("](", 400'000) != "(read)");
        // Dicts that hold themselves.
        QVERIFY(deep("}q\1(U\5modelh\1u", 100'000).find("dict of tensors") != std::string::npos);
    }

    void theSharedFilesAreRead()
    {
        BITDIAL_NEED_SHARED("models/mlperf_tiny_kws_dscnn_bn.pth");
        BITDIAL_NEED_SHARED("models/mlperf_tiny_kws_dscnn_bn.safetensors");
        const auto path = sharedData() / "models";
        const auto pth = readWeights(path / "mlperf_tiny_kws_dscnn_bn.pth");
        auto tensors = readWeights(path / "mlperf_tiny_kws_dscnn_bn.safetensors").tensors;
        QCOMPARE(pth.tensors.size(), tensors.size());
        for (const auto& expected : tensors) {
            const auto found = std::ranges::find(pth.tensors, expected.name, &NamedTensor::name);
            QVERIFY(found != pth.tensors.end());
            QVERIFY(found->sizes == expected.sizes && found->values == expected.values);
        }
        const auto th = readWeights(path / "resnet20-12fca82f.th");
        QCOMPARE(th.format, std::string("PyTorch legacy"));
        QCOMPARE(th.tensors.size(), std::size_t(97));
        QCOMPARE(th.prefix, std::string("module."));
        QCOMPARE(th.tensors.back().name, std::string("linear.bias"));
        QVERIFY(th.ignored == std::vector<std::string>{"best_prec1"});
    }

    void truncatedFilesAreRefused_data()
    {
        QTest::addColumn<QString>("file");
        QTest::newRow("zip") << "models/mlperf_tiny_kws_dscnn_bn.pth";
        QTest::newRow("legacy") << "models/resnet20-12fca82f.th";
    }
    void truncatedFilesAreRefused()
    {
        QFETCH(QString, file);
        const auto bytes = contentOf(file.toStdString());
        if (bytes.empty())
            QSKIP("the shared test data is not on this machine");
        const auto part = [&](std::size_t size) {
            return refusal({bytes.begin(), bytes.begin() + std::ptrdiff_t(size)});
        };
        for (std::size_t size = 0; size < 4096; ++size)
            QVERIFY(part(size) != "(read)");
        for (std::size_t percent = 0; percent < 100; ++percent)
            QVERIFY(part(bytes.size() * percent / 100) != "(read)");
    }

private:
    static void storageRows();
    static void pickleRows();
    static void legacyRows();
};

void TestTorchCheckpoint::codeIsRefusedByItsName_data()
{
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("why");
    const auto row = [](const char* name, const std::string& value, const char* why) {
        QTest::newRow(name) << QByteArray(value.data(), qsizetype(value.size())) << why;
    };
    const auto call = tuple({text("echo")}) + "R";
    row("os.system", global("os", "system") + call, "'os.system'");
    row("posix.system", global("posix", "system") + call, "'posix.system'");
    row("builtins.eval", global("builtins", "eval") + call, "'builtins.eval'");
    row("by the stack", text("posix") + text("system") + "\x93" + call, "'posix.system'");
    row("inst", "(iposix\nsystem\n", "'posix.system'");
    row("a dotted name", global("torch", "_utils._rebuild_tensor_v2"), "'torch._utils._rebuild");
    row("torch.load", global("torch", "load") + call, "'torch.load'");
    row("getattr", global("__builtin__", "getattr"), "'__builtin__.getattr'");
    row("another storage", global("torch", "QInt8Storage"), "'torch.QInt8Storage'");
    row("hidden in a name", global("posix", "sys\x1B[2Jtem"), "'posix.sys\\x1B[2Jtem'");
    row("obj", "(" + global("collections", "OrderedDict") + "o", "object of a class");
    row("newobj", global("collections", "OrderedDict") + ")\x81", "object of a class");
    row("extension", "\x82\x01", "extension registry");
    row("extension of 4 bytes", std::string("\x84\x01\0\0\0", 5), "extension registry");
    row("reduce of a text", text("posix.system") + call, "no known name");
    row("reduce of a storage type", global("torch", "FloatStorage") + call, "wrong values");
    row("build of a list", "]}b", "no dict");
    row("attributes that are no dict", "}" + text("x") + "b", "no dict");
    row("persistent id as text", "Pkey\n", "instruction 80");
    row("unknown opcode", "\x07", "instruction 7");
}

void TestTorchCheckpoint::wrongFilesAreRefused_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("why");
    storageRows();
    pickleRows();
    legacyRows();
}

void TestTorchCheckpoint::storageRows()
{
    const auto one = [](std::int32_t offset, const std::vector<std::int32_t>& sizes,
                        const std::vector<std::int32_t>& strides) {
        return zipOf(dict({text("a"), tensor(oneStorage(), offset, sizes, strides)}));
    };
    row("too long", one(0, {7}, {1}), "outside its storage");
    row("offset too far", one(6, {1}, {1}), "outside its storage");
    row("offset negative", one(-1, {1}, {1}), "outside its storage");
    row("stride too far", one(0, {2, 2}, {5, 1}), "outside its storage");
    row("stride negative", one(3, {2}, {-1}), "outside its storage");
    row("size negative", one(0, {-2, -3}, {3, 1}), "outside its storage");
    row("fewer strides", one(0, {2, 3}, {1}), "outside its storage");
    row("a terabyte of one number", one(0, {1 << 20, 1 << 20}, {0, 0}), "too much memory");
    row("sizes overflow", one(0, {1 << 30, 1 << 30, 1 << 30}, {0, 0, 0}), "outside its storage");
    row("storage shorter than it says",
        torchZip(dict({text("a"), tensor(storage("FloatStorage", "0", 9), 0, {9}, {1})}),
                 {{"0", raw<float>({1, 2})}}),
        "too few for 9 numbers");
    row("storage of another folder",
        torchZip(dict({text("a"), tensor(storage("FloatStorage", "../x", 1), 0, {1}, {1})}), {}),
        "does not have it");
    row("negative storage",
        torchZip(dict({text("a"), tensor(storage("FloatStorage", "0", -1), 0, {0}, {1})}),
                 {{"0", ""}}),
        "negative number of elements");
}

void TestTorchCheckpoint::pickleRows()
{
    row("two of one name",
        zipOf(dict({text("a"), tensor(oneStorage(), 0, {1}, {1}), text("a"),
                    tensor(oneStorage(), 0, {1}, {1})})),
        "two tensors have the name");
    row("no tensors", zipOf(dict({text("epoch"), integer(1)})), "its keys are 'epoch'");
    row("a list", zipOf("]"), "no dict");
    row("stack is empty", zipOf("0"), "too little on the stack");
    row("no mark", zipOf("t"), "no mark");
    row("unknown memo", zipOf("h\x05"), "not remembered");
    row("append to a dict", zipOf("}K\1a"), "no list");
    row("protocol 6", torchZip("\x80\x06N", {}), "protocol 6");
    row("big-endian zip", torchZip("}", {}, {{.name = "archive/byteorder", .content = "big"}}),
        "'big'");
    row("TorchScript constants",
        torchZip("}", {}, {{.name = "archive/constants.pkl", .content = ""}}), "TorchScript");
    row("TorchScript code",
        torchZip("}", {}, {{.name = "archive/code/__torch__.py", .content = "import os"}}),
        "TorchScript");
    row("compressed storage",
        torchZip(dict({text("a"), tensor(storage("FloatStorage", "0", 1), 0, {1}, {1})}), {},
                 {{.name = "archive/data/0", .content = raw<float>({1}), .deflate = true}}),
        "compressed");
    row("zip without a pickle", ZipBuilder().add({.name = "a/b", .content = ""}).bytes(),
        "without data.pkl");
}

void TestTorchCheckpoint::legacyRows()
{
    row("legacy big-endian", bytesOf(legacyHeader(false) + whole("}")), "big-endian");
    const auto state = dict({text("a"), tensor(storage("FloatStorage", "0", 2), 0, {2}, {1})});
    row("legacy count differs", torchLegacy(state, "0", 3, raw<float>({1, 2, 3})),
        "its tensor says 2");
    row("legacy count is 2^63", torchLegacy(state, "0", std::uint64_t(1) << 63U, "x"),
        "its tensor says 2");
    row("legacy storage cut off", torchLegacy(state, "0", 2, raw<float>({1})), "is cut off");
    row("legacy other key", torchLegacy(state, "1", 2, raw<float>({1, 2})), "no tensor has");
    row("legacy without magic", bytesOf(whole("}")), "magic number");
    row("HDF5", bytesOf("\x89HDF\r\n\x1A\n"), "HDF5");
}

QTEST_GUILESS_MAIN(TestTorchCheckpoint)
#include "tst_torch_checkpoint.moc"
