// SPDX-License-Identifier: Apache-2.0
#include "core/network/open/open_network.h"
#include "core/network/weights/weight_file.h"
#include "tests/network/weight_files.h"
#include "tests/support/watched_run.h"

#include <QTemporaryDir>

#include <filesystem>
#include <fstream>

using namespace bitdial;
using namespace bitdial::test;
using namespace bitdial::test::pickle;

namespace {

std::string many(const std::string& part, std::size_t count)
{
    std::string all;
    all.reserve(part.size() * count);
    for (std::size_t i = 0; i < count; ++i)
        all += part;
    return all;
}

/// A header of `count` tensors without numbers, one number each where `bytes` is 1.
std::string emptyTensors(int count, int bytes)
{
    std::string header = "{";
    for (int i = 0; i < count; ++i)
        header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":{\"dtype\":\"U8\",\"shape\":[" +
                  std::to_string(bytes) + "],\"data_offsets\":[" + std::to_string(i * bytes) + "," +
                  std::to_string((i + 1) * bytes) + "]}";
    return header + "}";
}

/// A header whose tensors have names of `length` bytes.
std::string largeNames(int count, std::size_t length)
{
    std::string header = "{";
    for (int i = 0; i < count; ++i)
        header += (i > 0 ? ",\"" : "\"") + std::string(length, char('a' + i)) +
                  "\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}";
    return header + "}";
}

/// The first pickles of a legacy file, then `opcodes` as its object.
std::vector<std::byte> legacyOf(const std::string& opcodes)
{
    return bytesOf(legacyHeader() + whole(opcodes) + whole("]"));
}

/// A file and why it is refused; (read): it is not.
void row(const char* name, const std::vector<std::byte>& bytes, const char* why)
{
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                      qsizetype(bytes.size()))
                        << why;
}

} // namespace

/// F16 and F17: weights files whose content costs far more than their size, and code.
class TestWeightLimits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void memoryIsBounded_data();
    void memoryIsBounded()
    {
        QFETCH(QByteArray, file);
        QFETCH(QString, reason);
        const auto bytes = bytesOf(file.toStdString());
        BITDIAL_VERIFY_BOUNDED([&] { parseWeights(bytes, "w.pth"); }, bytes.size(), bytes.size(),
                               reason.toStdString());
    }

    /// F17: what would make a file when it is unpickled makes none, in any of the containers; and
    /// there is no other way in which the file is read then.
    void nothingIsRun_data()
    {
        QTest::addColumn<QByteArray>("module");
        QTest::addColumn<QByteArray>("name");
        QTest::addColumn<bool>("by_stack");
        for (const bool by_stack : {false, true})
            for (const auto& [module, name] :
                 {std::pair("os", "system"), std::pair("posix", "system"),
                  std::pair("nt", "system"), std::pair("subprocess", "check_output"),
                  std::pair("builtins", "exec"), std::pair("builtins", "__import__"),
                  std::pair("torch.utils.model_zoo", "load_url"), std::pair("torch", "load"),
                  std::pair("torch.jit", "load"), std::pair("functools", "partial"),
                  std::pair("torch.storage", "_load_from_bytes")})
                QTest::newRow(
                    ("F17 " + std::string(module) + "." + name + (by_stack ? " by the stack" : ""))
                        .c_str())
                    << QByteArray(module) << QByteArray(name) << by_stack;
    }
    void nothingIsRun()
    {
        QFETCH(QByteArray, module);
        QFETCH(QByteArray, name);
        QFETCH(bool, by_stack);
        const QTemporaryDir folder;
        const auto victim = folder.filePath("made").toStdString();
        const auto called = by_stack
                                ? text(module.toStdString()) + text(name.toStdString()) + "\x93"
                                : global(module.toStdString(), name.toStdString());
        const auto code = called + tuple({text("touch " + victim)}) + "R";
        const auto full_name = "'" + module.toStdString() + "." + name.toStdString() + "'";
        for (const auto& file : {torchZip(code, {}), legacyOf(code), bytesOf(whole(code)),
                                 torchZip(dict({text("a"), code}), {})}) {
            const auto path = folder.filePath("w.pth").toStdString();
            std::ofstream(path, std::ios::binary)
                .write(reinterpret_cast<const char*>(file.data()), std::streamsize(file.size()));
            for (const auto& open :
                 {std::function<void()>([&] { readWeights(path); }), std::function<void()>([&] {
                      openNetworkSource("zoo:resnet8?weights=" + path);
                  })}) {
                const auto run = watchedRun(open);
                QVERIFY2(run.refused() && run.message.find(full_name) != std::string::npos,
                         run.message.c_str());
            }
            QVERIFY(!std::filesystem::exists(victim));
        }
    }

    /// F16, F17: refused by its size, before it is read.
    void hugeFilesAreNotRead()
    {
        const QTemporaryDir folder;
        const auto path = folder.filePath("w.safetensors").toStdString();
        std::ofstream(path) << "{";
        std::error_code error;
        std::filesystem::resize_file(path, std::uintmax_t(1) << 40, error);
        if (error)
            QSKIP("this file system has no sparse files of that size");
        BITDIAL_VERIFY_BOUNDED([&] { readWeights(path); }, 0, 0, "more than the limit");
    }

