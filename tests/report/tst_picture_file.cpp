// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/report/picture_file.h"
#include "core/report/scene_cairo.h"
#include "core/report/text_width.h"
#include "tests/support/error_of.h"

#include <QImage>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

ChartScene sampleScene()
{
    constexpr auto red = Rgba::of(0xff0000);
    constexpr auto blue = Rgba::of(0x0000ff);
    constexpr auto ink = Rgba::of(0x101010);
    ChartScene scene{200, 100, Rgba::of(0xffffff), "A sample", {}};
    scene.groups.push_back({"a box", {}, {rectShape({10, 10, 40, 30}, {red, {}})}});
    scene.groups.push_back(
        {"cut", SceneRect{60, 0, 20, 100}, {CircleShape{{80, 50}, 20, {blue, {}}}}});
    TextShape text{"A < B & \xFF\x07", {150, 90}, 12, ink, TextAnchor::Middle};
    text.rim = Rgba::of(0xeeeeee);
    TextShape upwards{
        "up", {190, 50}, 12, ink, TextAnchor::Middle, TextWeight::Bold, TextTurn::Upwards};
    scene.groups.push_back(
        {{}, {}, {lineShape({100, 20}, {140, 20}, {ink, 2, 10, 10}), text, upwards}});
    return scene;
}

QImage imageOf(const ChartScene& scene, double scale)
{
    const auto bytes = scenePng(scene, scale);
    return QImage::fromData(reinterpret_cast<const uchar*>(bytes.data()), int(bytes.size()), "PNG");
}

} // namespace

class TestPictureFile : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::filesystem::path file(const char* name) const
    {
        return m_folder.filePath(QString::fromLatin1(name)).toStdString();
    }

private Q_SLOTS:
    void pngShowsTheScene()
    {
        const auto image = imageOf(sampleScene(), 2);
        QCOMPARE(image.size(), QSize(400, 200));
        const auto at = [&](double x, double y) {
            return image.pixelColor(int(x * 2), int(y * 2)).name();
        };
        QCOMPARE(at(5, 5), QString("#ffffff"));
        QCOMPARE(at(11, 11), QString("#ff0000"));
        QCOMPARE(at(49, 39), QString("#ff0000"));
        QCOMPARE(at(51, 39), QString("#ffffff"));
        QCOMPARE(at(70, 50), QString("#0000ff"));
        QCOMPARE(at(85, 50), QString("#ffffff")); // clipped
        QCOMPARE(at(105, 20), QString("#101010"));
        QCOMPARE(at(115, 20), QString("#ffffff")); // a gap of the dashes
        QCOMPARE(at(125, 20), QString("#101010"));
    }

    /// As wide as what is painted, at every scale.
    void textsAreAsWideAsTheyAreMeasured()
    {
        const auto width = pangoTextWidth();
        ChartScene scene{300, 40, Rgba::of(0xffffff), {}, {}};
        // Upright strokes at both ends, so that the letters' edges are those of the ink.
        const std::string text = "HlllH wide text H";
        scene.groups.push_back({{}, {}, {TextShape{text, {20, 30}, 14, Rgba::of(0)}}});
        const double promised = width(text, 14, TextWeight::Normal);
        for (const double scale : {1.0, 2.0, 3.0}) {
            const auto image = imageOf(scene, scale);
            int first = image.width();
            int last = 0;
            for (int y = 0; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x)
                    if (image.pixelColor(x, y).lightness() < 128) {
                        first = std::min(first, x);
                        last = std::max(last, x);
                    }
            QVERIFY(first / scale >= 20 && first / scale < 22.5);
            QVERIFY(std::abs(last / scale - (20 + promised)) < 3);
        }
        QVERIFY(width("bold text", 14, TextWeight::Bold) >
                width("bold text", 14, TextWeight::Normal));
        QCOMPARE(width("", 14, TextWeight::Normal), 0.0);
    }

    void svgIsTextThatCanBeRead()
    {
        const auto svg = QString::fromStdString(pictureOf(sampleScene(), PictureFormat::Svg));
        QXmlStreamReader reader(svg);
        QStringList titles;
        QStringList texts;
        int paths = 0;
        int circles = 0;
        while (!reader.atEnd()) {
            if (reader.readNext() != QXmlStreamReader::StartElement)
                continue;
            paths += reader.name() == QString("path");
            circles += reader.name() == QString("circle");
            if (reader.name() == QString("svg"))
                QCOMPARE(reader.attributes().value("viewBox"), QString("0 0 200 100"));
            else if (reader.name() == QString("title"))
                titles << reader.readElementText();
            else if (reader.name() == QString("text"))
                texts << reader.readElementText();
        }
        QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
        QCOMPARE(titles, QStringList({"A sample", "a box", "cut"}));
        QCOMPARE(texts, QStringList({QString("A < B & \uFFFD"), "up"}));
        QCOMPARE(paths, 2);
        QCOMPARE(circles, 1);
    }

    /// No time, no random names: not even a second later.
    void theSameSceneGivesTheSameBytes()
    {
        std::vector<std::string> first;
        for (const auto format : {PictureFormat::Svg, PictureFormat::Png, PictureFormat::Pdf})
            first.push_back(pictureOf(sampleScene(), format));
        QTest::qWait(1100);
        std::size_t at = 0;
        for (const auto format : {PictureFormat::Svg, PictureFormat::Png, PictureFormat::Pdf}) {
            const auto again = pictureOf(sampleScene(), format);
            QVERIFY(again == first[at++]);
            QVERIFY(again.find("Date") == std::string::npos);
        }
        QVERIFY(first[2].starts_with("%PDF-"));
        QVERIFY(first[2].find("/MediaBox [ 0 0 150 75 ]") != std::string::npos);
        QVERIFY(first[2].find("/Font") != std::string::npos); // text, not outlines
    }

    void filesAppearWholeOrNotAtAll()
    {
        writePicture(sampleScene(), file("a.png"), pictureFormatOf(file("a.png")));
        QVERIFY(!QImage(QString::fromStdString(file("a.png").string())).isNull());
        auto huge = sampleScene();
        huge.height = 20000;
        const auto before = readFile(file("a.png"));
        const auto refusal =
            errorOf([&] { writePicture(huge, file("a.png"), PictureFormat::Png); });
        QCOMPARE(refusal.code, ErrorCode::Infeasible);
        QVERIFY(refusal.why.find("400 x 40000") != std::string::npos);
        QVERIFY(readFile(file("a.png")) == before);
        QVERIFY(!pictureOf(huge, PictureFormat::Pdf).empty());
        QCOMPARE(errorOf([&] {
                     writePicture(sampleScene(), file("absent/a.svg"), PictureFormat::Svg);
                 }).code,
                 ErrorCode::Failed);
        QVERIFY(!std::filesystem::exists(file("absent")));
    }

    void endingsNameFormats()
    {
        QVERIFY(pictureFormatOf("a.svg") == PictureFormat::Svg);
        QVERIFY(pictureFormatOf("a.b/c.PNG") == PictureFormat::Png);
        QVERIFY(pictureFormatOf("x.pdf") == PictureFormat::Pdf);
        for (const char* name : {"a", "a.", "a.jpg", "png", ".svg"}) {
            const auto refusal = errorOf([&] { (void)pictureFormatOf(name); });
            QCOMPARE(refusal.code, ErrorCode::Usage);
            QCOMPARE(refusal.where, std::string(name));
        }
        QVERIFY(!pictureFormat("gif"));
    }
};

QTEST_GUILESS_MAIN(TestPictureFile)
#include "tst_picture_file.moc"
