// SPDX-License-Identifier: Apache-2.0
#include "core/session/profiles.h"

#include "core/project/project.h"

#include <algorithm>

namespace bitdial {
namespace {

Profiles::const_iterator findNamed(const Profiles& profiles, const std::string& name)
{
    return std::ranges::find_if(profiles,
                                [&](const auto& profile) { return profile->name() == name; });
}

std::vector<std::string> spelledOut(const std::vector<std::string>& names)
{
    std::vector<std::string> all;
    for (const auto& name : names)
        if (name == "both")
            all.insert(all.end(), {"pulp-open-xpulpv2", "pulp-open-xpulpnn"});
        else
            all.push_back(name);
    return all;
}

} // namespace

Profiles profilesOf(const Project& project)
{
    Profiles own;
    for (const auto& text : project.profileTexts())
        own.push_back(parseProfile(text, project.path().string() + " (profile)"));
    return own;
}

Profiles gatherProfiles(const std::vector<std::string>& names, const Profiles& own,
                        const std::function<void(const HardwareProfile&)>& opened)
{
    Profiles profiles;
    for (const auto& name : spelledOut(names)) {
        const auto kept = findNamed(own, name);
        auto profile = kept != own.end() ? *kept : openProfile(name);
        if (kept == own.end() && opened)
            opened(*profile);
        if (findNamed(profiles, profile->name()) == profiles.end())
            profiles.push_back(std::move(profile));
    }
    return profiles;
}

} // namespace bitdial