private:
    static void safetensorsRows();
    static void checkpointRows();
};

void TestWeightLimits::memoryIsBounded_data()
{
    QTest::addColumn<QByteArray>("file");
    QTest::addColumn<QString>("reason");
    safetensorsRows();
    checkpointRows();
}

/// F16.
void TestWeightLimits::safetensorsRows()
{
    row("F16 as many tensors as there may be", safetensors(emptyTensors(100'000, 0), ""), "(read)");
    row("F16 more tensors", safetensors(emptyTensors(400'000, 0), ""), "more tensors than");
    row("F16 60 million small numbers",
        safetensors("{\"a\":{\"dtype\":\"U8\",\"shape\":[60000000],\"data_offsets\":[0,60000000]}}",
                    std::string(60'000'000, 'x')),
        "(read)");
    row("F16 100 million small numbers",
        safetensors(
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[100000000],\"data_offsets\":[0,100000000]}}",
            std::string(100'000'000, 'x')),
        "too much memory");
    row("F16 15 MB of metadata",
        safetensors("{\"__metadata__\":{\"a\":\"" + std::string(15'000'000, 'a') + "\"}}", ""),
        "(read)");
    row("F16 a name of 90 MB", safetensors("{\"" + std::string(90'000'000, 'a') + "\":1}", ""),
        "a text of more than");
    row("F16 names of 10 MB", safetensors(largeNames(9, 10'000'000), ""), "(read)");
    row("F16 90 MB of brackets", safetensors("{\"a\":" + std::string(90'000'000, '['), ""),
        "between two");
    row("F16 90 MB of white space", safetensors("{" + std::string(90'000'000, '\n') + "x", ""),
        "between two");
    row("F16 as much white space as there may be",
        safetensors("{" + std::string(1'000'000, '\n') + "x", ""), "no valid JSON");
}

/// F17 and F18.
void TestWeightLimits::checkpointRows()
{
    row("F17 millions of lists", legacyOf(many("]", 2'000'000)), "objects");
    row("F17 a million lists in one", legacyOf("](" + many("]", 900'000) + "e"), "no dict");
    row("F17 millions of marks", legacyOf(many("(", 2'000'000)), "marks");
    row("F17 lists in lists", legacyOf(many("](", 400'000)), "(");
    row("F17 millions of memos",
        legacyOf("]" + many(std::string("r\0\0\0\0", 5), 100) +
                 [] {
                     std::string all;
                     for (int i = 0; i < 2'000'000; ++i)
                         all += "r" + ZipBuilder::number(std::uint64_t(i), 4);
                     return all;
                 }()),
        "remember");
    // Each time twice as much as before, if it were written out.
    std::string doubled = "]q" + std::string(1, '\0');
    for (char i = 0; i < 100; ++i)
        doubled += std::string("]q") + char(i + 1) + "(h" + i + "h" + i + "e";
    row("F17 billion laughs", legacyOf(doubled), "no dict");
    row("F17 a text of 2^32 bytes",
        legacyOf("X\xFF\xFF\xFF\xFF"
                 "a"),
        "cut off");
    row("F17 a text of 2^63 bytes", legacyOf(std::string("\x8D\0\0\0\0\0\0\0\x80", 9) + "a"),
        "cut off");
    const auto tensors = [](int count, std::int32_t numbers) {
        std::string all = "}(";
        for (int i = 0; i < count; ++i)
            all += text(std::to_string(i)) +
                   tensor(storage("FloatStorage", "0", 1), 0, {numbers}, {0});
        return torchZip(all + "u", {{"0", std::string(4, '\0')}});
    };
    row("F17 one number a terabyte long", tensors(1, 0x7FFFFFFF), "too much memory");
    row("F17 one number in many tensors", tensors(1000, 1'000'000), "too much memory");
    row("F17 many tensors of one number", tensors(20'000, 1), "(read)");
    ZipBuilder bomb;
    bomb.add({.name = "archive/data.pkl", .content = std::string(32 << 20, 'N'), .deflate = true});
    row("F18 a compressed pickle", bomb.bytes(), "more than 100 times");
    row("F17 TorchScript",
        torchZip("}", {}, {{.name = "archive/code/__torch__.py", .content = "import os"}}),
        "TorchScript");
}

QTEST_GUILESS_MAIN(TestWeightLimits)
#include "tst_weight_limits.moc"
