// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

namespace bitdial {

/// A project's file is brought to this program's format: on a copy beside it (its name with
/// ".upgrade"), version by version, which then takes its place in one step. Killed at any moment,
/// the file is the old one, intact, or the new one, complete; a copy that was left is used up by
/// the next attempt. `reached` is told each step, for tests. Returns the version that the file had.
/// Throws Error(BadInput) for what is no project or damaged, Error(Failed) where somebody has it
/// open or it cannot be written: then it is as before.
std::int64_t migrateProject(const std::filesystem::path& path,
                            const std::function<void(const char* step)>& reached = {});

} // namespace bitdial
