// SPDX-License-Identifier: Apache-2.0
#include "core/report/text_width.h"

#include "core/report/pango_text.h"

namespace bitdial {

TextWidth pangoTextWidth()
{
    return [texts = std::make_shared<const PangoTexts>()](const std::string& text, double size,
                                                          TextWeight weight) {
        return PangoTexts::widthOf(*texts->layout(text, size, weight));
    };
}

std::string elided(const std::string& text, double most, double size, TextWeight weight,
                   const TextWidth& width)
{
    if (width(text, size, weight) <= most)
        return text;
    std::string begin = text;
    while (!begin.empty()) {
        while (!begin.empty() && (static_cast<unsigned char>(begin.back()) & 0xC0U) == 0x80U)
            begin.pop_back();
        if (!begin.empty())
            begin.pop_back();
        std::string shorter = begin + "…";
        if (width(shorter, size, weight) <= most)
            return shorter;
    }
    return {};
}

} // namespace bitdial
