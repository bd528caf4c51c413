// SPDX-License-Identifier: Apache-2.0
#include "core/report/front_scene.h"
#include "tests/report/text_room.h"

#include <QtTest>

#include <cmath>

using namespace bitdial;
using namespace bitdial::test;

namespace {

const MethodFamilies families = {{"trainer", MethodFamily::Trained},
                                 {"solver", MethodFamily::PostTraining}};

const TextWidth by_letters = widthByLetters;

FrontRow rowOf(std::int64_t id, const char* method, PointRole role, double ms, int correct)
{
    FrontRow row;
    row.point_id = id;
    row.provenance.method = method;
    row.provenance.role = role;
    row.accuracy = Accuracy{Rung::Integer, DataRole::Test, correct, 1000};
    row.cost = NetworkCost{};
    row.cost->latency_ms = ms;
    row.cost->latency_cycles = ms * 1e5;
    row.ranked_cycles = row.cost->latency_cycles;
    return row;
}

std::vector<FrontRow> sampleRows()
{
    std::vector<FrontRow> rows = {rowOf(1, "uniform", PointRole::Reference, 4, 930),
                                  rowOf(2, "trainer", PointRole::Found, 2.5, 900),
                                  rowOf(3, "trainer", PointRole::Refined, 2, 915),
                                  rowOf(4, "solver", PointRole::Found, 1.5, 890),
                                  rowOf(5, "hand", PointRole::Hand, 3, 905),
                                  rowOf(6, "gone", PointRole::Found, 3.5, 910)};
    rows[0].provenance.label = "8/8";
    rows[2].provenance.parent = 2;
    for (const std::size_t on_front : {0, 2, 3})
        rows[on_front].on_front = true;
    return rows;
}

ChartScene sceneOf(const std::vector<FrontPanel>& panels,
                   const ChartTheme& theme = ChartTheme::light())
{
    return frontScene(panels, families, theme, by_letters);
}

std::vector<TextShape> textsOf(const ChartScene& scene)
{
    std::vector<TextShape> texts;
    for (const auto& group : scene.groups)
        for (const auto& shape : group.shapes)
            if (const auto* text = std::get_if<TextShape>(&shape))
                texts.push_back(*text);
    return texts;
}

bool says(const ChartScene& scene, const std::string& part)
{
    return std::ranges::any_of(textsOf(scene), [&](const TextShape& text) {
        return text.text.find(part) != std::string::npos;
    });
}

ScenePoint middleOf(const SceneShape& shape)
{
    if (const auto* circle = std::get_if<CircleShape>(&shape))
        return circle->centre;
    double least_x = 1e9;
    double most_x = -1e9;
    double least_y = 1e9;
    double most_y = -1e9;
    for (const auto& point : std::get<PathShape>(shape).points) {
        least_x = std::min(least_x, point.x);
        most_x = std::max(most_x, point.x);
        least_y = std::min(least_y, point.y);
        most_y = std::max(most_y, point.y);
    }
    return {(least_x + most_x) / 2, (least_y + most_y) / 2};
}

/// The mark of a point, which its group's title names.
const SceneGroup* markOf(const ChartScene& scene, int id)
{
    const auto begin = "point " + std::to_string(id) + ",";
    const auto found = std::ranges::find_if(
        scene.groups, [&](const SceneGroup& group) { return group.title.starts_with(begin); });
    return found == scene.groups.end() ? nullptr : &*found;
}

/// A linear scale read off two labels of an axis, as a reader of the picture would.
struct Reading {
    double at_first, first, at_second, second;
    double at(double value) const
    {
        return at_first + (value - first) / (second - first) * (at_second - at_first);
    }
};

Reading readOff(const ChartScene& scene, TextAnchor anchor, bool across)
{
    std::vector<TextShape> labels;
    for (const auto& text : textsOf(scene)) {
        bool is_number = false;
        QString::fromStdString(text.text).toDouble(&is_number);
        if (is_number && text.anchor == anchor)
            labels.push_back(text);
    }
    const auto value = [&](const TextShape& text) { return std::stod(text.text); };
    // Labels of the vertical axis stand 4 px below their line.
    const auto place = [&](const TextShape& text) { return across ? text.at.x : text.at.y - 4; };
    return {place(labels.front()), value(labels.front()), place(labels.back()),
            value(labels.back())};
}

} // namespace

