// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/override.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/hardware/profile/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace bitdial {

namespace {

using Json = nlohmann::ordered_json;

struct Setting {
    std::string path;
    std::string value; ///< as written
    double number = 0;
};

Setting parseSetting(const std::string& text)
{
    const std::size_t equals = text.find('=');
    Setting setting;
    if (equals != std::string::npos) {
        setting.path = text.substr(0, equals);
        setting.value = text.substr(equals + 1);
        const char* end = setting.value.data() + setting.value.size();
        const auto [last, error] = std::from_chars(setting.value.data(), end, setting.number);
        if (error == std::errc() && last == end && std::isfinite(setting.number))
            return setting;
    }
    throw Error(ErrorCode::Usage, "'" + shownName(text) + "' sets nothing", "--set",
                "a setting is a figure's path, '=' and a number",
                "Write for example cores=16 or memory.l1.bytes=131072");
}

/// A number of the profile and what carries its provenance.
struct Figure {
    Json* number = nullptr;
    Json* kernel = nullptr; ///< the kernel that it belongs to; null: an entry of 'sources'
};

using FigureList = std::vector<std::pair<std::string, Figure>>;

void collectNumbers(FigureList& figures, const std::string& path, Json& value, Json* kernel)
{
    if (value.is_number())
        figures.push_back({path, {&value, kernel}});
    if (value.is_object())
        for (auto it = value.begin(); it != value.end(); ++it)
            collectNumbers(figures, path.empty() ? it.key() : path + "." + it.key(), it.value(),
                           kernel);
}

/// Every number that can be set, by its path. The widths of a kernel are its name.
FigureList findFigures(Json& json)
{
    FigureList figures;
    for (auto it = json.begin(); it != json.end(); ++it)
        if (it.key() != "sources" && it.key() != "numerics")
            collectNumbers(figures, it.key(), it.value(), nullptr);
    for (Json& kernel : json["kernels"]) {
        const std::string path = "kernels." + kernel["kind"].get<std::string>() + " " +
                                 kernel["in_bits"].dump() + "/" + kernel["weight_bits"].dump() +
                                 "/" + kernel["out_bits"].dump();
        for (const char* part : {"cycles", "array", "pointwise"})
            if (kernel.contains(part))
                collectNumbers(figures, path + "." + part, kernel[part], &kernel);
    }
    return figures;
}

void apply(Json& json, const Setting& setting)
{
    const FigureList figures = findFigures(json);
    const auto found = std::ranges::find(figures, setting.path, &FigureList::value_type::first);
    if (found == figures.end()) {
        std::vector<std::string> paths;
        for (const auto& [path, figure] : figures)
            paths.push_back(path);
        const std::string shown = shownName(setting.path);
        throw Error(ErrorCode::BadInput, "Unknown figure '" + shown + "'", "--set",
                    "the profile has no number of that name", didYouMean(shown, paths));
    }
    const Figure figure = found->second;
    const std::string source =
        "set by hand to " + setting.value + " (was " + figure.number->dump() + ")";
    const bool whole =
        setting.number == std::floor(setting.number) && std::abs(setting.number) < 1e15;
    *figure.number = whole ? Json(std::int64_t(setting.number)) : Json(setting.number);
    if (figure.kernel == nullptr) {
        json["sources"][setting.path] = {{"provenance", "unverified"}, {"source", source}};
        return;
    }
    (*figure.kernel)["provenance"] = "unverified";
    (*figure.kernel)["source"] = setting.path.substr(setting.path.find('.') + 1) + " " + source +
                                 "; otherwise " + (*figure.kernel)["source"].get<std::string>();
}

bool changesCycles(const std::string& path)
{
    return path != "clock_hz" && !path.starts_with("power.");
}

} // namespace

std::vector<ProfileFigure> settableFigures(const HardwareProfile& profile)
{
    Json json = Json::parse(profile.text());
    std::vector<ProfileFigure> figures;
    for (const auto& [path, figure] : findFigures(json))
        figures.push_back({path, figure.number->dump()});
    return figures;
}

std::shared_ptr<const HardwareProfile> overrideProfile(const HardwareProfile& profile,
                                                       const std::vector<std::string>& settings)
{
    Json json = Json::parse(profile.text());
    std::string summary;
    for (const std::string& text : settings) {
        const Setting setting = parseSetting(text);
        apply(json, setting);
        if (changesCycles(setting.path))
            json.erase("measured");
        summary += (summary.empty() ? " (" : ", ") + setting.path + "=" + setting.value;
    }
    if (!settings.empty()) {
        json["name"] = profile.name() + summary + ")";
        json["title"] = profile.title() + summary + ")";
    }
    return parseProfile(profileText(json), profile.name() + " with --set");
}

} // namespace bitdial
