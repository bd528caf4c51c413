// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/project.h"
#include "core/project/sqlite.h"

namespace bitdial {

/// Came after the rest. Programs that do not know it leave it alone, and files without it get it
/// with the first run: the format's version stays.
inline constexpr const char* measured_table = R"(
    CREATE TABLE IF NOT EXISTS measured_cycles(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        point INTEGER NOT NULL REFERENCES point(id) ON DELETE CASCADE,
        profile TEXT NOT NULL, profile_hash TEXT NOT NULL, bits TEXT NOT NULL,
        runner TEXT NOT NULL, source TEXT NOT NULL, date TEXT NOT NULL,
        export_sha256 TEXT NOT NULL, promised INTEGER NOT NULL, measured INTEGER NOT NULL,
        layers TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS measured_point ON measured_cycles(point);
)";

struct Project::Private {
    explicit Private(const std::filesystem::path& path) : database(path) {}
    /// Throws Error(Failed).
    void checkPointExists(std::int64_t point_id) const;

    sqlite::Database database;
    bool write_ahead_log = false;
    /// Imported once; only setNetwork changes it.
    std::shared_ptr<const Network> network;
};

} // namespace bitdial
