// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/text.h"

#include <nlohmann/json.hpp>

namespace bitdial {

std::string profileText(const nlohmann::ordered_json& json)
{
    using Json = nlohmann::ordered_json;
    std::string text = "{\n";
    for (auto it = json.begin(); it != json.end(); ++it) {
        text += "  " + Json(it.key()).dump() + ": ";
        const Json& value = it.value();
        if (value.is_structured() && !value.empty()) {
            text += value.is_array() ? "[\n" : "{\n";
            for (auto entry = value.begin(); entry != value.end(); ++entry) {
                text += "    ";
                if (value.is_object())
                    text += Json(entry.key()).dump() + ": ";
                text += entry.value().dump();
                text += std::next(entry) == value.end() ? "\n" : ",\n";
            }
            text += value.is_array() ? "  ]" : "  }";
        } else {
            text += value.dump();
        }
        text += std::next(it) == json.end() ? "\n" : ",\n";
    }
    return text + "}\n";
}

} // namespace bitdial
