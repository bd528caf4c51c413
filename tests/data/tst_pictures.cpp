// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/picture_decoder.h"
#include "tests/support/shared_data.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace bitdial;

namespace {

std::vector<std::byte> seed(const std::string& name)
{
    return readFile(std::filesystem::path(BITDIAL_SOURCE_DIR) / "tests/fuzz/corpus" / name);
}

/// The picture that the files of the corpus show.
ByteRaster pattern()
{
    ByteRaster picture{8, 6, 3, {}};
    for (int y = 0; y < 6; ++y)
        for (int x = 0; x < 8; ++x)
            for (const int value : {x * 30, y * 40, x * y * 9})
                picture.values.push_back(std::uint8_t(value));
    return picture;
}

/// A triangle filter in both directions at once, by the textbook and in double.
std::vector<double> filtered(const FloatRaster& from, int width, int height)
{
    const double sx = double(from.width) / width;
    const double sy = double(from.height) / height;
    const auto weight = [](double distance, double step) {
        return std::max(0.0, 1 - std::abs(distance) / std::max(1.0, step));
    };
    std::vector<double> to;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < from.channels; ++c) {
                double sum = 0;
                double weights = 0;
                for (int v = 0; v < from.height; ++v)
                    for (int u = 0; u < from.width; ++u) {
                        const double w = weight(u + 0.5 - (x + 0.5) * sx, sx) *
                                         weight(v + 0.5 - (y + 0.5) * sy, sy);
                        sum += w * from.values[from.at(u, v) + std::size_t(c)];
                        weights += w;
                    }
                to.push_back(sum / weights);
            }
    return to;
}

QString refusal(const std::vector<std::byte>& bytes)
{
    try {
        decodePicture(bytes, "the/file");
    } catch (const Error& error) {
        return error.code() == ErrorCode::BadInput && !error.details().next.empty()
                   ? QString(static_cast<const std::exception&>(error).what())
                   : "an error without remedy";
    }
    return "";
}

} // namespace

