// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/hardware/profile/hardware_profile.h"

#include <nlohmann/json.hpp>

namespace bitdial::cli {
namespace {

int run(const Arguments& arguments)
{
    auto list = nlohmann::ordered_json::array();
    std::string text;
    for (const auto& name : profileNames()) {
        const auto profile = openProfile(name);
        list.push_back({{"name", name},
                        {"title", profile->title()},
                        {"description", profile->description()},
                        {"clock_hz", profile->clockHz()},
                        {"cores", profile->cores()},
                        {"hash", profile->hash()},
                        {"estimates", profile->estimates()},
                        {"warnings", profile->warnings()}});
        text += name + "  " + profile->description() + '\n';
    }
    print(arguments.json() ? nlohmann::ordered_json{{"profiles", std::move(list)}}.dump(2) + '\n'
                           : text);
    return exit_done;
}

} // namespace

Verb profilesVerb()
{
    return {{"profiles", {}, "The hardware profiles known, one name first on each line.", {}}, run};
}

} // namespace bitdial::cli
