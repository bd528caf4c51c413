// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/sqlite.h"

#include <cstdint>

namespace bitdial {

/// Of the .bitdial file; migrations.h renews older ones.
inline constexpr std::int64_t project_version = 2;

/// What version 2 brought whole; version-1 files of late programs have the measured cycles already.
extern const char* const tables_since_version_2;

/// Makes an empty database a project of this version, within the caller's transaction.
void createTables(sqlite::Database& database);

/// The version of the project's format. Throws Error(BadInput) where the file is no project or is
/// newer than this program.
std::int64_t formatVersion(const sqlite::Database& database);

/// Reads the whole file once. Throws Error(BadInput) where it is damaged.
void checkWhole(const sqlite::Database& database);

/// What a pragma answers; empty: nothing.
std::string pragma(const sqlite::Database& database, const char* sql);

} // namespace bitdial
