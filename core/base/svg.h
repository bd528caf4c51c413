// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bitdial::svg {

/// At most two decimals, C locale: a hundredth of a pixel.
std::string number(double value);
/// Text between tags or in an attribute; control characters are left out.
std::string escaped(const std::string& text);

/// A text element; `attributes` are XML.
std::string textAt(double x, double y, const char* attributes, const std::string& text);
std::string lineAt(double x1, double y1, double x2, double y2, const char* colour);

/// The least of 1, 2 and 5 times a power of ten that divides a length into at most `parts`.
double roundStep(double length, int parts);

/// An SVG 1.1 document of this size in pixels on white ground; text stays text.
std::string document(double width, double height, const std::string& content);

} // namespace bitdial::svg
