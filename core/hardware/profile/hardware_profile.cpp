// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/hardware_profile.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/nearest_name.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/names.h"
#include "core/hardware/profile/text.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace bitdial {

namespace {

/// Folders that hold profiles, the user's own first.
std::vector<std::filesystem::path> profileFolders()
{
    std::vector<std::filesystem::path> folders;
    if (const char* own = std::getenv("BITDIAL_PROFILES"); own != nullptr && *own != '\0')
        folders.emplace_back(own);
    folders.push_back(std::filesystem::path(BITDIAL_DATA_DIR) / "profiles");
    folders.push_back(std::filesystem::path(BITDIAL_SOURCE_DIR) / "profiles");
    return folders;
}

bool looksLikePath(const std::string& text)
{
    return text.find('/') != std::string::npos || text.ends_with(".json");
}

bool isProfileFile(const std::filesystem::path& path)
{
    return path.extension() == ".json" && !path.filename().string().ends_with(".schema.json");
}

} // namespace

HardwareProfile::HardwareProfile(Fields fields)
    : m_fields(std::make_unique<const Fields>(std::move(fields)))
{
}

HardwareProfile::~HardwareProfile() = default;

const std::string& HardwareProfile::name() const
{
    return m_fields->name;
}

const std::string& HardwareProfile::title() const
{
    return m_fields->title;
}

const std::string& HardwareProfile::description() const
{
    return m_fields->description;
}

double HardwareProfile::clockHz() const
{
    return m_fields->clock_hz;
}

int HardwareProfile::cores() const
{
    return m_fields->cores;
}

const std::string& HardwareProfile::hash() const
{
    return m_fields->hash;
}

const std::string& HardwareProfile::text() const
{
    return m_fields->text;
}

const std::vector<std::string>& HardwareProfile::estimates() const
{
    return m_fields->estimates;
}

const std::vector<std::string>& HardwareProfile::warnings() const
{
    return m_fields->warnings;
}

std::shared_ptr<const HardwareProfile> openProfile(const std::string& name_or_path)
{
    if (looksLikePath(name_or_path))
        return parseProfile(readTextFile(name_or_path, most_profile_bytes), name_or_path);
    for (const std::filesystem::path& folder : profileFolders()) {
        const std::filesystem::path path = folder / (name_or_path + ".json");
        std::error_code ignored;
        if (std::filesystem::is_regular_file(path, ignored) && isProfileFile(path))
            return parseProfile(readTextFile(path, most_profile_bytes), path.string());
    }
    const std::vector<std::string> known = profileNames();
    const std::string hint = didYouMean(name_or_path, known);
    throw Error(ErrorCode::BadInput, "Unknown hardware profile", name_or_path,
                "no profile folder has a file of that name",
                hint.empty() ? "Give the path of a profile file" : hint);
}

std::vector<std::string> profileNames()
{
    std::set<std::string> names;
    for (const std::filesystem::path& folder : profileFolders()) {
        std::error_code absent;
        for (const auto& entry : std::filesystem::directory_iterator(folder, absent))
            if (isProfileFile(entry.path()))
                names.insert(entry.path().stem().string());
    }
    return {names.begin(), names.end()};
}

const std::vector<std::string>& layerKindNames()
{
    static const std::vector<std::string> names = [] {
        std::vector<std::string> list;
        for (int kind = 0; kind <= int(LayerKind::MaxPool); ++kind)
            list.emplace_back(layerKindName(LayerKind(kind)));
        return list;
    }();
    return names;
}

std::optional<LayerKind> layerKindFromName(std::string_view name)
{
    const auto& names = layerKindNames();
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        return std::nullopt;
    return LayerKind(found - names.begin());
}

std::string kernelName(const KernelKey& key)
{
    return std::string(layerKindName(key.kind)) + " " + std::to_string(key.bits.in) + "/" +
           std::to_string(key.bits.weight) + "/" + std::to_string(key.bits.out);
}

} // namespace bitdial
