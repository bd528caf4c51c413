// SPDX-License-Identifier: Apache-2.0
#include "core/report/chart_scene.h"

#include "core/base/utf8.h"

#include <string_view>

namespace bitdial {

std::string drawnText(const std::string& text)
{
    std::string result;
    for (std::string_view rest = text; !rest.empty();) {
        const auto length = utf8CharacterLength(rest);
        const auto first = static_cast<unsigned char>(rest[0]);
        if (length == 0)
            result += "\xEF\xBF\xBD";
        else if (first >= 0x20 && first != 0x7F)
            result += rest.substr(0, length);
        rest.remove_prefix(length == 0 ? 1 : length);
    }
    return result;
}

PathShape lineShape(ScenePoint from, ScenePoint to, const SceneStroke& stroke)
{
    return {{from, to}, false, {{}, stroke}};
}

PathShape rectShape(const SceneRect& rect, const ScenePaint& paint)
{
    return {{{rect.x, rect.y},
             {rect.right(), rect.y},
             {rect.right(), rect.bottom()},
             {rect.x, rect.bottom()}},
            true,
            paint};
}

} // namespace bitdial