class TestFrontScene : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pointsLieWhereTheAxesSay()
    {
        const auto rows = sampleRows();
        const auto scene = sceneOf({{"net on chip", rows}});
        const auto x = readOff(scene, TextAnchor::Middle, true);
        const auto y = readOff(scene, TextAnchor::End, false);
        for (const auto& row : rows) {
            const auto* group = markOf(scene, int(row.point_id));
            QVERIFY(group != nullptr);
            const auto at = middleOf(group->shapes.at(0));
            QVERIFY(std::abs(at.x - x.at(row.cost->latency_ms)) < 0.01);
            // A triangle's middle is no corner's; none is drawn here.
            QVERIFY(std::abs(at.y - y.at(row.accuracy->top1() * 100)) < 0.01);
        }
    }

    void theFrontIsAStepLine()
    {
        const auto scene = sceneOf({{"net on chip", sampleRows()}});
        const auto middle = [&](int id) { return middleOf(markOf(scene, id)->shapes.at(0)); };
        const std::vector<ScenePoint> expected = {middle(4),
                                                  {middle(3).x, middle(4).y},
                                                  middle(3),
                                                  {middle(1).x, middle(3).y},
                                                  middle(1)};
        int lines = 0;
        for (const auto& group : scene.groups)
            for (const auto& shape : group.shapes)
                if (const auto* path = std::get_if<PathShape>(&shape);
                    path != nullptr && path->points.size() == expected.size() && !path->closed) {
                    ++lines;
                    for (std::size_t i = 0; i < expected.size(); ++i)
                        QVERIFY(std::hypot(path->points[i].x - expected[i].x,
                                           path->points[i].y - expected[i].y) < 0.01);
                }
        QCOMPARE(lines, 1);
    }

    /// From what was found to what was refined of it: a line and its head.
    void anArrowShowsWhereAPointCameFrom()
    {
        const auto linesOf = [](const ChartScene& scene) {
            int lines = 0;
            for (const auto& group : scene.groups)
                for (const auto& shape : group.shapes)
                    if (const auto* path = std::get_if<PathShape>(&shape))
                        lines +=
                            path->paint.stroke.color == ChartTheme::light().accent(0).faded(0.65);
            return lines;
        };
        auto rows = sampleRows();
        QCOMPARE(linesOf(sceneOf({{"net on chip", rows}})), 2);
        rows[2].provenance.parent = 0;
        QCOMPARE(linesOf(sceneOf({{"net on chip", rows}})), 0);
    }

    void itSaysWhatItShows()
    {
        auto rows = sampleRows();
        auto scene = sceneOf({{"net on chip", rows}});
        for (const char* part :
             {"net on chip", "latency, ms", "top-1, % (front: integer, test, n = 1000)", "8/8",
              "uniform", "trained", "post-training", "by hand", "other method",
              "found for any target", "refined for one"})
            QVERIFY2(says(scene, part), part);
        QVERIFY(!says(scene, "evolutionary") && !says(scene, "unverified") &&
                !says(scene, "drawn"));
        QVERIFY(markOf(scene, 3)->title.find("91.50 % (integer, test), 2.000 ms") !=
                std::string::npos);

        rows[1].cost->estimated = true;
        rows[3].ranked_cycles.reset();
        FrontRow reference;
        reference.accuracy = Accuracy{Rung::Float, DataRole::Test, 925, 1000};
        rows.push_back(reference);
        scene = sceneOf({{"net on chip", rows, "measured latency, ms"}});
        QVERIFY(says(scene, "measured latency, ms"));
        QVERIFY(says(scene, "1 point without latency or accuracy not drawn; ~ some figures are"));
        QVERIFY(says(scene, "float 92.5 %"));
        QVERIFY(markOf(scene, 2)->title.find("~2.500 ms") != std::string::npos);
        QVERIFY(markOf(scene, 4) == nullptr);
    }

    /// The cycles by which the front is ranked are those that are drawn.
    void measuredCyclesAreDrawn()
    {
        auto rows = sampleRows();
        rows[2].ranked_cycles = 3e5; // promised 2e5, 2 ms
        const auto scene = sceneOf({{"net on chip", rows}});
        const auto x = readOff(scene, TextAnchor::Middle, true);
        QVERIFY(std::abs(middleOf(markOf(scene, 3)->shapes.at(0)).x - x.at(3)) < 0.01);
    }

    void whatLiesFarBelowIsCounted()
    {
        auto rows = sampleRows();
        rows.push_back(rowOf(7, "trainer", PointRole::Refined, 3, 100));
        rows.push_back(rowOf(8, "trainer", PointRole::Refined, 3, 110));
        const auto scene = sceneOf({{"net on chip", rows}});
        QVERIFY(says(scene, "↓ 2 below"));
        QCOMPARE(middleOf(markOf(scene, 7)->shapes.at(0)).y,
                 middleOf(markOf(scene, 8)->shapes.at(0)).y);
    }

    /// Wherever it lies along the axis, the label of a point under the plot keeps off their count.
    void labelsKeepOffTheCountBelow()
    {
        for (double latency = 5; latency < 12; latency += 0.25) {
            auto rows = sampleRows();
            rows.push_back(rowOf(7, "trainer", PointRole::Refined, 12, 100));
            rows.push_back(rowOf(8, "uniform", PointRole::Reference, latency, 100));
            rows.back().provenance.label = "w2a2";
            const auto scene = sceneOf({{"net on chip", rows}});
            const auto texts = textsOf(scene);
            const auto count = std::ranges::find_if(
                texts, [](const auto& text) { return text.text == "↓ 2 below"; });
            QVERIFY(count != texts.end());
            for (const auto& text : texts)
                if (text.text == "w2a2")
                    QVERIFY(!roomOf(text, by_letters).meets(roomOf(*count, by_letters)));
        }
    }

    void labelsDoNotMeet()
    {
        std::vector<FrontRow> rows;
        for (int i = 0; i < 12; ++i) {
            rows.push_back(rowOf(i + 1, "uniform", PointRole::Reference, 2 + 0.01 * i, 900 + i));
            rows.back().provenance.label = "w8a" + std::to_string(i);
            rows.back().on_front = true;
        }
        // One far below, where the picture says how many there are.
        rows.push_back(rowOf(13, "uniform", PointRole::Reference, 2.11, 100));
        rows.back().provenance.label = "w2a2";
        const auto scene = sceneOf({{"net on chip", rows}});
        std::vector<SceneRect> rooms;
        for (const auto& text : textsOf(scene))
            rooms.push_back(roomOf(text, by_letters));
        QVERIFY(rooms.size() > 16);
        for (std::size_t i = 0; i < rooms.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j)
                QVERIFY(!rooms[i].meets(rooms[j]));
            QVERIFY(rooms[i].x >= 0 && rooms[i].right() <= scene.width);
            QVERIFY(rooms[i].y >= 0 && rooms[i].bottom() <= scene.height);
        }
    }

    void panelsStandBelowEachOther()
    {
        const auto one = sceneOf({{"one", sampleRows()}});
        const auto two = sceneOf({{"one", sampleRows()}, {"two", {}}});
        QVERIFY(two.height > one.height + 50);
        QVERIFY(says(two, "no points") && says(two, "two") && !says(one, "no points"));
        QVERIFY(two.groups.size() > one.groups.size());
        QVERIFY(sceneOf({}).height > 0);
        // The accents of the targets differ.
        const auto both = sceneOf({{"one", sampleRows()}, {"two", sampleRows()}});
        int first = 0;
        int second = 0;
        for (const auto& group : both.groups)
            for (const auto& shape : group.shapes)
                if (const auto* circle = std::get_if<CircleShape>(&shape)) {
                    first += circle->paint.fill == ChartTheme::light().accent(0);
                    second += circle->paint.fill == ChartTheme::light().accent(1);
                }
        QVERIFY(first > 0 && second > 0);
    }

    void themesDifferInColorsOnly()
    {
        const auto light = sceneOf({{"net on chip", sampleRows()}});
        const auto dark = sceneOf({{"net on chip", sampleRows()}}, ChartTheme::night());
        QVERIFY(light.background != dark.background);
        QCOMPARE(light.groups.size(), dark.groups.size());
        const auto light_texts = textsOf(light);
        const auto dark_texts = textsOf(dark);
        for (std::size_t i = 0; i < light_texts.size(); ++i) {
            QCOMPARE(light_texts[i].text, dark_texts[i].text);
            QCOMPARE(light_texts[i].at, dark_texts[i].at);
            QVERIFY(light_texts[i].color != dark_texts[i].color);
        }
        QVERIFY(sceneOf({{"net on chip", sampleRows()}}) == light);
    }

    void longTitlesAreCut()
    {
        auto rows = sampleRows();
        rows[1].ranked_cycles.reset();
        const auto scene = sceneOf({{std::string(300, 'n'), rows}});
        for (const auto& text : textsOf(scene)) {
            const auto room = roomOf(text, by_letters);
            QVERIFY(room.x >= 0 && room.right() <= scene.width);
        }
    }
};

QTEST_GUILESS_MAIN(TestFrontScene)
#include "tst_front_scene.moc"
