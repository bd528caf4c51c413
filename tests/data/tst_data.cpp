// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/data_file.h"
#include "core/data/data_source.h"
#include "core/data/idx_reader.h"

#include <QTemporaryDir>
#include <QTest>

#include <set>

using namespace bitdial;

namespace {

std::string idx(int dimensions, const std::vector<int>& sizes, const std::string& values)
{
    std::string text = {0, 0, 8, char(dimensions)};
    for (const int size : sizes)
        text += {char(size >> 24), char(size >> 16), char(size >> 8), char(size)};
    return text + values;
}

} // namespace

class TestData : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path file(const char* name) const
    {
        return m_folder.filePath(name).toStdString();
    }

private Q_SLOTS:
    void idxIsRead()
    {
        writeFileAtomically(file("i"), idx(3, {2, 2, 3}, "abcdefghijkl"));
        const auto array = readIdx(file("i"), 3);
        QVERIFY((array.sizes == std::vector<int>{2, 2, 3}));
        QCOMPARE(array.values.back(), std::uint8_t('l'));
        writeFileAtomically(file("short"), idx(3, {2, 2, 3}, "abc"));
        writeFileAtomically(file("long"), idx(3, {1, 1, 1}, "abc"));
        writeFileAtomically(file("huge"), idx(3, {1 << 30, 1 << 30, 4}, "abc"));
        for (const char* bad : {"short", "long", "huge", "missing"})
            QVERIFY_THROWS_EXCEPTION(Error, readIdx(file(bad), 3));
        QVERIFY_THROWS_EXCEPTION(Error, readIdx(file("i"), 1));
    }

    void compressedIdxIsRead()
    {
        const auto corpus = std::filesystem::path(BITDIAL_SOURCE_DIR) / "tests/fuzz/corpus/idx";
        for (const char* name : {"images", "images.gz", "members.gz"}) {
            const auto array = readIdx(corpus / name, 3);
            QCOMPARE(array.values.size(), std::size_t(12));
            QCOMPARE(array.values.back(), std::uint8_t('l'));
        }
        const auto whole = readFile(corpus / "images.gz");
        for (std::size_t length = 0; length < whole.size(); ++length)
            QVERIFY_THROWS_EXCEPTION(Error, parseIdx(std::span(whole).first(length), 3, "cut"));
    }

    void rawRecordsArePreprocessed()
    {
        writeFileAtomically(file("raw.bin"), std::string("\x02\x01\xff\x00\x03\x04\x80\x7f", 8));
        writeFileAtomically(
            file("data.json"),
            std::string(R"({"schema":"bitdial.data/1","format":"raw","images":"raw.bin",
                "preprocess":{"scale":0.5,"offset":-1,"mean":[1],"std":[2]},
                "raw":{"record_bytes":4,"label_offset":0,"data_offset":1,"shape":[1,1,3],"dtype":"int8"}})"));
        const auto set = readDataFile(file("data.json"));
        QCOMPARE(set->size(), 2);
        QCOMPARE(set->label(1), 3);
        float values[3];
        set->writeInput(1, values);
        // ((4, -128, 127) * 0.5 - 1 - 1) / 2
        QCOMPARE(values[0], 0.0F);
        QCOMPARE(values[1], -33.0F);
        QCOMPARE(values[2], 30.75F);
    }

    void wrongDataFilesNameTheKey_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("mentioned");
        QTest::newRow("misspelt") << QByteArray(R"({"schema":"bitdial.data/1","fromat":"idx"})")
                                  << "format";
        QTest::newRow("no labels")
            << QByteArray(R"({"schema":"bitdial.data/1","format":"idx","images":"i"})") << "labels";
        QTest::newRow("schema") << QByteArray(R"({"schema":"x","format":"idx"})") << "schema";
        QTest::newRow("not JSON") << QByteArray("{") << "JSON";
        QTest::newRow("format") << QByteArray(R"({"schema":"bitdial.data/1","format":"tiff"})")
                                << "tiff";
    }
    void wrongDataFilesNameTheKey()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, mentioned);
        writeFileAtomically(file("i"), idx(3, {2, 2, 3}, "abcdefghijkl"));
        writeFileAtomically(file("bad.json"), text.toStdString());
        try {
            readDataFile(file("bad.json"));
            QFAIL("a wrong file was accepted");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::BadInput);
            QVERIFY(QString(static_cast<const std::exception&>(error).what()).contains(mentioned));
            QVERIFY(!error.details().next.empty());
        }
    }

    /// Keys of the schema whose value changes nothing, and those that would: by format.
    void schemaKeysAreKnown_data()
    {
        QTest::addColumn<QByteArray>("format");
        QTest::addColumn<QByteArray>("preprocess");
        QTest::addColumn<QString>("refused"); // empty: accepted
        const auto row = [](const char* name, const char* format, const char* preprocess,
                            const char* refused) {
            QTest::newRow(name) << QByteArray(format) << QByteArray(preprocess) << QString(refused);
        };
        row("all neutral, idx", "idx",
            R"("resize_short_side":null,"center_crop":null,"resize":null,"scale":1,"offset":0,
               "mean":null,"std":[1],"channels":"grey","layout":"nchw")",
            "");
        row("own size, idx", "idx", R"("resize_short_side":2)", "");
        row("one channel in any order", "idx", R"("layout":"nhwc")", "");
        row("rgb, raw", "raw", R"("channels":"rgb","layout":"nchw","center_crop":1)", "");
        row("resize", "idx", R"("resize":[3,3])", "");
        row("short side", "idx", R"("resize_short_side":256)", "");
        row("crop of a map that is not square", "idx", R"("center_crop":2)", "");
        row("crop beyond the map", "idx", R"("center_crop":3)", "2 x 3");
        row("colour of grey", "idx", R"("channels":"rgb")", "");
        row("bgr", "raw", R"("channels":"bgr")", "");
        row("mean for other channels", "idx", R"("mean":[1,2,3])", "one value per channel (1)");
        row("no such layout", "idx", R"("layout":"chwn")", "nhwc");
    }
    void schemaKeysAreKnown()
    {
        QFETCH(QByteArray, format);
        QFETCH(QByteArray, preprocess);
        QFETCH(QString, refused);
        writeFileAtomically(file("images"), format == "idx" ? idx(3, {2, 2, 3}, "abcdefghijkl")
                                                            : std::string("\x01wxy\x02uvw"));
        writeFileAtomically(file("labels"), idx(1, {2}, "ab"));
        QByteArray text = R"({"schema":"bitdial.data/1","format":"FORMAT","images":"images",
            "preprocess":{PREPROCESS},OWN})";
        text.replace("FORMAT", format).replace("PREPROCESS", preprocess);
        text.replace("OWN", format == "idx" ? R"("labels":"labels")" : R"("raw":{"record_bytes":4,
            "label_offset":0,"data_offset":1,"shape":[3,1,1],"dtype":"uint8"})");
        writeFileAtomically(file("keys.json"), text.toStdString());
        QString message;
        try {
            QCOMPARE(readDataFile(file("keys.json"))->size(), 2);
        } catch (const Error& error) {
            message = static_cast<const std::exception&>(error).what();
        }
        QVERIFY2(refused.isEmpty() == message.isEmpty(), qPrintable(message));
        QVERIFY2(message.contains(refused), qPrintable(message));
    }

    void cifar100HasTwoLabels()
    {
        std::string record(3074, 'p');
        record[0] = 19;
        record[1] = 99;
        writeFileAtomically(file("c100"), record + record);
        const auto read = [this](const std::string& keys) {
            writeFileAtomically(
                file("c.json"),
                R"({"schema":"bitdial.data/1","format":"cifar100","images":"c100")" + keys + "}");
            return readDataFile(file("c.json"));
        };
        QCOMPARE(read("")->label(1), 99);
        QCOMPARE(read(R"(,"cifar100":{"labels":"coarse"})")->label(1), 19);
        float pixels[3072];
        read("")->writeInput(1, pixels);
        QCOMPARE(pixels[3071], float('p'));
        record[1] = 100;
        writeFileAtomically(file("c100"), record);
        QVERIFY_THROWS_EXCEPTION(Error, read(""));
        writeFileAtomically(file("c100"), record + "x");
        QVERIFY_THROWS_EXCEPTION(Error, read(""));
    }

    void rawNumbersAreLittleEndian()
    {
        writeFileAtomically(file("numbers"), std::string("\x05\x00\x01\xFE\xFF\x00\x80", 7));
        writeFileAtomically(
            file("numbers.json"),
            std::string(R"({"schema":"bitdial.data/1","format":"raw","images":"numbers",
                "preprocess":{"layout":"nhwc"},
                "raw":{"record_bytes":7,"label_offset":0,"data_offset":1,"shape":[1,1,3],
                       "dtype":"int16"}})"));
        const auto set = readDataFile(file("numbers.json"));
        QVERIFY((set->shape() == TensorShape{3, 1, 1}));
        QCOMPARE(set->label(0), 5);
        float values[3];
        set->writeStored(0, values);
        QCOMPARE(values[0], 256.0F);
        QCOMPARE(values[1], -2.0F);
        QCOMPARE(values[2], -32768.0F);
    }

    void hashOfPlainBytesStays()
    {
        // Projects know their data by it. SHA-256 of the sizes, the scaling and the content.
        const auto set =
            ImageSet("set", {1, 1, 2}, PixelType::Int8, {7, 8, 9, 10}, {0, 1}, {0.5F, 1, {}, {}});
        QCOMPARE(set.hash(),
                 std::string("12fe557b72bb4847d8998742238ba2321350d45ef0d83eeca7a373da1638026b"));
    }

    void sharedSamplesAreReported()
    {
        std::string records;
        for (int i = 0; i < 20; ++i)
            records += {char(i % 2), char(i / 2)}; // every sample twice
        writeFileAtomically(file("pairs"), records);
        writeFileAtomically(
            file("pairs.json"),
            std::string(R"({"schema":"bitdial.data/1","format":"raw","images":"pairs",
                "raw":{"record_bytes":2,"label_offset":0,"data_offset":1,"shape":[1,1,1],
                       "dtype":"uint8"}})"));
        const auto splits = openData(file("pairs.json").string());
        QCOMPARE(splits.test.size(), 4);
        QVERIFY(!splits.warnings.empty());
        QVERIFY(QString::fromStdString(splits.warnings.back()).contains("of the 4 test samples"));
    }

    void dataSourcesAreKeptWhole()
    {
        QCOMPARE(keptDataSource("demo"), std::string("demo"));
        QCOMPARE(keptDataSource(""), std::string());
        QCOMPARE(keptDataSource("/a/./b/../data.json"), std::string("/a/data.json"));
        QCOMPARE(keptDataSource("data.json"),
                 (std::filesystem::current_path() / "data.json").string());
    }

    void hashTellsMeanFromStd()
    {
        const auto hash = [](const std::vector<float>& mean, const std::vector<float>& std) {
            return ImageSet("set", {1, 1, 1}, PixelType::UInt8, {7}, {0}, {1, 0, mean, std}).hash();
        };
        QVERIFY(hash({0.5F}, {}) != hash({}, {0.5F}));
        QCOMPARE(hash({0.5F}, {}), hash({0.5F}, {}));
    }

    void folderWithoutLabelsIsRefused()
    {
        QVERIFY_THROWS_EXCEPTION(Error, openData(m_folder.path().toStdString()));
    }

    void demoSplitsAreDisjointAndFixed()
    {
        DataSplits splits;
        try {
            splits = openData("demo", 7);
        } catch (const Error& error) {
            if (error.details().what == "The demo data is not installed")
                QSKIP("the package dataset-fashion-mnist is not installed");
            throw;
        }
        QCOMPARE(splits.train.size(), 54000);
        QCOMPARE(splits.calibration.size(), 1000);
        QCOMPARE(splits.validation.size(), 5000);
        QCOMPARE(splits.test.size(), 10000);
        QVERIFY(splits.test.images != splits.train.images);
        std::set<int> seen;
        for (const auto* part : {&splits.train, &splits.calibration, &splits.validation})
            seen.insert(part->indices.begin(), part->indices.end());
        QCOMPARE(seen.size(), std::size_t(60000));
        QCOMPARE(openData("demo", 7).hash, splits.hash);
        QVERIFY(openData("demo", 8).hash != splits.hash);
    }
};

QTEST_GUILESS_MAIN(TestData)
#include "tst_data.moc"
