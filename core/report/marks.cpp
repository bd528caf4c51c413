// SPDX-License-Identifier: Apache-2.0
#include "core/report/marks.h"

#include <cmath>
#include <tuple>

namespace bitdial {
namespace {

constexpr double large_radius = 4.5;
constexpr double small_radius = 2.9;
constexpr double dotted_radius = 3.8; ///< at least, for the dots to be seen
constexpr double found_tint = 0.68;   ///< of the ground in the light fill

PathShape polygon(ScenePoint at, double radius, const std::vector<ScenePoint>& corners)
{
    PathShape shape{{}, true, {}};
    shape.points.reserve(corners.size());
    for (const auto corner : corners)
        shape.points.push_back({at.x + corner.x * radius, at.y + corner.y * radius});
    return shape;
}

/// Corners at a radius of 1: all shapes cover about the same area.
std::vector<ScenePoint> cornersOf(MethodFamily family)
{
    constexpr double s = 0.9;  // square
    constexpr double d = 1.25; // diamond
    constexpr double l = 1.2;  // plus, length of an arm
    constexpr double w = 0.4;  // its half width
    switch (family) {
    case MethodFamily::PostTraining:
        return {{-s, -s}, {s, -s}, {s, s}, {-s, s}};
    case MethodFamily::Evolutionary:
        return {{0, -1.25}, {1.2, 0.9}, {-1.2, 0.9}};
    case MethodFamily::ByHand:
        return {{-w, -l}, {w, -l}, {w, -w}, {l, -w}, {l, w},   {w, w},
                {w, l},   {-w, l}, {-w, w}, {-l, w}, {-l, -w}, {-w, -w}};
    case MethodFamily::Other: // the plus, turned by an eighth
    {
        auto corners = cornersOf(MethodFamily::ByHand);
        const double turn = std::sqrt(0.5);
        for (auto& [x, y] : corners)
            std::tie(x, y) = std::pair((x - y) * turn, (x + y) * turn);
        return corners;
    }
    case MethodFamily::Trained:
    case MethodFamily::Uniform:
        break;
    }
    return {{0, -d}, {d, 0}, {0, d}, {-d, 0}};
}

double radiusOf(const MarkStyle& style)
{
    if (isLarge(style))
        return large_radius;
    return style.comparable ? small_radius : dotted_radius;
}

ScenePaint paintOf(const MarkStyle& style, const ChartTheme& theme, Rgba accent)
{
    const bool own_color = isLarge(style);
    const Rgba color = style.role == PointRole::Reference ? theme.text
                       : style.role == PointRole::Hand && !style.on_front
                           ? theme.secondary
                           : (own_color ? accent : theme.quiet);
    if (!style.comparable)
        return {theme.ground, SceneStroke{color, 1.3, 1.6, 1.6}};
    if (style.role == PointRole::Found)
        return {mixed(color, theme.ground, found_tint), SceneStroke{color, own_color ? 1.4 : 1.0}};
    if (own_color)
        return {color, SceneStroke{theme.ground, 1}};
    return {color, {}};
}

/// A word of the legend and the mark in front of it.
struct LegendEntry {
    MarkStyle style;
    std::string word;
    bool of_role = false; ///< its fill is what counts, so it is drawn in the accent
};

std::vector<LegendEntry> entriesOf(const LegendContents& contents, const LegendWords& words)
{
    std::vector<LegendEntry> entries;
    for (const auto family : contents.families)
        entries.push_back(
            {{family, PointRole::Reference, true, true}, words.families.at(std::size_t(family))});
    const auto searched = [&]() {
        for (const auto family : contents.families)
            if (family != MethodFamily::Uniform && family != MethodFamily::ByHand)
                return family;
        return MethodFamily::Trained;
    }();
    // References and the user's points have a shape of their own, which says it already.
    for (const auto role : {PointRole::Found, PointRole::Refined})
        if (contents.roles.contains(role))
            entries.push_back(
                {{searched, role, true, true}, words.roles.at(std::size_t(role)), true});
    if (contents.beaten)
        entries.push_back({{searched, PointRole::Refined, false, true}, words.beaten, true});
    if (contents.incomparable)
        entries.push_back({{searched, PointRole::Refined, false, false}, words.incomparable, true});
    return entries;
}

} // namespace

bool isLarge(const MarkStyle& style)
{
    return style.on_front || style.role == PointRole::Reference || style.role == PointRole::Hand;
}

double markReach(const MarkStyle& style)
{
    return radiusOf(style) * 1.25;
}

SceneShape markShape(const MarkStyle& style, ScenePoint at, const ChartTheme& theme, Rgba accent)
{
    const double radius = radiusOf(style);
    const auto paint = paintOf(style, theme, accent);
    if (style.family == MethodFamily::Trained)
        return CircleShape{at, radius, paint};
    auto shape = polygon(at, radius, cornersOf(style.family));
    shape.paint = paint;
    return shape;
}

void LegendContents::add(const MarkStyle& style)
{
    families.insert(style.family);
    roles.insert(style.role);
    beaten = beaten || (!isLarge(style) && style.comparable);
    incomparable = incomparable || !style.comparable;
}

Legend legendOf(const LegendContents& contents, const LegendWords& words, const LegendPlace& place,
                const ChartTheme& theme, Rgba accent, const TextWidth& width)
{
    const double mark = 9;
    const double gap = 16;
    const double line = std::round(place.font_size * 1.6);
    Legend legend;
    double x = place.x;
    double y = place.y;
    for (const auto& entry : entriesOf(contents, words)) {
        const double whole = mark + 5 + width(entry.word, place.font_size, TextWeight::Normal);
        if (x > place.x && x + whole > place.x + place.width) {
            x = place.x;
            y += line;
        }
        const double middle = y + line / 2;
        legend.shapes.emplace_back(markShape(entry.style, {x + mark / 2, middle}, theme,
                                             entry.of_role ? accent : theme.text));
        TextShape text{entry.word, {x + mark + 5, middle + place.font_size * cap_height / 2}};
        text.size = place.font_size;
        text.color = theme.secondary;
        legend.shapes.emplace_back(std::move(text));
        x += whole + gap;
        legend.height = y + line - place.y;
    }
    return legend;
}

} // namespace bitdial
