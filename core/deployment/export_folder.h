// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// Files of an exported project by their path inside it ("src/main.c"), as bytes.
using ProjectFiles = std::map<std::string, std::string>;

/// Manifest: SHA-256 of every other file.
inline constexpr const char* manifest_name = "manifest.json";
/// What verifyExport or make leave in a project; no part of it.
inline constexpr const char* build_folder_name = "build";
inline constexpr const char* compiler_log_name = "compiler.log";
inline constexpr const char* simulation_log_name = "simulation.log";

/// Writes the files and their manifest to a temporary sibling and renames it to `folder`: it
/// appears whole or not at all. An existing empty folder, or an export that nobody changed, is
/// replaced; anything else there is refused with Error(Failed).
void writeExportFolder(const std::filesystem::path& folder, const ProjectFiles& files);

/// Throws the refusal of writeExportFolder, so that a long export can fail early.
void checkExportFolder(const std::filesystem::path& folder);

/// What the unchanged export in the folder is of, "fashion-resnet8, point 12"; none where the
/// folder holds none.
std::optional<std::string> titleOfExport(const std::filesystem::path& folder);

/// Differences between the folder and its manifest: "changed: src/main.c", "missing: ...",
/// "added: ...". Throws Error(BadInput) when there is no manifest or it is damaged.
std::vector<std::string> changesSinceExport(const std::filesystem::path& folder);

} // namespace bitdial
