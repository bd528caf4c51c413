// SPDX-License-Identifier: Apache-2.0
#include "core/project/project_format.h"

#include "core/base/error.h"

#include <algorithm>
#include <string>

namespace bitdial {
namespace {

using sqlite::Database;
using sqlite::Statement;

constexpr std::int64_t application_id = 0x42446C31; // "BDl1" in the file's header

// Ids are never used twice (AUTOINCREMENT): a parent that was removed must not become another
// point.
constexpr const char* tables = R"(
    CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE network(id INTEGER PRIMARY KEY CHECK (id = 1), source TEXT NOT NULL,
                         onnx BLOB NOT NULL);
    CREATE TABLE profile(position INTEGER PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE state(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL,
                       parameters_hash TEXT NOT NULL DEFAULT '');
    CREATE INDEX state_parameters ON state(parameters_hash);
    CREATE TABLE point(id INTEGER PRIMARY KEY AUTOINCREMENT, bits TEXT NOT NULL,
                       state_hash TEXT NOT NULL, method TEXT NOT NULL,
                       target TEXT NOT NULL, seed INTEGER NOT NULL, parent INTEGER NOT NULL,
                       label TEXT NOT NULL, network_hash TEXT NOT NULL, data_hash TEXT NOT NULL,
                       profile_hash TEXT NOT NULL, options_json TEXT NOT NULL,
                       role TEXT NOT NULL DEFAULT '', run INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX point_state ON point(state_hash);
    CREATE TABLE accuracy(id INTEGER PRIMARY KEY AUTOINCREMENT,
                          point INTEGER NOT NULL REFERENCES point(id) ON DELETE CASCADE,
                          rung TEXT NOT NULL, role TEXT NOT NULL, correct INTEGER NOT NULL,
                          samples INTEGER NOT NULL);
    CREATE INDEX accuracy_point ON accuracy(point);
)";

} // namespace

const char* const tables_since_version_2 = R"(
    CREATE TABLE parameters(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS measured_cycles(
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        point INTEGER NOT NULL REFERENCES point(id) ON DELETE CASCADE,
        profile TEXT NOT NULL, profile_hash TEXT NOT NULL, bits TEXT NOT NULL,
        runner TEXT NOT NULL, source TEXT NOT NULL, date TEXT NOT NULL,
        export_sha256 TEXT NOT NULL, promised INTEGER NOT NULL, measured INTEGER NOT NULL,
        layers TEXT NOT NULL);
    CREATE INDEX IF NOT EXISTS measured_point ON measured_cycles(point);
    CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, request TEXT NOT NULL,
                     method TEXT NOT NULL, status TEXT NOT NULL, begun TEXT NOT NULL,
                     ended TEXT NOT NULL);
    CREATE TABLE journal(run INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,
                         sequence INTEGER NOT NULL, bytes BLOB NOT NULL,
                         PRIMARY KEY (run, sequence));
    CREATE TABLE sensitivity(key TEXT PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE draft(id INTEGER PRIMARY KEY CHECK (id = 1), saved TEXT NOT NULL,
                       text TEXT NOT NULL);
    CREATE TABLE bookmark(point INTEGER PRIMARY KEY REFERENCES point(id) ON DELETE CASCADE,
                          label TEXT NOT NULL);
    CREATE TABLE note(id INTEGER PRIMARY KEY AUTOINCREMENT,
                      point INTEGER REFERENCES point(id) ON DELETE CASCADE,
                      changed TEXT NOT NULL, text TEXT NOT NULL);
)";

std::string pragma(const Database& database, const char* sql)
{
    Statement statement(database, sql);
    return statement.step() ? statement.text(0) : std::string();
}

void createTables(Database& database)
{
    database.execute(tables);
    database.execute(tables_since_version_2);
    database.execute(("PRAGMA application_id = " + std::to_string(application_id) +
                      "; PRAGMA user_version = " + std::to_string(project_version))
                         .c_str());
}

std::int64_t formatVersion(const Database& database)
{
    const std::string where = database.path().string();
    if (pragma(database, "PRAGMA application_id") != std::to_string(application_id))
        throw Error(ErrorCode::BadInput, "This is not a Bitdial project", where,
                    "it is empty or a database of another program", "Give a .bitdial file");
    Statement row(database, "PRAGMA user_version");
    const std::int64_t version = row.step() ? row.integer(0) : 0;
    if (version < 1 || version > project_version)
        throw Error(ErrorCode::BadInput, "The project has an unknown format", where,
                    "its format is version " + std::to_string(version) +
                        ", this program knows versions 1 to " + std::to_string(project_version),
                    "Open it with the program that wrote it, or install a newer one");
    return version;
}

void checkWhole(const Database& database)
{
    auto result = pragma(database, "PRAGMA quick_check(1)");
    std::ranges::replace(result, '\n', ' ');
    if (result != "ok")
        throw Error(ErrorCode::BadInput, "The project is damaged", database.path().string(), result,
                    "Go back to a copy of the file");
}

} // namespace bitdial
