// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace bitdial {

// A picture of a chart as a value: what is drawn where, in which order. Lengths are pixels of 1/96
// inch from the upper left corner; painters (scene_svg.h, scene_cairo.h, the window's QPainter)
// only repeat what it says.

struct Rgba {
    std::uint8_t red = 0;
    std::uint8_t green = 0;
    std::uint8_t blue = 0;
    double alpha = 1; ///< 0 to 1

    /// Of 0xrrggbb.
    static constexpr Rgba of(std::uint32_t rgb)
    {
        return {std::uint8_t(rgb >> 16), std::uint8_t(rgb >> 8), std::uint8_t(rgb), 1};
    }
    constexpr Rgba faded(double to) const { return {red, green, blue, to}; }
    bool operator==(const Rgba&) const = default;
};

struct ScenePoint {
    double x = 0;
    double y = 0;
    bool operator==(const ScenePoint&) const = default;
};

struct SceneRect {
    double x = 0;
    double y = 0;
    double width = 0;
    double height = 0;

    double right() const { return x + width; }
    double bottom() const { return y + height; }
    bool contains(ScenePoint point) const
    {
        return point.x >= x && point.x <= right() && point.y >= y && point.y <= bottom();
    }
    bool meets(const SceneRect& other) const
    {
        return x < other.right() && other.x < right() && y < other.bottom() && other.y < bottom();
    }
    /// Larger by a margin on every side.
    SceneRect grown(double by) const { return {x - by, y - by, width + 2 * by, height + 2 * by}; }
    bool operator==(const SceneRect&) const = default;
};

/// Lines end at their points and meet in mitres.
struct SceneStroke {
    Rgba color = {};
    double width = 0; ///< 0: there is none
    double dash = 0;  ///< length of its parts; 0: it has no gaps
    double gap = 0;   ///< between them
    bool operator==(const SceneStroke&) const = default;
};

/// How an outline is painted: filled first.
struct ScenePaint {
    std::optional<Rgba> fill = {};
    SceneStroke stroke = {};
    bool operator==(const ScenePaint&) const = default;
};

/// A line or, closed, a polygon.
struct PathShape {
    std::vector<ScenePoint> points = {};
    bool closed = false;
    ScenePaint paint = {};
    bool operator==(const PathShape&) const = default;
};

struct CircleShape {
    ScenePoint centre = {};
    double radius = 1;
    ScenePaint paint = {};
    bool operator==(const CircleShape&) const = default;
};

/// Where a text's place lies in it.
enum class TextAnchor { Start, Middle, End };
enum class TextWeight { Normal, Bold };
enum class TextTurn { None, Upwards }; ///< read from the left, or from below

struct TextShape {
    std::string text = {}; ///< UTF-8, one line
    ScenePoint at = {};    ///< on the baseline
    double size = 12;      ///< of the font
    Rgba color = {};
    TextAnchor anchor = TextAnchor::Start;
    TextWeight weight = TextWeight::Normal;
    TextTurn turn = TextTurn::None;
    std::optional<Rgba> rim = {}; ///< a line of 3 px around the letters, under them
    bool operator==(const TextShape&) const = default;
};

using SceneShape = std::variant<PathShape, CircleShape, TextShape>;

/// Shapes that belong together, the first painted first.
struct SceneGroup {
    std::string title = {};             ///< what it shows, for readers and tool tips; may be empty
    std::optional<SceneRect> clip = {}; ///< nothing is painted outside
    std::vector<SceneShape> shapes = {};
    bool operator==(const SceneGroup&) const = default;
};

struct ChartScene {
    double width = 0;
    double height = 0;
    Rgba background;
    std::string title = {}; ///< what the picture shows, in a sentence; not drawn
    std::vector<SceneGroup> groups = {};
    bool operator==(const ChartScene&) const = default;
};

constexpr double scene_rim_width = 3;

/// The text as every painter draws it: control characters left out, what is no UTF-8 replaced by
/// U+FFFD.
std::string drawnText(const std::string& text);

// The shapes that charts are made of.

PathShape lineShape(ScenePoint from, ScenePoint to, const SceneStroke& stroke);
PathShape rectShape(const SceneRect& rect, const ScenePaint& paint);

} // namespace bitdial