class TestPictures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Recorded from Pillow 9.4, Image.resize((width, height), BILINEAR) of the pattern.
    void bytesAreResizedAsByPillow()
    {
        const ByteRaster down{3, 3, 3, {33, 29,  7,  105, 29,  23,  177, 29,  38,
                                        33, 100, 25, 105, 100, 79,  177, 100, 133,
                                        33, 171, 43, 105, 171, 132, 177, 171, 152}};
        QVERIFY(resized(pattern(), 3, 3) == down);
        const ByteRaster columns{8, 2, 3, {0,   50,  0,   30,  50,  11,  60,  50,  23,  90,
                                           50,  34,  120, 50,  45,  150, 50,  56,  180, 50,
                                           68,  210, 50,  79,  0,   150, 0,   30,  150, 34,
                                           60,  150, 68,  90,  150, 101, 120, 150, 135, 150,
                                           150, 169, 180, 150, 139, 210, 150, 172}};
        QVERIFY(resized(pattern(), 8, 2) == columns);
        QVERIFY(resized(pattern(), 8, 6) == pattern());
    }

    void resizeIsATriangleFilter_data()
    {
        QTest::addColumn<int>("width");
        QTest::addColumn<int>("height");
        QTest::newRow("smaller") << 5 << 4;
        QTest::newRow("larger") << 31 << 23;
        QTest::newRow("one way each") << 40 << 3;
        QTest::newRow("one pixel") << 1 << 1;
    }
    void resizeIsATriangleFilter()
    {
        QFETCH(int, width);
        QFETCH(int, height);
        std::mt19937 random(1);
        FloatRaster floats{17, 11, 2, {}};
        ByteRaster bytes{17, 11, 2, {}};
        for (int i = 0; i < 17 * 11 * 2; ++i) {
            bytes.values.push_back(std::uint8_t(random() % 256));
            floats.values.push_back(float(bytes.values.back()));
        }
        const auto expected = filtered(floats, width, height);
        const auto from_floats = resized(floats, width, height);
        const auto from_bytes = resized(bytes, width, height);
        QCOMPARE(from_floats.values.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            QVERIFY(std::abs(from_floats.values[i] - expected[i]) < 1e-3);
            QVERIFY(std::abs(from_bytes.values[i] - expected[i]) <= 1.01); // two roundings
        }
    }

    void geometryFollowsTheUsualTools()
    {
        SampleGeometry geometry;
        geometry.resize_short_side = 256;
        QVERIFY((outputSize(geometry, {375, 500}, "") == PictureSize{256, 341}));
        QVERIFY((outputSize(geometry, {500, 333}, "") == PictureSize{384, 256}));
        geometry.center_crop = 224;
        QVERIFY((outputSize(geometry, {375, 500}, "") == PictureSize{224, 224}));
        geometry.resize_short_side = 200;
        QVERIFY_THROWS_EXCEPTION(Error, outputSize(geometry, {375, 500}, "file"));
        // Half a pixel goes to the even side: (6 - 3) / 2 -> 2, (8 - 3) / 2 -> 2.
        geometry = {};
        geometry.center_crop = 3;
        const auto crop = applyGeometry(geometry, pattern(), "");
        QVERIFY(crop == cropped(pattern(), 2, 2, 3, 3));
        QCOMPARE(crop.values[0], std::uint8_t(60));
        QCOMPARE(crop.values[1], std::uint8_t(80));
        // A thread of pixels must not become a long picture.
        geometry = {};
        geometry.resize_short_side = 4096;
        QVERIFY_THROWS_EXCEPTION(Error, outputSize(geometry, {1, 65535}, "file"));
    }

    void channelsAreConverted()
    {
        SampleGeometry geometry;
        geometry.channels = ChannelOrder::Grey;
        const auto grey = applyGeometry(geometry, pattern(), "");
        QCOMPARE(grey.channels, 1);
        // Recorded from Pillow's convert("L").
        const std::vector<std::uint8_t> first = {0, 9, 18, 27, 36, 45, 54, 63, 23, 33, 43, 53};
        QVERIFY(std::equal(first.begin(), first.end(), grey.values.begin()));
        QCOMPARE(grey.values.back(), std::uint8_t(187));
        geometry.channels = ChannelOrder::Bgr;
        const auto bgr = applyGeometry(geometry, pattern(), "");
        QCOMPARE(bgr.values[3 * 15 + 2], std::uint8_t(210));
        QCOMPARE(bgr.values[3 * 15], std::uint8_t(63));
        geometry.channels = ChannelOrder::Rgb;
        const auto colors = applyGeometry(geometry, grey, "");
        QCOMPARE(colors.channels, 3);
        QCOMPARE(colors.values[5], std::uint8_t(9));
    }

    void pngKindsAreRead()
    {
        QVERIFY(decodePicture(seed("png/rgb.png"), "") == pattern());
        QVERIFY(decodePicture(seed("png/interlaced.png"), "") == pattern());
        QVERIFY(decodePicture(seed("png/alpha.png"), "") == pattern()); // transparency is left out
        SampleGeometry geometry;
        geometry.channels = ChannelOrder::Grey;
        const auto grey = applyGeometry(geometry, pattern(), "");
        QVERIFY(decodePicture(seed("png/grey.png"), "") == grey);
        QCOMPARE(decodePicture(seed("png/palette.png"), "").channels, 3);
        const auto grey16 = decodePicture(seed("png/grey16.png"), ""); // i * 1365 of 65535
        QCOMPARE(grey16.channels, 1);
        for (int i = 0; i < 48; ++i)
            QCOMPARE(int(grey16.values[std::size_t(i)]), int(std::lround(i * 1365 / 257.0)));
        const auto rgb16 = decodePicture(seed("png/rgb16.png"), "");
        QVERIFY((rgb16.values == std::vector<std::uint8_t>{0, 1, 255, 128, 4, 233}));
        for (const auto value : decodePicture(seed("png/bits.png"), "").values)
            QVERIFY(value == 0 || value == 255);
    }

    void jpegKindsAreRead()
    {
        const auto picture = decodePicture(seed("jpeg/rgb.jpg"), "");
        // Recorded from Pillow 9.4.
        const std::vector<std::uint8_t> row = {5,   2, 0, 30,  0, 2, 60,  0, 0, 90,  0, 15,
                                               116, 3, 0, 146, 0, 0, 186, 0, 5, 209, 0, 9};
        QVERIFY(std::equal(row.begin(), row.end(), picture.values.begin()));
        QCOMPARE(decodePicture(seed("jpeg/grey.jpg"), "").channels, 1);
        for (const char* name : {"jpeg/progressive.jpg", "jpeg/chroma.jpg"}) {
            const auto other = decodePicture(seed(name), "");
            QVERIFY(other.width == 8 && other.height == 6 && other.channels == 3);
        }
    }

    void badPicturesAreRefused()
    {
        QVERIFY(refusal(seed("jpeg/cmyk.jpg")).contains("CMYK"));
        QVERIFY(refusal(seed("jpeg/cut.jpg")).contains("damaged"));
        QVERIFY(refusal(seed("png/cut.png")).contains("damaged"));
        QVERIFY(refusal(seed("png/huge.png")).contains("60000"));
        QVERIFY(refusal({}).contains("empty"));
        QVERIFY(refusal(seed("npz/bytes.npz")).contains("neither JPEG nor PNG"));
        for (const char* name : {"jpeg/rgb.jpg", "png/rgb.png"}) {
            auto bytes = seed(name);
            while (bytes.size() > 1) { // cut anywhere
                bytes.pop_back();
                if (!refusal(bytes).isEmpty())
                    continue;
                // Only the mark at the end may be missing without loss.
                QVERIFY(bytes.size() + 12 >= seed(name).size());
            }
        }
    }
};

QTEST_GUILESS_MAIN(TestPictures)
#include "tst_pictures.moc"
