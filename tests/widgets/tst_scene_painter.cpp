// SPDX-License-Identifier: Apache-2.0
#include "core/report/scene_cairo.h"
#include "core/report/scene_svg.h"
#include "tests/widgets/view_fixture.h"
#include "widgets/charts/chart_points.h"
#include "widgets/charts/front_painter.h"
#include "widgets/charts/mark_legend.h"
#include "widgets/charts/scene_painter.h"
#include "widgets/style/theme.h"

#include <QFontDatabase>
#include <QFontInfo>
#include <QImage>
#include <QPainter>
#include <QSvgRenderer>
#include <QtTest>

#include <cmath>

Q_DECLARE_METATYPE(bitdial::ChartScene)

using namespace bitdial;
using namespace bitdial::test;

namespace {

constexpr double scale = 2;
constexpr auto white = Rgba::of(0xffffff);
constexpr auto ink = Rgba::of(0x000000);

/// The family that Cairo takes as well.
QFont chartFont()
{
    for (const auto& family : {QStringLiteral("Inter"), QStringLiteral("DejaVu Sans")})
        if (QFontDatabase::hasFamily(family))
            return QFont(family);
    return {};
}

QImage byQt(const ChartScene& scene)
{
    QImage image(int(scene.width * scale), int(scene.height * scale), QImage::Format_RGB32);
    image.fill(Qt::magenta); // so that what is not painted shows
    QPainter painter(&image);
    painter.scale(scale, scale);
    paintScene(painter, scene, chartFont());
    return image;
}

QImage byCairo(const ChartScene& scene)
{
    const auto bytes = scenePng(scene, scale);
    return QImage::fromData(reinterpret_cast<const uchar*>(bytes.data()), int(bytes.size()), "PNG");
}

QImage bySvg(const ChartScene& scene)
{
    QImage image(int(scene.width * scale), int(scene.height * scale), QImage::Format_RGB32);
    QSvgRenderer renderer(QByteArray::fromStdString(sceneSvg(scene)));
    QPainter painter(&image);
    renderer.render(&painter);
    return image;
}

/// The rectangle [px of the scene] around all that is darker than half.
QRectF extent(const QImage& image)
{
    QRect found;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x)
            if (image.pixelColor(x, y).lightness() < 128)
                found |= QRect(x, y, 1, 1);
    return {found.x() / scale, found.y() / scale, found.width() / scale, found.height() / scale};
}

double farthest(const QRectF& a, const QRectF& b)
{
    return std::max({std::abs(a.left() - b.left()), std::abs(a.right() - b.right()),
                     std::abs(a.top() - b.top()), std::abs(a.bottom() - b.bottom())});
}

ChartScene sceneOf(std::vector<SceneShape> shapes)
{
    return {200, 120, white, {}, {{{}, {}, std::move(shapes)}}};
}

} // namespace

