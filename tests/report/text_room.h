// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/text_width.h"

namespace bitdial::test {

/// As wide as in a font where every letter has half its height.
inline double widthByLetters(const std::string& text, double size, TextWeight)
{
    return double(text.size()) * size / 2;
}

/// The place that a text takes, without descenders.
inline SceneRect roomOf(const TextShape& text, const TextWidth& width)
{
    const double length = width(text.text, text.size, text.weight);
    const double before = text.anchor == TextAnchor::Start    ? 0
                          : text.anchor == TextAnchor::Middle ? length / 2
                                                              : length;
    const double height = text.size * cap_height;
    if (text.turn == TextTurn::Upwards)
        return {text.at.x - height, text.at.y - length + before, height, length};
    return {text.at.x - before, text.at.y - height, length, height};
}

} // namespace bitdial::test
