// SPDX-License-Identifier: Apache-2.0
#include "core/report/front_drawing.h"

#include "core/report/label_places.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace bitdial {
namespace {

const ChartPoint& pointAt(const FrontDrawing& drawing, int index)
{
    return drawing.points.points[std::size_t(index)];
}

TextShape textOf(const FrontDrawing& drawing, const std::string& text, Rgba color)
{
    TextShape shape{text, {}};
    shape.size = drawing.font_size;
    shape.color = color;
    return shape;
}

/// The line of the unquantized network, and its name on the side with fewer points.
void addFloatReference(SceneGroup& group, const FrontDrawing& drawing)
{
    if (!drawing.points.float_reference)
        return;
    const auto& plot = drawing.plot;
    const double top1 = drawing.points.float_reference->top1() * 100;
    const double y = plot.bottom() - drawing.scales.top1.fraction(top1) * plot.height;
    if (y < plot.y - 1 || y > plot.bottom() + 1)
        return;
    const auto& color = drawing.theme.secondary;
    group.shapes.emplace_back(lineShape({plot.x, y}, {plot.right(), y}, {color, 1, 5, 4}));
    auto text = textOf(drawing, drawing.float_text, color);
    const double width = drawing.text_width(text.text, text.size, text.weight);
    std::ptrdiff_t fewest = std::numeric_limits<std::ptrdiff_t>::max();
    for (const double x : {plot.x + 4, plot.right() - width - 4}) {
        for (const double baseline : {y - 5, y + text.size + 3}) {
            const SceneRect room{x, baseline - text.size, width, text.size};
            if (room.y < plot.y - text.size || room.bottom() > plot.bottom())
                continue;
            const auto covered =
                std::ranges::count_if(drawing.points.points, [&](const ChartPoint& point) {
                    return room.grown(5).contains(drawing.place(point));
                });
            if (covered < fewest) {
                fewest = covered;
                text.at = {x, baseline};
            }
        }
    }
    group.shapes.emplace_back(std::move(text));
}

/// How many points lie under the plot; none do: no text.
std::optional<TextShape> belowOf(const FrontDrawing& drawing)
{
    if (drawing.scales.below == 0)
        return std::nullopt;
    auto text = textOf(drawing, drawing.below_text, drawing.theme.secondary);
    text.at = {drawing.plot.right() - 2, drawing.plot.bottom() - 8};
    text.anchor = TextAnchor::End;
    return text;
}

/// A step: between two points only the slower latency reaches the higher accuracy.
void addFront(SceneGroup& group, const FrontDrawing& drawing)
{
    PathShape steps{{}, false, {{}, SceneStroke{drawing.accent, 2}}};
    const SceneStroke whisker{drawing.accent.faded(0.55), 1};
    for (const int index : drawing.points.front) {
        auto point = pointAt(drawing, index);
        const auto at = drawing.place(point);
        if (!steps.points.empty())
            steps.points.push_back({at.x, steps.points.back().y});
        steps.points.push_back(at);
        auto high = point;
        high.top1 = point.high;
        point.top1 = point.low;
        group.shapes.emplace_back(lineShape(drawing.place(point), drawing.place(high), whisker));
    }
    if (steps.points.size() > 1)
        group.shapes.emplace_back(std::move(steps));
}

void addArrow(SceneGroup& group, ScenePoint from, ScenePoint to, Rgba color)
{
    const double length = std::hypot(to.x - from.x, to.y - from.y);
    if (length < 17)
        return; // the marks touch: an arrow would only smear them
    const ScenePoint along{(to.x - from.x) / length, (to.y - from.y) / length};
    const auto at = [&](double forwards, double aside) {
        return ScenePoint{to.x - along.x * forwards - along.y * aside,
                          to.y - along.y * forwards + along.x * aside};
    };
    const SceneStroke stroke{color, 1.2};
    group.shapes.emplace_back(lineShape(at(length - 5.5, 0), at(6.5, 0), stroke));
    group.shapes.emplace_back(
        PathShape{{at(12.5, 3), at(6.5, 0), at(12.5, -3)}, false, {{}, stroke}});
}

void addLinks(SceneGroup& group, const FrontDrawing& drawing)
{
    for (const auto& link : drawing.points.links)
        addArrow(group, drawing.place(pointAt(drawing, link.from)),
                 drawing.place(pointAt(drawing, link.to)), drawing.accent.faded(0.65));
}

void addMarks(std::vector<SceneGroup>& groups, const FrontDrawing& drawing, bool large)
{
    groups.emplace_back();
    for (const auto& point : drawing.points.points) {
        if (isLarge(point.mark) != large)
            continue;
        auto shape = markShape(point.mark, drawing.place(point), drawing.theme, drawing.accent);
        if (!point.title.empty())
            groups.push_back({point.title, {}, {std::move(shape)}});
        else
            groups.back().shapes.emplace_back(std::move(shape));
    }
}

/// Keeps labels off the front's line.
void avoidFront(LabelPlaces& places, const FrontDrawing& drawing)
{
    constexpr double apart = 3;
    const ChartPoint* before = nullptr;
    for (const int index : drawing.points.front) {
        const auto& point = pointAt(drawing, index);
        if (before != nullptr) {
            const auto from = drawing.place(*before);
            const auto to = drawing.place(point);
            for (int i = 0; from.x + i * apart < to.x; ++i)
                places.avoid({from.x + i * apart, from.y});
            for (int i = 0; to.y + i * apart < from.y; ++i)
                places.avoid({to.x, to.y + i * apart});
        }
        before = &point;
    }
}

/// Labels stand beside their marks, those of the front's points first.
SceneGroup labelsOf(const FrontDrawing& drawing, const std::vector<SceneGroup>& drawn)
{
    auto bounds = drawing.plot.grown(8);
    bounds.height -= 11; // the axis would strike them through
    LabelPlaces places(bounds);
    avoidFront(places, drawing);
    for (const auto& group : drawn)
        for (const auto& shape : group.shapes)
            if (const auto* text = std::get_if<TextShape>(&shape))
                places.block(*text, drawing.text_width);
    for (const auto& point : drawing.points.points)
        if (isLarge(point.mark))
            places.block(drawing.place(point), markReach(point.mark));
        else
            places.avoid(drawing.place(point));
    SceneGroup group;
    for (const bool on_front : {true, false}) {
        for (const auto& point : drawing.points.points) {
            if (point.label.empty() || point.mark.on_front != on_front)
                continue;
            auto text = textOf(drawing, point.label, drawing.theme.text);
            text.rim = drawing.theme.ground;
            if (places.put(text, drawing.place(point), markReach(point.mark), drawing.text_width))
                group.shapes.emplace_back(std::move(text));
        }
    }
    return group;
}

} // namespace

std::vector<SceneGroup> frontGroups(const FrontDrawing& drawing)
{
    std::vector<SceneGroup> groups;
    addMarks(groups, drawing, false);
    groups.emplace_back();
    addFloatReference(groups.back(), drawing);
    if (auto below = belowOf(drawing))
        groups.back().shapes.emplace_back(std::move(*below));
    addFront(groups.back(), drawing);
    addLinks(groups.back(), drawing);
    addMarks(groups, drawing, true);
    groups.push_back(labelsOf(drawing, groups));
    std::erase_if(groups, [](const SceneGroup& group) { return group.shapes.empty(); });
    return groups;
}

} // namespace bitdial