class TestScenePainter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Qt, Cairo and a reader of the SVG paint the same, shape by shape.
    void allPaintersAgree_data()
    {
        QTest::addColumn<ChartScene>("scene");
        QTest::addColumn<double>("tolerance");     // of the edges [px]
        QTest::addColumn<double>("svg_tolerance"); // Qt's reader of SVG sets text in its own way
        const auto row = [](const char* name, SceneShape shape, double tolerance = 0.5) {
            const bool is_text = std::holds_alternative<TextShape>(shape);
            QTest::newRow(name) << sceneOf({std::move(shape)}) << tolerance
                                << (is_text ? 8 : tolerance);
        };
        row("box", rectShape({20, 30, 100, 50}, {ink, {}}));
        row("frame", rectShape({20, 30, 100, 50}, {{}, {ink, 4}}));
        row("line", lineShape({10, 20}, {150, 90}, {ink, 3}));
        row("circle", CircleShape{{80, 60}, 30, {ink, {}}});
        row("ring", CircleShape{{80, 60}, 30, {{}, {ink, 4}}});
        row("corner", PathShape{{{20, 100}, {100, 20}, {180, 100}}, false, {{}, {ink, 4}}});
        row("dashes", lineShape({10, 60}, {153, 60}, {ink, 4, 20, 10}));
        for (const auto family :
             {MethodFamily::Uniform, MethodFamily::Trained, MethodFamily::PostTraining,
              MethodFamily::Evolutionary, MethodFamily::ByHand, MethodFamily::Other})
            row(methodFamilyName(family), markShape({family, PointRole::Refined, true, true},
                                                    {50, 40}, ChartTheme::light(), ink));
        TextShape text{"HelloH", {100, 60}, 16, ink};
        row("text", text, 1.5);
        text.anchor = TextAnchor::Middle;
        row("middle", text, 1.5);
        text.anchor = TextAnchor::End;
        row("end", text, 1.5);
        text.weight = TextWeight::Bold;
        row("bold", text, 1.5);
        text.turn = TextTurn::Upwards;
        text.at = {100, 30};
        row("upwards", text, 1.5);
    }

    void allPaintersAgree()
    {
        QFETCH(ChartScene, scene);
        QFETCH(double, tolerance);
        QFETCH(double, svg_tolerance);
        const auto cairo = byCairo(scene);
        const auto qt = byQt(scene);
        QCOMPARE(qt.size(), cairo.size());
        const auto expected = extent(cairo);
        QVERIFY(expected.width() > 1 && expected.height() > 1);
        QVERIFY2(farthest(extent(qt), expected) <= tolerance,
                 qPrintable(QStringLiteral("%1").arg(farthest(extent(qt), expected))));
        const double svg = farthest(extent(bySvg(scene)), expected);
        QVERIFY2(svg <= svg_tolerance, qPrintable(QStringLiteral("SVG %1").arg(svg)));
        for (int y = 0; y < qt.height(); y += 7) // nothing is left out of the ground
            for (int x = 0; x < qt.width(); x += 7)
                QVERIFY(qt.pixelColor(x, y) != QColor(Qt::magenta));
    }

    void pixelsAreThoseOfCairo()
    {
        ChartScene scene = sceneOf({});
        const auto red = Rgba::of(0xd03020);
        scene.groups.push_back({{}, {}, {rectShape({0, 0, 80, 80}, {red, {}})}});
        scene.groups.push_back({{},
                                SceneRect{40, 40, 100, 60},
                                {CircleShape{{60, 60}, 30, {Rgba::of(0x2050d0).faded(0.5), {}}}}});
        const auto cairo = byCairo(scene);
        const auto qt = byQt(scene);
        for (const QPoint at : {QPoint(10, 10), QPoint(60, 60), QPoint(85, 60), QPoint(35, 60),
                                QPoint(60, 35), QPoint(60, 85), QPoint(150, 100)}) {
            const QColor a = cairo.pixelColor(at * scale);
            const QColor b = qt.pixelColor(at * scale);
            QVERIFY2(std::abs(a.red() - b.red()) <= 2 && std::abs(a.green() - b.green()) <= 2 &&
                         std::abs(a.blue() - b.blue()) <= 2,
                     qPrintable(QStringLiteral("%1,%2: %3 %4")
                                    .arg(at.x())
                                    .arg(at.y())
                                    .arg(a.name(), b.name())));
        }
        QCOMPARE(qt.pixelColor(QPoint(10, 10) * scale), colorOf(red));
    }

    /// What is measured for the layout of labels is what is painted.
    void textsAreAsWideAsTheyAreMeasured()
    {
        const auto font = chartFont();
        const auto width = fontTextWidth(font);
        for (const double size : {9.0, 11.7, 16.0}) {
            TextShape text{"HelloH", {20, 60}, size, ink};
            const auto painted = extent(byQt(sceneOf({text})));
            QVERIFY(std::abs(painted.right() - (20 + width(text.text, size, TextWeight::Normal))) <
                    2.5);
        }
        QFont in_pixels = font;
        in_pixels.setPixelSize(17);
        QCOMPARE(pixelSizeOf(in_pixels), 17.0);
        QFont in_points = font;
        in_points.setPointSizeF(12);
        QVERIFY(std::abs(pixelSizeOf(in_points) - QFontInfo(in_points).pixelSize()) <= 0.5);
    }

    /// The window's chart has marks, by family and role, where it says that they are.
    void theWindowDrawsMarksByFamilyAndRole()
    {
        PointModel model;
        model.setFamilies(
            {{"trainer", MethodFamily::Trained}, {"solver", MethodFamily::PostTraining}});
        auto uniform = pointRow(1, "uniform", 0, 0, {4}, 950);
        uniform.point.provenance.label = "8/8";
        model.reset({target("A", 1e8)},
                    {uniform, pointRow(2, "trainer", 2, 0, {3}, 940),
                     pointRow(3, "solver", 1, 0, {2}, 930), pointRow(4, "gone", 2, 0, {3.5}, 920)});
        const auto points = chartPoints(model, 0);
        const auto familyAt = [&](qint64 id) {
            return points.points[std::size_t(points.indexOf(id))].mark.family;
        };
        QCOMPARE(familyAt(1), MethodFamily::Uniform);
        QCOMPARE(familyAt(2), MethodFamily::Trained);
        QCOMPARE(familyAt(3), MethodFamily::PostTraining);
        QCOMPARE(familyAt(4), MethodFamily::Other);
        const auto scales = chartScales(points);
        const auto& theme = Theme::light();
        const FrontPicture picture{points, scales,          {10, 10, 300, 200},
                                   theme,  theme.accent(0), chartFont()};
        QImage image(320, 220, QImage::Format_RGB32);
        image.fill(theme.panel);
        QPainter painter(&image);
        paintFront(painter, picture);
        const auto colorAt = [&](qint64 id) {
            const auto at = picture.place(points.points[std::size_t(points.indexOf(id))]);
            return image.pixelColor(int(std::lround(at.x())), int(std::lround(at.y()))).name();
        };
        QCOMPARE(colorAt(1), theme.text.name());
        QCOMPARE(colorAt(2), theme.accent(0).name());
        QVERIFY(colorAt(3) != theme.accent(0).name() && colorAt(3) != theme.panel.name());
        QCOMPARE(colorAt(4), colorOf(ChartTheme::light().quiet).name());
    }

    void theLegendFollowsTheModel()
    {
        PointModel model;
        model.setFamilies({{"solver", MethodFamily::PostTraining}});
        MarkLegend legend(&model);
        QCOMPARE(legend.heightForWidth(600), 0);
        model.reset({target("A", 1e8)}, {pointRow(1, "uniform", 0, 0, {4}, 950)});
        const int line = legend.heightForWidth(600);
        QVERIFY(line > 0);
        model.append({pointRow(2, "solver", 1, 0, {3}, 940), pointRow(3, "solver", 2, 0, {2}, 930),
                      pointRow(4, "hand", 0, 0, {3}, 900), pointRow(5, "solver", 2, 0, {3}, 900)});
        QCOMPARE(legend.heightForWidth(2000), line);
        QVERIFY(legend.heightForWidth(250) > line);
        legend.resize(600, legend.heightForWidth(600));
        const auto image = legend.grab().toImage();
        QVERIFY(extent(image).width() > 0);
    }
};

QTEST_MAIN(TestScenePainter)
#include "tst_scene_painter.moc"
