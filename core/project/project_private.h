// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/project.h"
#include "core/project/sqlite.h"

namespace bitdial {

struct Project::Private {
    explicit Private(const std::filesystem::path& path) : database(path) {}
    /// Throws Error(Failed).
    void checkPointExists(std::int64_t point_id) const;

    sqlite::Database database;
    bool write_ahead_log = false;
    std::int64_t renewed_from = 0;
    /// Imported once; only setNetwork changes it.
    std::shared_ptr<const Network> network;
};

} // namespace bitdial
