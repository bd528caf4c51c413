// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/nearest_name.h"
#include "core/network/open_network.h"
#include "core/project/project.h"

#include <algorithm>
#include <filesystem>

namespace bitdial::cli {
namespace {

NetworkSource networkOfProject(const std::string& path)
{
    const auto project = Project::open(path);
    NetworkSource source{project->network(), project->networkSource(), project->networkBytes()};
    if (source.network == nullptr)
        throw Error(ErrorCode::BadInput, "The project has no network", path,
                    "none was stored in it", "Search into it first, or give an .onnx file");
    return source;
}

/// What `demo` and the demo networks are called.
std::vector<std::string> demoNames()
{
    std::vector<std::string> names{"demo"};
    std::error_code absent;
    for (const auto& entry : std::filesystem::directory_iterator(demoFolder(), absent))
        if (entry.path().extension() == ".onnx")
            names.push_back(entry.path().stem().string());
    std::sort(names.begin() + 1, names.end());
    return names;
}

/// The file behind a demo network's name, or an empty path.
std::filesystem::path demoFile(const std::string& name)
{
    const auto file = std::filesystem::path(demoFolder()) /
                      ((name == "demo" ? "fashion-resnet8" : name) + ".onnx");
    std::error_code ignored;
    return std::filesystem::is_regular_file(file, ignored) ? file : std::filesystem::path();
}

} // namespace

bool isProjectPath(const std::string& argument)
{
    return std::filesystem::path(argument).extension() == ".bitdial";
}

NetworkSource openNetworkSource(const std::string& argument)
{
    if (isProjectPath(argument))
        return networkOfProject(argument);
    NetworkSource source{nullptr, argument, {}};
    if (argument.starts_with("zoo:")) {
        source.network = openNetwork(argument);
        return source;
    }
    std::error_code ignored;
    const bool is_file = std::filesystem::exists(argument, ignored);
    const auto file = is_file ? std::filesystem::path(argument) : demoFile(argument);
    const std::filesystem::path path = argument;
    if (file.empty() && (path.has_parent_path() || path.extension() == ".onnx")) {
        source.network = openNetwork(argument); // its message says why the file cannot be read
        return source;
    }
    if (file.empty())
        throw Error(ErrorCode::BadInput, "The network cannot be opened", argument,
                    "there is no such file or demo network",
                    didYouMean(argument, demoNames()) +
                        " Else give an .onnx file, a .bitdial project or a built-in architecture "
                        "such as zoo:resnet8");
    source.bytes = readFile(file);
    source.network = importOnnx(source.bytes, file.string());
    return source;
}

Profiles profilesOf(const Project& project)
{
    Profiles own;
    for (const auto& text : project.profileTexts())
        own.push_back(parseProfile(text, project.path().string() + " (profile)"));
    return own;
}

Profiles profilesInProject(const std::string& operand)
{
    return isProjectPath(operand) ? profilesOf(*Project::open(operand)) : Profiles();
}

Profiles openProfiles(const std::vector<std::string>& names, const Profiles& own)
{
    Profiles profiles;
    const auto add = [&](const std::string& name) {
        const auto kept =
            std::ranges::find_if(own, [&](const auto& profile) { return profile->name() == name; });
        auto profile = kept != own.end() ? *kept : openProfile(name);
        const bool known = std::ranges::any_of(
            profiles, [&](const auto& other) { return other->name() == profile->name(); });
        if (!known)
            profiles.push_back(std::move(profile));
    };
    for (const auto& name : names) {
        if (name != "both") {
            add(name);
            continue;
        }
        add("pulp-open-xpulpv2");
        add("pulp-open-xpulpnn");
    }
    return profiles;
}

bool hasBits(const Arguments& arguments)
{
    return arguments.has("bits") || arguments.has("uniform");
}

BitAssignment readBits(const Arguments& arguments, const Network& network)
{
    if (arguments.has("bits") && arguments.has("uniform"))
        arguments.fail("Two options exclude each other", "--bits and --uniform both give the bits",
                       "Give one of the two");
    if (!arguments.has("bits"))
        return parseUniform(network, arguments.text("uniform", "w8a8"));
    const auto file = arguments.text("bits");
    return fromBitsJson(network, readTextFile(file), file);
}

std::vector<OptionSpec> withBitsOptions(std::vector<OptionSpec> options)
{
    options.push_back({"bits", "FILE", "bit widths from a bits.json file"});
    options.push_back({"uniform", "wXaY", "the same widths everywhere, such as w4a8"});
    return options;
}

} // namespace bitdial::cli
