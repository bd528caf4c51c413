// SPDX-License-Identifier: Apache-2.0
#include "app/cli/inputs.h"

#include "app/cli/output.h"
#include "core/hardware/profile/override.h"
#include "core/quantization/bits_file.h"
#include "core/session/open_project.h"

#include <filesystem>

namespace bitdial::cli {
namespace {

NetworkSource networkOfProject(const std::string& path)
{
    const auto project = openProject(path);
    return {networkOf(*project, "Search into it first, or give an .onnx file"),
            project->networkSource(), project->networkBytes()};
}

void tellWarnings(const HardwareProfile& profile)
{
    for (const auto& warning : profile.warnings())
        message("warning: " + warning);
}

} // namespace

std::unique_ptr<Project> openProject(const std::filesystem::path& path)
{
    auto project = Project::open(path);
    if (const auto version = project->renewedFromVersion(); version != 0)
        message("note: the project had format " + std::to_string(version) +
                " and was renewed; older versions of this program cannot open it any more");
    return project;
}

bool isProjectPath(const std::string& argument)
{
    return std::filesystem::path(argument).extension() == ".bitdial";
}

NetworkSource openNetworkSource(const std::string& argument)
{
    return isProjectPath(argument) ? networkOfProject(argument)
                                   : bitdial::openNetworkSource(argument);
}

Profiles profilesInProject(const std::string& operand)
{
    return isProjectPath(operand) ? profilesOf(*openProject(operand)) : Profiles();
}

Profiles openProfiles(const std::vector<std::string>& names, const Profiles& own)
{
    return gatherProfiles(names, own, tellWarnings);
}

Profiles askedProfiles(const Arguments& arguments)
{
    return openProfiles(arguments.texts("profile"), profilesInProject(arguments.operand(0)));
}

Profiles whatIf(Profiles profiles, const Arguments& arguments)
{
    const auto settings = arguments.texts("set");
    if (!settings.empty())
        for (auto& profile : profiles) {
            profile = overrideProfile(*profile, settings);
            tellWarnings(*profile);
        }
    return profiles;
}

OptionSpec whatIfOption()
{
    return {"set", "FIGURE=NUMBER", "what if: a figure of the profile set by hand, as cores=16",
            false, true};
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
    auto read = readBitsFile(network, arguments.text("bits"));
    for (const auto& remark : read.remarks)
        message("note: " + remark);
    return std::move(read.bits);
}

std::vector<OptionSpec> withBitsOptions(std::vector<OptionSpec> options)
{
    options.push_back(
        {"bits", "FILE",
         "bit widths from a bits.json file, AIMET encodings, a CSV or a quantized .onnx"});
    options.push_back({"uniform", "wXaY", "the same widths everywhere, such as w4a8"});
    return options;
}

} // namespace bitdial::cli
