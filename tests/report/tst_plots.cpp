// SPDX-License-Identifier: Apache-2.0
#include "core/report/comparison_scene.h"
#include "core/report/cycles_scene.h"
#include "tests/report/text_room.h"

#include <QtTest>

#include <cmath>

using namespace bitdial;
using namespace bitdial::test;

namespace {

const TextWidth by_letters = widthByLetters;

template <typename Shape> std::vector<Shape> shapesOf(const ChartScene& scene)
{
    std::vector<Shape> found;
    for (const auto& group : scene.groups)
        for (const auto& shape : group.shapes)
            if (const auto* one = std::get_if<Shape>(&shape))
                found.push_back(*one);
    return found;
}

const TextShape* find(const std::vector<TextShape>& texts, const std::string& part)
{
    const auto found = std::ranges::find_if(
        texts, [&](const auto& text) { return text.text.find(part) != std::string::npos; });
    return found == texts.end() ? nullptr : &*found;
}

PredictedRow rowOf(LayerKind kind, double measured, double predicted)
{
    PredictedRow row;
    row.kind = kind;
    row.measured_cycles = measured;
    row.predicted_cycles = predicted;
    return row;
}

} // namespace

class TestPlots : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void predictionsStandOverMeasurements()
    {
        const std::vector<PredictedRow> rows = {rowOf(LayerKind::Conv, 1000, 2000),
                                                rowOf(LayerKind::Conv, 50000, 50000),
                                                rowOf(LayerKind::Linear, 300, 200)};
        const auto scene = comparisonScene("A chip", rows, ChartTheme::light());
        const auto texts = shapesOf<TextShape>(scene);
        for (const char* part : {"A chip", "3 rows, mean error", "measured, cycles",
                                 "predicted, cycles", "conv", "linear"})
            QVERIFY2(find(texts, part) != nullptr, part);
        // Both axes begin with 1e2 and end with 1e5, so a decade is a third of them.
        std::vector<CircleShape> marks;
        for (const auto& circle : shapesOf<CircleShape>(scene))
            if (circle.radius == 2.5)
                marks.push_back(circle);
        QCOMPARE(marks.size(), rows.size());
        const auto* first = find(texts, "1e2");
        const auto* last = find(texts, "1e5");
        QVERIFY(first != nullptr && last != nullptr);
        const auto at = [](const CircleShape& mark) { return mark.centre; };
        const double decade = (at(marks[1]).x - at(marks[0]).x) / std::log10(50.0);
        QVERIFY(std::abs(decade - 150) < 0.01);
        QVERIFY(std::abs(at(marks[0]).y - at(marks[1]).y - decade * std::log10(25.0)) < 0.01);
        QVERIFY(marks[0].paint.fill != marks[2].paint.fill);
    }

    void withoutRowsThereIsATitle()
    {
        const auto scene = comparisonScene("Nothing", {}, ChartTheme::night());
        QVERIFY(find(shapesOf<TextShape>(scene), "0 rows") != nullptr);
        QVERIFY(shapesOf<CircleShape>(scene).empty());
    }

    void barsAreAsLongAsTheirCycles()
    {
        const std::vector<CyclesBar> bars = {
            {"a <layer> & more", 1000, 1500, 800, 900, "+50.0 %"},
            {std::string(200, 'x'), 500, 250, std::nullopt, std::nullopt, "-50.0 %"}};
        const auto scene =
            cyclesScene({"Cycles", "2 cycles measured"}, bars, ChartTheme::light(), by_letters);
        const auto texts = shapesOf<TextShape>(scene);
        for (const char* part : {"Cycles", "2 cycles measured", "promised", "measured",
                                 "in kernels", "a <layer> & more", "+50.0 %", "-50.0 %"})
            QVERIFY2(find(texts, part) != nullptr, part);
        std::vector<double> lengths;
        for (const auto& path : shapesOf<PathShape>(scene))
            if (path.points.size() == 4 && path.points[0].x == 190)
                lengths.push_back(path.points[1].x - path.points[0].x);
        const double whole = lengths.at(2);
        for (const auto& [bar, share] : std::map<std::size_t, double>{
                 {1, 1000}, {2, 1500}, {3, 800}, {4, 900}, {5, 500}, {6, 250}})
            QVERIFY(std::abs(lengths.at(bar) - whole * share / 1500) < 0.01);
        for (const auto& text : texts) {
            const auto room = roomOf(text, by_letters);
            QVERIFY(room.x >= 0 && room.right() <= scene.width);
        }
    }

    void withoutLayersThereIsATitle()
    {
        const auto scene = cyclesScene({"Nothing", ""}, {}, ChartTheme::light(), by_letters);
        QVERIFY(find(shapesOf<TextShape>(scene), "Nothing") != nullptr);
        for (const auto& text : shapesOf<TextShape>(scene))
            QVERIFY(std::isfinite(text.at.x) && std::isfinite(text.at.y));
    }
};

QTEST_GUILESS_MAIN(TestPlots)
#include "tst_plots.moc"
