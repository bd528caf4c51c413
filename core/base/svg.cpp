// SPDX-License-Identifier: Apache-2.0
#include "core/base/svg.h"

#include "core/base/number_text.h"

#include <cmath>

namespace bitdial::svg {

std::string number(double value)
{
    // "-0" would be another text for the same place.
    return shortestText(std::round(value * 100) / 100 + 0.0);
}

std::string escaped(const std::string& text)
{
    std::string result;
    for (const char c : text) {
        if (c == '<')
            result += "&lt;";
        else if (c == '&')
            result += "&amp;";
        else if (c == '"')
            result += "&quot;";
        else if (static_cast<unsigned char>(c) >= 0x20)
            result += c;
    }
    return result;
}

std::string textAt(double x, double y, const char* attributes, const std::string& text)
{
    return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" " + attributes + ">" +
           escaped(text) + "</text>\n";
}

std::string lineAt(double x1, double y1, double x2, double y2, const char* colour)
{
    return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) +
           "\" y2=\"" + number(y2) + "\" stroke=\"" + colour + "\"/>\n";
}

double roundStep(double length, int parts)
{
    const double least = length / parts;
    const double power = std::pow(10.0, std::floor(std::log10(least)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (power * factor >= least)
            return power * factor;
    return power * 10;
}

std::string document(double width, double height, const std::string& content)
{
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"" +
           number(width) + "\" height=\"" + number(height) + "\" viewBox=\"0 0 " + number(width) +
           " " + number(height) +
           "\" font-family=\"Inter, DejaVu Sans, sans-serif\" font-size=\"12\">\n"
           "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n" +
           content + "</svg>\n";
}

} // namespace bitdial::svg
