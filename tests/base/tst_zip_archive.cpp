// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/base/zip_archive.h"
#include "tests/support/zip_builder.h"

#include <QTest>

#include <cstring>

using namespace bitdial;
using bitdial::test::ZipBuilder;

namespace {

std::string textOf(std::span<const std::byte> bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string contentOf(const ZipArchive& zip, const std::string& name)
{
    std::vector<std::byte> buffer;
    const auto* entry = zip.find(name);
    return entry == nullptr ? "(none)" : textOf(zip.read(*entry, buffer));
}

/// What the archive is refused for, or an empty text where it can be read whole.
std::string refusal(const std::vector<std::byte>& bytes, std::uint64_t limit = 1 << 30)
{
    try {
        const ZipArchive zip(bytes, "test.zip", limit);
        std::vector<std::byte> buffer;
        for (const auto& entry : zip.entries())
            zip.read(entry, buffer);
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

/// A file and why it is refused; (read): it is not.
void row(const char* name, const std::vector<std::byte>& bytes, const char* why)
{
    QTest::newRow(name) << QByteArray(reinterpret_cast<const char*>(bytes.data()),
                                      qsizetype(bytes.size()))
                        << why;
}

} // namespace

class TestZipArchive : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void storedAndDeflatedAreRead()
    {
        const std::string noise = "no two of these bytes are the same: qwertz";
        const auto bytes =
            ZipBuilder()
                .add({.name = "plain", .content = noise})
                .add({.name = "packed", .content = std::string(5000, 'x'), .deflate = true})
                .add({.name = "empty", .content = ""})
                .add({.name = "empty packed", .content = "", .deflate = true})
                .bytes({}, "a comment");
        QVERIFY(ZipArchive::isZip(bytes));
        const ZipArchive zip(bytes, "test.zip");
        QCOMPARE(zip.entries().size(), std::size_t(4));
        QCOMPARE(contentOf(zip, "plain"), noise);
        QCOMPARE(contentOf(zip, "packed"), std::string(5000, 'x'));
        QCOMPARE(contentOf(zip, "empty"), std::string());
        QCOMPARE(contentOf(zip, "empty packed"), std::string());
        QVERIFY(zip.find("absent") == nullptr);
    }

    void storedBytesAreNotCopied()
    {
        const auto bytes = ZipBuilder().add({.name = "plain", .content = "12345"}).bytes();
        const ZipArchive zip(bytes, "test.zip");
        std::vector<std::byte> buffer;
        const auto view = zip.read(zip.entries()[0], buffer);
        QVERIFY(buffer.empty());
        QVERIFY(view.data() > bytes.data() && view.data() < bytes.data() + bytes.size());
    }

    /// Written by Python's zipfile with force_zip64.
    void aZip64FileOfPythonIsRead()
    {
        const auto hex = QByteArray::fromHex("504b03042d0000000800000021008088f9e5ffffffffffffffff0"
                                             "5001400612e747874010010001100000000"
                                             "0000000a00000000000000cb48cdc9c957c8409000504b01022d0"
                                             "32d0000000800000021008088f9e50a0000"
                                             "0011000000050000000000000000000000800100000000612e747"
                                             "874504b0506000000000100010033000000"
                                             "410000000000");
        const auto view = std::as_bytes(std::span(hex.data(), std::size_t(hex.size())));
        QCOMPARE(contentOf(ZipArchive(view, "python.zip"), "a.txt"),
                 std::string("hello hello hello"));
    }

    void zip64NumbersAreRead()
    {
        const auto bytes =
            ZipBuilder().add({.name = "far", .content = "content", .zip64 = true}).bytes();
        QCOMPARE(contentOf(ZipArchive(bytes, "test.zip"), "far"), std::string("content"));
    }

    /// F18. Names are data: nothing is ever opened by them.
    void namesAreOnlyNames()
    {
        const auto bytes = ZipBuilder()
                               .add({.name = "../../etc/passwd", .content = "a"})
                               .add({.name = "/dev/zero", .content = "b"})
                               .bytes();
        const ZipArchive zip(bytes, "test.zip");
        QCOMPARE(contentOf(zip, "../../etc/passwd"), std::string("a"));
        QCOMPARE(contentOf(zip, "/dev/zero"), std::string("b"));
    }

    void everyTruncationIsRefused()
    {
        const auto bytes = ZipBuilder()
                               .add({.name = "a", .content = "first content"})
                               .add({.name = "b", .content = "second", .deflate = true})
                               .bytes();
        for (std::size_t size = 0; size < bytes.size(); ++size)
            QVERIFY2(!refusal({bytes.begin(), bytes.begin() + std::ptrdiff_t(size)}).empty(),
                     std::to_string(size).c_str());
    }

    /// No byte of the content can change unnoticed, and no change may crash.
    void everyFlippedByteIsReadOrRefused()
    {
        const auto whole = ZipBuilder()
                               .add({.name = "a", .content = "first content"})
                               .add({.name = "b", .content = "second", .deflate = true})
                               .bytes();
        for (std::size_t at = 0; at < whole.size(); ++at)
            for (const unsigned mask : {0x01U, 0x80U, 0xFFU}) {
                auto bytes = whole;
                bytes[at] ^= std::byte(mask);
                const auto why = refusal(bytes);
                if (at >= 31 && at < 31 + 13)
                    QVERIFY2(why.find("checksum") != std::string::npos, why.c_str());
            }
    }

    /// F18.
    void hostileArchivesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("archive");
        QTest::addColumn<QString>("why");
        sizeRows();
        directoryRows();
    }
    void hostileArchivesAreRefused()
    {
        QFETCH(QByteArray, archive);
        QFETCH(QString, why);
        const auto view =
            std::as_bytes(std::span(archive.constData(), std::size_t(archive.size())));
        const auto message = refusal({view.begin(), view.end()});
        QVERIFY2(message.find(why.toStdString()) != std::string::npos, message.c_str());
        QVERIFY(message.find("test.zip") != std::string::npos);
    }

    void theTotalIsLimited()
    {
        const auto bytes = ZipBuilder()
                               .add({.name = "a", .content = std::string(600, 'a')})
                               .add({.name = "b", .content = std::string(600, 'b')})
                               .bytes();
        QCOMPARE(refusal(bytes, 1200), std::string());
        QVERIFY(refusal(bytes, 1199).find("1199 bytes") != std::string::npos);
    }

    void namesInMessagesAreShortAndPrintable()
    {
        QCOMPARE(shownName("plain \xC3\xA4\xE2\x82\xAC"),
                 std::string("plain \xC3\xA4\xE2\x82\xAC"));
        QCOMPARE(shownName(std::string_view("a\0b\n\x1B[31m\xFF", 10)),
                 std::string("a\\x00b\\x0A\\x1B[31m\\xFF"));
        QCOMPARE(shownName("\xC2\x9B\xE2\x80\xAE"), std::string("\\xC2\\x9B\\xE2\\x80\\xAE"));
        QCOMPARE(shownName("\xED\xA0\x80\xC0\xAF"), std::string("\\xED\\xA0\\x80\\xC0\\xAF"));
        QCOMPARE(shownName(std::string(200, 'n')), std::string(200, 'n'));
        QCOMPARE(shownName(std::string(1'000'000, 'n')), std::string(200, 'n') + "...");
        const auto bytes =
            ZipBuilder().add({.name = std::string(5000, '\n'), .content = "x", .flags = 1}).bytes();
        const auto message = refusal(bytes);
        QVERIFY(message.size() < 1200 && message.find('\n') == std::string::npos);
    }

private:
    static void sizeRows()
    {
        const std::uint64_t petabyte = std::uint64_t(1) << 50;
        row("bomb",
            ZipBuilder()
                .add({.name = "bomb", .content = std::string(3 << 20, '\0'), .deflate = true})
                .bytes(),
            "more than 100 times");
        row("4.5 PB",
            ZipBuilder()
                .add({.name = "bomb",
                      .content = std::string(42, 'x'),
                      .deflate = true,
                      .size = 4 * petabyte + petabyte / 2,
                      .zip64 = true})
                .bytes(),
            "more than 100 times");
        row("a petabyte out of a petabyte",
            ZipBuilder()
                .add({.name = "bomb",
                      .content = "x",
                      .size = petabyte,
                      .compressed = petabyte,
                      .zip64 = true})
                .bytes(),
            "outside the file");
        row("stored sizes differ",
            ZipBuilder().add({.name = "a", .content = "x", .size = 100}).bytes(), "sizes differ");
        row("beyond the end",
            ZipBuilder()
                .add({.name = "a", .content = "x", .size = 9999, .compressed = 9999})
                .bytes(),
            "outside the file");
    }

    static void directoryRows()
    {
        row("a million entries", ZipBuilder().add({.name = "a", .content = "x"}).bytes(1'000'000),
            "more than the limit of 100000");
        row("more entries than records", ZipBuilder().add({.name = "a", .content = "x"}).bytes(3),
            "too small");
        row("fewer entries than records",
            ZipBuilder()
                .add({.name = "a", .content = "x"})
                .add({.name = "b", .content = "y"})
                .bytes(1),
            "more records");
        row("encrypted", ZipBuilder().add({.name = "a", .content = "x", .flags = 1}).bytes(),
            "encrypted");
        row("LZMA", ZipBuilder().add({.name = "a", .content = "x", .method = 14}).bytes(),
            "method 14");
        row("one name twice",
            ZipBuilder()
                .add({.name = "a", .content = "x"})
                .add({.name = "a", .content = "y"})
                .bytes(),
            "two entries");
        row("two entries in one place",
            ZipBuilder()
                .add({.name = "a", .content = "x"})
                .add({.name = "a", .content = "x", .offset = 0})
                .bytes(),
            "overlaps");
        row("another name in the header",
            ZipBuilder()
                .add({.name = "a", .content = "x"})
                .add({.name = "b", .content = "x", .offset = 0})
                .bytes(),
            "another name");
        row("header beyond the end",
            ZipBuilder().add({.name = "a", .content = "x", .offset = 1U << 31U}).bytes(),
            "not where the directory says");
        row("no archive", {}, "no directory");
    }
};

QTEST_GUILESS_MAIN(TestZipArchive)
#include "tst_zip_archive.moc"
