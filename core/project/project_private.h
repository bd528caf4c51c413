// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/project/project.h"
#include "core/project/sqlite.h"

namespace bitdial {

/// The value whose name a column has. Throws Error(BadInput) where it is the name of none: `what`
/// says what it should be.
template <typename Values, typename NameOf>
auto valueNamed(const Values& values, NameOf name_of, const std::string& name, const char* what,
                const std::string& where)
{
    for (const auto value : values)
        if (name == name_of(value))
            return value;
    throw Error(ErrorCode::BadInput, "The project is damaged", where,
                "'" + name + "' is no " + what, "Go back to a copy of the file");
}

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
