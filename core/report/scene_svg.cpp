// SPDX-License-Identifier: Apache-2.0
#include "core/report/scene_svg.h"

#include "core/base/number_text.h"

#include <cmath>

namespace bitdial {
namespace {

/// At most two decimals: a hundredth of a pixel.
std::string number(double value)
{
    // "-0" would be another text for the same place.
    return shortestText(std::round(value * 100) / 100 + 0.0);
}

std::string attribute(const char* name, const std::string& value)
{
    return std::string(" ") + name + "=\"" + value + '"';
}

std::string escaped(const std::string& text)
{
    std::string result;
    for (const char c : drawnText(text)) {
        if (c == '<')
            result += "&lt;";
        else if (c == '&')
            result += "&amp;";
        else if (c == '"')
            result += "&quot;";
        else
            result += c;
    }
    return result;
}

/// The colour of a fill or a stroke, and its opacity where it is not whole.
std::string colorOf(const char* what, Rgba color)
{
    constexpr const char* digits = "0123456789abcdef";
    std::string text = "#";
    for (const auto part : {color.red, color.green, color.blue}) {
        text += digits[part >> 4];
        text += digits[part & 15];
    }
    text = attribute(what, text);
    if (color.alpha < 1)
        text += attribute((std::string(what) + "-opacity").c_str(), number(color.alpha));
    return text;
}

std::string paintOf(const ScenePaint& paint)
{
    std::string text = paint.fill ? colorOf("fill", *paint.fill) : attribute("fill", "none");
    if (paint.stroke.width <= 0)
        return text;
    text += colorOf("stroke", paint.stroke.color);
    text += attribute("stroke-width", number(paint.stroke.width));
    if (paint.stroke.dash > 0)
        text += attribute("stroke-dasharray",
                          number(paint.stroke.dash) + ' ' + number(paint.stroke.gap));
    return text;
}

std::string element(const PathShape& path)
{
    std::string places;
    for (const auto& point : path.points)
        places += (places.empty() ? "M" : " L") + number(point.x) + ' ' + number(point.y);
    return "<path" + attribute("d", places + (path.closed ? " Z" : "")) + paintOf(path.paint) +
           "/>\n";
}

std::string element(const CircleShape& circle)
{
    return "<circle" + attribute("cx", number(circle.centre.x)) +
           attribute("cy", number(circle.centre.y)) + attribute("r", number(circle.radius)) +
           paintOf(circle.paint) + "/>\n";
}

std::string element(const TextShape& text)
{
    std::string svg = "<text";
    if (text.turn == TextTurn::Upwards)
        svg += attribute("transform", "translate(" + number(text.at.x) + ' ' + number(text.at.y) +
                                          ") rotate(-90)");
    else
        svg += attribute("x", number(text.at.x)) + attribute("y", number(text.at.y));
    svg += attribute("font-size", number(text.size));
    if (text.weight == TextWeight::Bold)
        svg += attribute("font-weight", "bold");
    if (text.anchor != TextAnchor::Start)
        svg += attribute("text-anchor", text.anchor == TextAnchor::Middle ? "middle" : "end");
    svg += colorOf("fill", text.color);
    if (text.rim)
        svg += colorOf("stroke", *text.rim) + attribute("stroke-width", number(scene_rim_width)) +
               attribute("stroke-linejoin", "round") + attribute("paint-order", "stroke");
    return svg + '>' + escaped(text.text) + "</text>\n";
}

std::string element(const SceneGroup& group, int clip_number)
{
    std::string svg;
    std::string clip;
    if (group.clip) {
        const std::string id = "clip" + std::to_string(clip_number);
        svg += "<clipPath" + attribute("id", id) + "><rect" +
               attribute("x", number(group.clip->x)) + attribute("y", number(group.clip->y)) +
               attribute("width", number(group.clip->width)) +
               attribute("height", number(group.clip->height)) + "/></clipPath>\n";
        clip = attribute("clip-path", "url(#" + id + ")");
    }
    svg += "<g" + clip + ">\n";
    if (!group.title.empty())
        svg += "<title>" + escaped(group.title) + "</title>\n";
    for (const auto& shape : group.shapes)
        svg += std::visit([](const auto& one) { return element(one); }, shape);
    return svg + "</g>\n";
}

} // namespace

std::string sceneSvg(const ChartScene& scene)
{
    const std::string width = number(scene.width);
    const std::string height = number(scene.height);
    std::string svg = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\"" +
                      attribute("width", width) + attribute("height", height) +
                      attribute("viewBox", "0 0 " + width + ' ' + height) +
                      " role=\"img\" font-family=\"Inter, DejaVu Sans, sans-serif\">\n";
    if (!scene.title.empty())
        svg += "<title>" + escaped(scene.title) + "</title>\n";
    svg += "<rect" + attribute("width", width) + attribute("height", height) +
           colorOf("fill", scene.background) + "/>\n";
    int number_of_clip = 0;
    for (const auto& group : scene.groups)
        svg += element(group, ++number_of_clip);
    return svg + "</svg>\n";
}

} // namespace bitdial
