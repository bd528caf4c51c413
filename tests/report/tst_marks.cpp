// SPDX-License-Identifier: Apache-2.0
#include "core/report/label_places.h"
#include "core/report/marks.h"
#include "tests/report/text_room.h"

#include <QtTest>

#include <cmath>

using namespace bitdial;
using namespace bitdial::test;

namespace {

double luminance(Rgba color)
{
    const auto part = [](std::uint8_t value) {
        const double share = value / 255.0;
        return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * part(color.red) + 0.7152 * part(color.green) + 0.0722 * part(color.blue);
}

/// WCAG 2.1.
double contrast(Rgba a, Rgba b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

const TextWidth by_letters = widthByLetters;

ScenePaint paintOf(const SceneShape& shape)
{
    if (const auto* circle = std::get_if<CircleShape>(&shape))
        return circle->paint;
    return std::get<PathShape>(shape).paint;
}

const std::vector<MethodFamily> families = {MethodFamily::Uniform,      MethodFamily::Trained,
                                            MethodFamily::PostTraining, MethodFamily::Evolutionary,
                                            MethodFamily::ByHand,       MethodFamily::Other};

} // namespace

class TestMarks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Each family has a shape of its own, and the role does not change it.
    void shapeIsTheFamily()
    {
        const auto& theme = ChartTheme::light();
        std::vector<PathShape> outlines;
        for (const auto family : families) {
            auto shape = markShape({family, PointRole::Found, true, true}, {50, 60}, theme, {});
            auto other = markShape({family, PointRole::Refined, true, true}, {50, 60}, theme, {});
            PathShape outline;
            if (const auto* path = std::get_if<PathShape>(&shape)) {
                outline.points = path->points;
                QVERIFY(std::get<PathShape>(other).points == path->points);
            } else {
                QVERIFY(std::holds_alternative<CircleShape>(other));
            }
            QVERIFY(std::ranges::find(outlines, outline) == outlines.end());
            outlines.push_back(outline);
        }
    }

    void fillIsTheRole()
    {
        for (const auto& theme : {ChartTheme::light(), ChartTheme::night()}) {
            const auto accent = theme.accent(0);
            const auto fill = [&](PointRole role, bool on_front = true, bool comparable = true) {
                return paintOf(markShape({MethodFamily::Trained, role, on_front, comparable},
                                         {0, 0}, theme, accent));
            };
            QCOMPARE(*fill(PointRole::Refined).fill, accent);
            QCOMPARE(*fill(PointRole::Hand).fill, accent);
            QCOMPARE(*fill(PointRole::Reference).fill, theme.text);
            const auto found = fill(PointRole::Found);
            QVERIFY(*found.fill != accent && *found.fill != theme.ground);
            QCOMPARE(found.stroke.color, accent);
            // Light and full must differ without any colour, and the outline stand out.
            QVERIFY(contrast(*found.fill, accent) > 2);
            QVERIFY(contrast(found.stroke.color, theme.ground) >= 3);
            QCOMPARE(*fill(PointRole::Refined, false).fill, theme.quiet);
            QVERIFY(fill(PointRole::Refined, true, false).stroke.dash > 0);
            QCOMPARE(*fill(PointRole::Refined, true, false).fill, theme.ground);
        }
    }

    void beatenPointsAreSmall()
    {
        const MarkStyle beaten{MethodFamily::Trained, PointRole::Refined, false, true};
        QVERIFY(!isLarge(beaten));
        for (const auto role : {PointRole::Reference, PointRole::Hand})
            QVERIFY(isLarge({MethodFamily::ByHand, role, false, true}));
        auto best = beaten;
        best.on_front = true;
        QVERIFY(markReach(beaten) < markReach(best));
        for (const auto family : families) { // what a mark covers lies within its reach
            const MarkStyle style{family, PointRole::Found, true, true};
            const auto shape = markShape(style, {0, 0}, ChartTheme::light(), {});
            if (const auto* path = std::get_if<PathShape>(&shape))
                for (const auto& corner : path->points)
                    QVERIFY(std::max(std::abs(corner.x), std::abs(corner.y)) <=
                            markReach(style) + 1e-9);
        }
    }

    void colorsCanBeSeen()
    {
        for (const auto& theme : {ChartTheme::light(), ChartTheme::night()}) {
            QVERIFY(contrast(theme.text, theme.ground) >= 4.5);
            QVERIFY(contrast(theme.secondary, theme.ground) >= 4.5);
            QVERIFY(contrast(theme.quiet, theme.ground) >= 3);
            for (int target = 0; target < 6; ++target)
                QVERIFY2(contrast(theme.accent(target), theme.ground) >= 3,
                         qPrintable(QString::number(target)));
            // Neighbours differ in lightness, for those who see no colours.
            QVERIFY(contrast(theme.accent(0), theme.accent(2)) > 1.2);
        }
    }

    void legendSaysOnlyWhatOccurs()
    {
        LegendContents contents;
        const auto words = [&] {
            const auto legend =
                legendOf(contents, {}, {0, 0, 1000, 10}, ChartTheme::light(), {}, by_letters);
            QStringList said;
            for (const auto& shape : legend.shapes)
                if (const auto* text = std::get_if<TextShape>(&shape))
                    said << QString::fromStdString(text->text);
            return said.join('|');
        };
        QCOMPARE(words(), QString());
        contents.add({MethodFamily::Uniform, PointRole::Reference, false, true});
        QCOMPARE(words(), QString("uniform"));
        contents.add({MethodFamily::PostTraining, PointRole::Found, true, true});
        QCOMPARE(words(), QString("uniform|post-training|found for any target"));
        contents.add({MethodFamily::PostTraining, PointRole::Refined, false, true});
        contents.add({MethodFamily::ByHand, PointRole::Hand, false, false});
        QCOMPARE(words(), QString("uniform|post-training|by hand|found for any target|"
                                  "refined for one|beaten by others|measured in another way"));
    }

    void legendWraps()
    {
        LegendContents contents;
        for (const auto family : families)
            contents.add({family, PointRole::Refined, true, true});
        const auto heightAt = [&](double width) {
            const auto legend =
                legendOf(contents, {}, {20, 0, width, 10}, ChartTheme::light(), {}, by_letters);
            for (const auto& shape : legend.shapes)
                if (const auto* text = std::get_if<TextShape>(&shape)) {
                    const auto room = roomOf(*text, by_letters);
                    if (room.x < 20 || room.right() > 20 + width)
                        return -1.0;
                }
            return legend.height;
        };
        QCOMPARE(heightAt(1000), 16.0);
        QVERIFY(heightAt(250) > heightAt(1000));
    }

    void labelsDoNotMeet()
    {
        LabelPlaces places({0, 0, 200, 100});
        std::vector<SceneRect> rooms;
        for (int i = 0; i < 6; ++i)
            places.block({100.0 + 4 * i, 50}, 5);
        for (int i = 0; i < 6; ++i) {
            TextShape text{"8/8", {}};
            text.size = 10;
            if (!places.put(text, {100.0 + 4 * i, 50}, 5, by_letters))
                continue;
            const auto room = roomOf(text, by_letters);
            for (const auto& other : rooms)
                QVERIFY(!room.meets(other));
            for (int mark = 0; mark < 6; ++mark)
                QVERIFY(!room.meets(SceneRect{100.0 + 4 * mark, 50, 0, 0}.grown(5)));
            QVERIFY(SceneRect({0, 0, 200, 100}).contains({room.x, room.y}));
            rooms.push_back(room);
        }
        QVERIFY(rooms.size() >= 4);
        TextShape much{std::string(100, 'x'), {}};
        QVERIFY(!places.put(much, {100, 50}, 5, by_letters));
    }

    void fewPointsAreCovered()
    {
        LabelPlaces places({0, 0, 200, 100});
        for (int x = 106; x < 150; x += 2)
            places.avoid({double(x), 50});
        TextShape text{"8/8", {}};
        QVERIFY(places.put(text, {100, 50}, 5, by_letters));
        QVERIFY(!roomOf(text, by_letters).contains({110, 50}));
    }

    void tooLongTextsAreCut()
    {
        QCOMPARE(elided("abcdef", 30, 10, TextWeight::Normal, by_letters), std::string("abcdef"));
        QCOMPARE(elided("äöüäöü", 40, 10, TextWeight::Normal, by_letters), std::string("äö…"));
        QCOMPARE(elided("abc", 1, 10, TextWeight::Normal, by_letters), std::string());
    }
};

QTEST_GUILESS_MAIN(TestMarks)
#include "tst_marks.moc"
