// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/data/data_file.h"
#include "core/data/data_source.h"
#include "tests/support/gzip_builder.h"
#include "tests/support/watched_run.h"
#include "tests/support/zip_builder.h"

#include <QTemporaryDir>

using namespace bitdial;
using namespace bitdial::test;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t mebi = std::uint64_t(1) << 20;

/// An array of unsigned bytes as NumPy writes it; `data` may be less or more than the shape says.
std::string npy(const std::string& shape, const std::string& data)
{
    auto header = "{'descr': '|u1', 'fortran_order': False, 'shape': " + shape + ", }\n";
    return "\x93NUMPY\x01" + std::string(1, '\0') + ZipBuilder::number(header.size(), 2) + header +
           data;
}

std::string textOf(const std::vector<std::byte>& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string idxHeader(const std::vector<std::uint32_t>& sizes)
{
    auto text = std::string("\0\0\x08", 3) + char(sizes.size());
    for (const auto size : sizes)
        text += bigEndian(size);
    return text;
}

/// A JPEG of the corpus with other sizes in its frame header.
std::string jpegOf(const std::string& seed, unsigned height, unsigned width)
{
    auto text = textOf(readFile(std::string(BITDIAL_SOURCE_DIR "/tests/fuzz/corpus/jpeg/") + seed));
    for (std::size_t at = 2; at + 9 < text.size();) {
        const auto marker = std::uint8_t(text[at + 1]);
        if (marker == 0xC0 || marker == 0xC2) {
            text.replace(at + 5, 4, bigEndian(height << 16U | width));
            return text;
        }
        at += 2 + (std::size_t(std::uint8_t(text[at + 2])) << 8U | std::uint8_t(text[at + 3]));
    }
    return {};
}

} // namespace

/// F18: archives, compressed files and pictures that claim, or become, far more than they are.
class TestDataFaults : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path file(const std::string& name) const
    {
        return fs::path(m_folder->path().toStdString()) / name;
    }
    /// Opens everything that the data.json in the folder names, and decodes the first sample.
    void open() const
    {
        const auto splits = openData(file("data.json").string());
        std::vector<float> input(std::size_t(splits.train.images->shape().elements()));
        splits.train.images->writeInput(0, input.data());
    }
    void writeJson(const std::string& keys) const
    {
        writeFileAtomically(file("data.json"), R"({"schema":"bitdial.data/1",)" + keys + "}");
    }

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void archives_data();
    void archives()
    {
        QFETCH(QByteArray, archive);
        QFETCH(QString, reason);
        writeFileAtomically(file("d.npz"), archive.toStdString());
        writeJson(R"("format":"npz","images":"d.npz")");
        BITDIAL_VERIFY_BOUNDED([this] { open(); }, std::uint64_t(archive.size()), 0,
                               reason.toStdString());
    }

    /// F18: what entries are called, and that one is a symbolic link, is data: nothing is made.
    void entriesAreNoFiles()
    {
        const auto bytes = ZipBuilder()
                               .add({.name = "../../x.npy", .content = npy("(1, 1)", "a")})
                               .add({.name = "/tmp/y.npy", .content = npy("(1,)", "a")})
                               .add({.name = "x.npy", .content = "/etc/passwd", .mode = 0120777})
                               .add({.name = "y.npy", .content = npy("(1,)", "a")})
                               .bytes();
        writeFileAtomically(file("d.npz"), bytes);
        writeJson(R"("format":"npz","images":"d.npz")");
        BITDIAL_VERIFY_BOUNDED([this] { open(); }, bytes.size(), 0,
                               "does not begin as a .npy file does");
        const auto entries = fs::directory_iterator(m_folder->path().toStdString());
        QCOMPARE(std::distance(begin(entries), end(entries)), 2);
    }

    void idxFiles_data();
    void idxFiles()
    {
        QFETCH(QByteArray, images);
        QFETCH(QString, reason);
        writeFileAtomically(file("images"), images.toStdString());
        writeFileAtomically(file("labels"), idxHeader({1}) + "a");
        writeJson(R"("format":"idx","images":"images","labels":"labels")");
        BITDIAL_VERIFY_BOUNDED([this] { open(); }, std::uint64_t(images.size()), 0,
                               reason.toStdString());
    }

    void pictures_data();
    void pictures()
    {
        QFETCH(QByteArray, picture);
        QFETCH(QString, reason);
        fs::create_directories(file("pictures/a"));
        for (int i = 0; i < 10; ++i)
            writeFileAtomically(file("pictures/a/" + std::to_string(i)), picture.toStdString());
        writeJson(R"("format":"images","images":"pictures","preprocess":{"resize":[8,8]})");
        // One picture is decoded at a time: what several may take together is not the limit.
        BITDIAL_VERIFY_BOUNDED([this] { open(); }, std::uint64_t(picture.size()), 0,
                               reason.toStdString());
    }

    /// F18: as many records as there may be, so that all that is kept per sample shows.
    void manySamples()
    {
        const std::size_t most = 1U << 21U;
        writeFileAtomically(file("records"), std::string(2 * most, '\1'));
        writeJson(R"("format":"raw","images":"records","raw":{"record_bytes":2,"label_offset":0,)"
                  R"("data_offset":1,"shape":[1,1,1],"dtype":"uint8"})");
        BITDIAL_VERIFY_BOUNDED([this] { open(); }, 2 * most, 0, "(read)");
        writeFileAtomically(file("records"), std::string(2 * most + 2, '\1'));
        BITDIAL_VERIFY_BOUNDED([this] { open(); }, 2 * most, 0, "are not 1 to 2097152 records");
    }
};

