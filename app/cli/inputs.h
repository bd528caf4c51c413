// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli/arguments.h"
#include "core/network/open/open_network.h"
#include "core/quantization/bit_assignment.h"
#include "core/session/profiles.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace bitdial {
class Project;
}

namespace bitdial::cli {

/// NETWORK of the command line: a `.bitdial` project, whose source is where its network came from,
/// or what bitdial::openNetworkSource takes.
NetworkSource openNetworkSource(const std::string& argument);
/// Whether an operand names a project file.
bool isProjectPath(const std::string& argument);

/// Opens a project, and says so where its format was renewed.
std::unique_ptr<Project> openProject(const std::filesystem::path& path);

/// The profiles of a project as operand; none when it names no project.
Profiles profilesInProject(const std::string& operand);
/// gatherProfiles() of `--profile`, with the warnings of those that it opens as messages.
Profiles openProfiles(const std::vector<std::string>& names, const Profiles& own = {});

/// The profiles of `--profile`; of a project as operand, its own come first.
Profiles askedProfiles(const Arguments& arguments);
/// The profiles with the figures of `--set` (cores=16) set by hand; without the option as they are.
Profiles whatIf(Profiles profiles, const Arguments& arguments);
OptionSpec whatIfOption();

/// The assignment of `--bits FILE` or `--uniform wXaY`, else w8a8. Both at once: Error(Usage).
BitAssignment readBits(const Arguments& arguments, const Network& network);
bool hasBits(const Arguments& arguments);

/// The options --bits and --uniform.
std::vector<OptionSpec> withBitsOptions(std::vector<OptionSpec> options);

} // namespace bitdial::cli
