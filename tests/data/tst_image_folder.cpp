// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/data_file.h"
#include "core/data/data_source.h"
#include "core/data/data_summary.h"
#include "tests/data/refusal.h"
#include "tests/support/shared_data.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace bitdial;
using bitdial::test::refusal;
namespace fs = std::filesystem;

namespace {

fs::path corpus()
{
    return fs::path(BITDIAL_SOURCE_DIR) / "tests/fuzz/corpus";
}

} // namespace

class TestImageFolder : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path path(const std::string& name) const
    {
        return fs::path(m_folder->path().toStdString()) / name;
    }
    void copy(const std::string& seed, const std::string& to) const
    {
        fs::create_directories(path(to).parent_path());
        fs::copy_file(corpus() / seed, path(to));
    }
    std::shared_ptr<const ImageSet> read(const std::string& keys = "") const
    {
        writeFileAtomically(path("data.json"),
                            R"({"schema":"bitdial.data/1","format":"images","images":"pictures")" +
                                keys + "}");
        return readDataFile(path("data.json"));
    }
    /// Two classes; the names' endings say nothing about the content.
    void makeFolders() const
    {
        copy("png/rgb.png", "pictures/b_class/2.jpg");
        copy("png/alpha.png", "pictures/b_class/1.png");
        copy("jpeg/rgb.jpg", "pictures/a_class/x.png");
        copy("labels_csv/plain.csv", "pictures/a_class/.hidden");
    }

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void foldersAreClasses()
    {
        makeFolders();
        const auto set = read();
        QCOMPARE(set->size(), 3);
        QCOMPARE(set->label(0), 0);
        QCOMPARE(set->label(1), 1);
        QCOMPARE(set->label(2), 1);
        QVERIFY((set->shape() == TensorShape{3, 6, 8}));
        std::vector<float> input(144);
        set->writeInput(2, input.data()); // r = 30 x, g = 40 y, b = 9 x y
        QCOMPARE(input[7], 210.0F);
        QCOMPARE(input[48 + 8 + 3], 40.0F);
        QCOMPARE(input[96 + 8 + 3], 27.0F);
        std::vector<float> same(144);
        set->writeInput(1, same.data());
        QVERIFY(same == input);
    }

    void preprocessingIsApplied()
    {
        makeFolders();
        const auto set = read(
            R"(,"preprocess":{"center_crop":2,"channels":"bgr","scale":0.5,"offset":1,
                "mean":[1,2,3],"std":2,"layout":"nchw"})");
        QVERIFY((set->shape() == TensorShape{3, 2, 2}));
        std::vector<float> input(12);
        set->writeInput(2, input.data()); // pixels x 3..4, y 2..3
        QCOMPARE(input[0], (9 * 3 * 2 * 0.5F + 1 - 1) / 2);
        QCOMPARE(input[4], (40 * 2 * 0.5F + 1 - 2) / 2);
        QCOMPARE(input[8 + 1], (30 * 4 * 0.5F + 1 - 3) / 2);
        QVERIFY((read(R"(,"preprocess":{"resize":[5,4],"channels":"grey"})")->shape() ==
                 TensorShape{1, 5, 4}));
        QVERIFY(
            (read(R"(,"preprocess":{"resize_short_side":12})")->shape() == TensorShape{3, 12, 16}));
        QVERIFY(refusal([&] { read(R"(,"preprocess":{"center_crop":7})"); }).contains("6 x 8"));
        QVERIFY(refusal([&] { read(R"(,"preprocess":{"layout":"nhwc"})"); }).contains("layout"));
    }

    void tableGivesLabels()
    {
        copy("png/rgb.png", "pictures/one.png");
        copy("png/rgb.png", "pictures/sub/two, \"2\".png");
        const std::string table = "class_id,file,note\r\n7,one.png,\"a, b\"\r\n"
                                  "3,\"sub/two, \"\"2\"\".png\",\r\n";
        writeFileAtomically(path("labels.csv"), table);
        auto set = read(R"(,"labels":"labels.csv")");
        QCOMPARE(set->size(), 2);
        QCOMPARE(set->label(0), 7);
        QCOMPARE(set->label(1), 3);
        // Paths from the table's own folder do as well.
        writeFileAtomically(path("labels.csv"), std::string("file,class_id\npictures/one.png,1\n"));
        QCOMPARE(read(R"(,"labels":"labels.csv")")->label(0), 1);
    }

    void wrongTablesAreRefused_data()
    {
        QTest::addColumn<QByteArray>("table");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* name, const char* table, const char* why) {
            QTest::newRow(name) << QByteArray(table) << QString(why);
        };
        row("parent", "file,class_id\n../data.json,1\n", "csv:2");
        row("absolute", "file,class_id\n/etc/passwd,1\n", "/etc/passwd");
        row("backslash", "file,class_id\na\\b,1\n", "a\\b");
        row("url", "file,class_id\nfile:a,1\n", "file:a");
        row("no column", "name,class_id\na,1\n", "'file' is missing");
        row("no rows", "file,class_id\n", "no row");
        row("empty", "", "'file' is missing");
        row("no number", "file,class_id\none.png,cat\n", "'cat'");
        row("negative", "file,class_id\none.png,-1\n", "'-1'");
        row("no label", "file,class_id\none.png\n", "1 fields");
        row("twice", "file,class_id\none.png,1\none.png,2\n", "csv:3");
        row("absent", "file,class_id\none.png,1\nnone.png,1\n", "none.png");
        row("open quote", "file,class_id\n\"one.png,1\n", "does not end");
        row("escape", "file,class_id\n\x1b[31m.png,1\n", "\\x1B[31m.png");
        row("folder", "file,class_id\nsub,1\n", "no regular file");
    }
    void wrongTablesAreRefused()
    {
        QFETCH(QByteArray, table);
        QFETCH(QString, why);
        copy("png/rgb.png", "pictures/one.png");
        fs::create_directory(path("pictures/sub"));
        writeFileAtomically(path("labels.csv"), table.toStdString());
        const auto message = refusal([&] { read(R"(,"labels":"labels.csv")"); });
        QVERIFY2(message.contains(why), qPrintable(message));
    }

    void nothingOutsideIsRead()
    {
        makeFolders();
        copy("png/rgb.png", "outside/secret.png");
        fs::create_symlink(path("outside/secret.png"), path("pictures/a_class/link.png"));
        QVERIFY(refusal([&] { read(); }).contains("link.png"));
        fs::remove(path("pictures/a_class/link.png"));
        fs::create_directory_symlink(path("outside"), path("pictures/c_class"));
        QVERIFY(refusal([&] { read(); }).contains("c_class"));
        writeFileAtomically(path("labels.csv"),
                            std::string("file,class_id\nc_class/secret.png,1\n"));
        QVERIFY(refusal([&] { read(R"(,"labels":"labels.csv")"); }).contains("link"));
        fs::remove(path("pictures/c_class"));
        QCOMPARE(::mkfifo(path("pictures/a_class/pipe").c_str(), 0600), 0);
        QVERIFY(refusal([&] { read(); }).contains("pipe"));
        writeFileAtomically(path("labels.csv"), std::string("file,class_id\na_class/pipe,1\n"));
        QVERIFY(refusal([&] { read(R"(,"labels":"labels.csv")"); }).contains("no regular file"));
    }

    void badPicturesAreNamed()
    {
        copy("png/rgb.png", "pictures/a/1.png");
        copy("jpeg/cut.jpg", "pictures/a/cut.jpg");
        QVERIFY(refusal([&] { read(); }).contains("cut.jpg")); // 48 x 64 instead of 6 x 8
        const auto set = read(R"(,"preprocess":{"resize":[4,4]})");
        std::vector<float> input(48);
        set->writeInput(0, input.data());
        const auto message = refusal([&] { set->writeInput(1, input.data()); });
        QVERIFY2(message.contains("cut.jpg") && message.contains("damaged"), qPrintable(message));
        writeFileAtomically(path("pictures/a/2.png"), std::string("no picture"));
        QVERIFY(refusal([&] { read(); }).contains("2.png"));
        fs::remove_all(path("pictures/a"));
        QVERIFY(refusal([&] { read(); }).contains("no picture"));
        fs::remove_all(path("pictures"));
        QVERIFY(!refusal([&] { read(); }).isEmpty());
    }

    void contentDecidesTheHash()
    {
        makeFolders();
        const auto set = read();
        const auto hash = set->hash();
        QCOMPARE(set->fingerprint(0), read()->fingerprint(0));
        QVERIFY(set->fingerprint(1) != set->fingerprint(2)); // other files of the same pixels
        QCOMPARE(read()->hash(), hash);
        QVERIFY(read(R"(,"preprocess":{"center_crop":4})")->hash() != hash);
        fs::rename(path("pictures/b_class/2.jpg"), path("pictures/b_class/3.jpg"));
        QCOMPARE(read()->hash(), hash);
        fs::remove(path("pictures/b_class/3.jpg"));
        copy("png/interlaced.png", "pictures/b_class/3.jpg");
        QVERIFY(read()->hash() != hash);
        std::vector<float> input(144);
        QVERIFY(refusal([&] { set->writeInput(2, input.data()); }).contains("2.jpg"));
        fs::remove(path("pictures/a_class/x.png"));
        copy("jpeg/chroma.jpg", "pictures/a_class/x.png");
        QVERIFY(refusal([&] { set->writeInput(0, input.data()); }).contains("has changed"));
    }

    void threadsGetTheSame()
    {
        makeFolders();
        const auto set = read(R"(,"preprocess":{"resize":[30,30]})");
        std::vector<std::vector<float>> inputs(4, std::vector<float>(2700));
        {
            std::vector<std::jthread> threads;
            for (auto& input : inputs)
                threads.emplace_back([&] {
                    for (int i = 0; i < 60; ++i)
                        set->writeInput(i % 3, input.data());
                });
        }
        for (const auto& input : inputs)
            QVERIFY(input == inputs[0]);
    }

    void summaryTellsWhatTheDataIs()
    {
        makeFolders();
        const auto set = read(R"(,"preprocess":{"scale":2,"channels":"bgr"})");
        const auto summary = summarize(*set, 100, 2);
        QCOMPARE(summary.format, std::string("images"));
        QCOMPARE(summary.samples, 3);
        QCOMPARE(summary.classes, 2);
        QCOMPARE(summary.min_per_class, 1);
        QCOMPARE(summary.max_per_class, 2);
        QCOMPARE(summary.examined, 3);
        QCOMPARE(summary.channels.size(), std::size_t(3));
        QCOMPARE(summary.channels[0].max, 2 * 252.0F); // 9 * 28 is the largest blue below 256
        double sum = 0;
        double squares = 0;
        std::vector<float> input(144);
        for (int i = 0; i < 3; ++i) {
            set->writeInput(i, input.data());
            for (int j = 0; j < 48; ++j) {
                sum += input[std::size_t(j)];
                squares += double(input[std::size_t(j)]) * input[std::size_t(j)];
            }
        }
        const double mean = sum / 144;
        QVERIFY(std::abs(summary.channels[0].mean - mean) < 1e-6);
        QVERIFY(std::abs(summary.channels[0].deviation - std::sqrt(squares / 144 - mean * mean)) <
                1e-4);
        QCOMPARE(summary.thumbnails.size(), std::size_t(2));
        const auto& second = summary.thumbnails[1];
        QVERIFY(second.width == 8 && second.height == 6 && second.label == 1);
        QCOMPARE(int(second.rgb[3 * 15]), 210); // red again, although the network takes bgr
        QCOMPARE(int(second.rgb[3 * 15 + 1]), 40);
    }

    void imagenetSampleIsRead()
    {
        BITDIAL_NEED_SHARED("imagenet-sample/labels.csv");
        const auto folder = bitdial::test::sharedData() / "imagenet-sample";
        writeFileAtomically(path("data.json"),
                            R"({"schema":"bitdial.data/1","format":"images","images":")" +
                                folder.string() + R"(","labels":")" +
                                (folder / "labels.csv").string() +
                                R"(","preprocess":{"resize_short_side":256,"center_crop":224}})");
        const auto splits = openData(path("data.json").string());
        const auto& set = *splits.test.images;
        QCOMPARE(set.size(), 250);
        QCOMPARE(set.label(249), 996);
        QVERIFY((set.shape() == TensorShape{3, 224, 224}));
        QVERIFY(splits.warnings.empty());
        const auto summary = summarize(set, 16, 1);
        QCOMPARE(summary.thumbnails[0].width, 64);
    }
};

QTEST_GUILESS_MAIN(TestImageFolder)
#include "tst_image_folder.moc"