void TestDataFaults::archives_data()
{
    QTest::addColumn<QByteArray>("archive");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const std::vector<std::byte>& bytes, const char* reason) {
        QTest::newRow(name) << QByteArray::fromStdString(textOf(bytes)) << reason;
    };
    const ZipItem labels{.name = "y.npy", .content = npy("(1,)", "a")};
    row("F18 zeros above 100:1",
        ZipBuilder()
            .add({.name = "x.npy", .content = std::string(64 * mebi, '\0'), .deflate = true})
            .add(labels)
            .bytes(),
        "more than 100 times");
    row("F18 4.5 PB in a few bytes",
        ZipBuilder()
            .add({.name = "x.npy",
                  .content = std::string(42, 'x'),
                  .deflate = true,
                  .size = 4500 * mebi * mebi / 1024,
                  .zip64 = true})
            .add(labels)
            .bytes(),
        "more than 100 times");
    // Each below 100:1, all of them far above what the file may become.
    ZipBuilder many;
    for (int i = 0; i < 300; ++i)
        many.add(
            {.name = "a" + std::to_string(i), .content = std::string(mebi, '\0'), .deflate = true});
    row("F18 many small bombs", many.add(labels).bytes(), "decompressed, the archive would have");
    ZipBuilder million;
    for (int i = 0; i < 1'000'000; ++i)
        million.add({.name = std::to_string(i), .content = ""});
    row("F18 a million entries", million.bytes(), "more than the limit of 100000");
    ZipBuilder full;
    for (int i = 0; i < 99'998; ++i)
        full.add({.name = std::to_string(i) + ".npy", .content = ""});
    row("F18 as many entries as there may be",
        full.add({.name = "x.npy", .content = npy("(1, 1)", "a")}).add(labels).bytes(),
        "Too few samples");
    row("F18 a shape of 2^60",
        ZipBuilder()
            .add({.name = "x.npy", .content = npy("(1073741824, 1073741824)", "a")})
            .add(labels)
            .bytes(),
        "2^40");
    row("F18 a shape of 2^38",
        ZipBuilder()
            .add({.name = "x.npy", .content = npy("(274877906944, 1)", "a")})
            .add(labels)
            .bytes(),
        "but 1 follow the header");
}

void TestDataFaults::idxFiles_data()
{
    QTest::addColumn<QByteArray>("images");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const std::string& bytes, const char* reason) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << reason;
    };
    const auto gzip = [](const std::vector<std::uint32_t>& sizes, std::uint64_t zeros) {
        return compressedZeros(idxHeader(sizes), zeros, 31);
    };
    constexpr const char* too_large = "sizes are zero or need more than";
    row("F18 gzip of 300 MiB", gzip({300, 1024, 1024}, 300 * mebi), too_large);
    row("F18 gzip that says 2^62", gzip({1U << 20U, 1U << 21U, 1U << 21U}, 1), too_large);
    row("F18 gzip that says 190 MiB", gzip({190, 1024, 1024}, 1), too_large);
    row("F18 gzip that goes on", gzip({1, 1, 1}, 64 * mebi), "more bytes than its sizes say");
    row(
        "F18 gzip of empty members",
        [] {
            const auto empty = compressedZeros("", 0, 31);
            std::string all;
            for (int i = 0; i < 200'000; ++i)
                all += empty;
            return all;
        }(),
        "truncated");
    row("F18 plain that says 2^62", idxHeader({1U << 20U, 1U << 21U, 1U << 21U}), too_large);
    row("F18 more samples than there may be",
        idxHeader({(1U << 21U) + 1, 1, 1}) + std::string((1U << 21U) + 1, 'x'), "2097152");
}

void TestDataFaults::pictures_data()
{
    QTest::addColumn<QByteArray>("picture");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const std::string& bytes, const char* reason) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << reason;
    };
    const auto text_bomb =
        pngChunk("zTXt", std::string("k\0\0", 3) + compressedZeros("", 300 * mebi, 15));
    const auto profile_bomb =
        pngChunk("iCCP", std::string("k\0\0", 3) + compressedZeros("", 300 * mebi, 15));
    row("F18 PNG at the limit", pngOfZeros(8000, 8000), "(read)");
    row("F18 PNG above the limit", pngOfZeros(8000, 8001), "64000000");
    row("F18 PNG that says 2^31",
        pngOfZeros(0, 0).replace(16, 8, bigEndian(0x7FFFFFFF) + bigEndian(0x7FFFFFFF)), "damaged");
    row("F18 PNG with a text bomb", pngOfZeros(9, 9, text_bomb), "(read)");
    row("F18 PNG with a colour profile bomb", pngOfZeros(9, 9, profile_bomb), "(read)");
    row("F18 PNG of millions of chunks",
        pngOfZeros(9, 9,
                   [] {
                       std::string all;
                       for (int i = 0; i < 300'000; ++i)
                           all += pngChunk("tEXt", std::string("k\0v", 3));
                       return all;
                   }()),
        "(read)");
    row("F18 JPEG that says 65500 x 65500", jpegOf("rgb.jpg", 65500, 65500), "64000000");
    row("F18 JPEG at the limit, cut", jpegOf("rgb.jpg", 8000, 8000), "damaged");
    row("F18 progressive JPEG at the limit", jpegOf("progressive.jpg", 8000, 8000), "memory");
}

QTEST_GUILESS_MAIN(TestDataFaults)
#include "tst_data_faults.moc"
