// SPDX-License-Identifier: Apache-2.0
#include "core/project/migrations.h"

#include "core/base/error.h"
#include "core/project/exclusive_file.h"
#include "core/project/project_format.h"
#include "core/quantization/state_encoding.h"

#include <nlohmann/json.hpp>

#include <array>
#include <string>
#include <vector>

namespace bitdial {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;
using Json = nlohmann::ordered_json;

/// Parameters apart from what quantizes them. State by state, and in the row that is there, so that
/// what one state frees the next one uses: the file does not grow.
void splitStates(Database& database)
{
    std::vector<std::string> hashes;
    for (Statement row(database, "SELECT hash FROM state"); row.step();)
        hashes.push_back(row.text(0));
    for (const auto& hash : hashes) {
        std::vector<std::byte> whole;
        {
            Statement row(database, "SELECT bytes FROM state WHERE hash = ?");
            row.bind(hash).step();
            whole = row.bytes(0);
        }
        const EncodedState parts = splitState(whole);
        if (parts.hash != hash)
            throw Error(ErrorCode::BadInput, "The project is damaged", database.path().string(),
                        "the weights " + hash + " are not what was stored",
                        "Go back to a copy of the file");
        Statement(database, "UPDATE state SET bytes = ?, parameters_hash = ? WHERE hash = ?")
            .bind(std::span(parts.quantizers))
            .bind(parts.parameters_hash)
            .bind(hash)
            .step();
        Statement(database, "INSERT OR IGNORE INTO parameters VALUES (?, ?)")
            .bind(parts.parameters_hash)
            .bind(std::span(parts.parameters))
            .step();
    }
}

/// The request that the window kept beside a checkpoint; empty where it is none.
std::string renewedRequest(const std::string& text)
{
    auto request = Json::parse(text, nullptr, false);
    if (!request.is_object())
        return {};
    request.erase("checkpoint");
    request["schema"] = "bitdial.search/1";
    return request.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string textOf(const std::vector<std::byte>& bytes)
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// The one checkpoint of a method becomes a run that was interrupted. When it was is not known.
void makeRuns(Database& database)
{
    struct Checkpoint {
        std::string method;
        std::vector<std::byte> bytes;
        std::string request;
    };
    std::vector<Checkpoint> checkpoints;
    for (Statement row(database, "SELECT a.method, a.bytes, b.bytes FROM checkpoint a "
                                 "LEFT JOIN checkpoint b ON b.method = a.method || '.request' "
                                 "WHERE a.method NOT LIKE '%.request' AND length(a.bytes) > 0");
         row.step();)
        checkpoints.push_back({row.text(0), row.bytes(1), textOf(row.bytes(2))});
    for (const auto& checkpoint : checkpoints) {
        Statement(database, "INSERT INTO run(request, method, status, begun, ended) "
                            "VALUES (?, ?, 'interrupted', '', '')")
            .bind(renewedRequest(checkpoint.request))
            .bind(checkpoint.method)
            .step();
        Statement(database, "INSERT INTO journal VALUES (?, 1, ?)")
            .bind(database.lastRowId())
            .bind(std::span(checkpoint.bytes))
            .step();
    }
    database.execute("DROP TABLE checkpoint");
}

/// From one checkpoint per method, states with all weights in them, and stages of one method.
void fromVersion1(Database& database)
{
    database.execute(R"(
        ALTER TABLE state ADD COLUMN parameters_hash TEXT NOT NULL DEFAULT '';
        CREATE INDEX state_parameters ON state(parameters_hash);
        ALTER TABLE point ADD COLUMN role TEXT NOT NULL DEFAULT '';
        ALTER TABLE point ADD COLUMN run INTEGER NOT NULL DEFAULT 0;
        UPDATE point SET role = CASE
            WHEN method = 'hand' THEN 'hand' WHEN stage = 1 THEN 'found'
            WHEN stage = 2 THEN 'refined' ELSE 'reference' END;
        ALTER TABLE point DROP COLUMN stage;
    )");
    database.execute(tables_since_version_2);
    splitStates(database);
    makeRuns(database);
}

/// In order: the first makes version 2 of version 1.
constexpr std::array<void (*)(Database&), project_version - 1> migrations = {fromVersion1};

/// Of a copy that nobody else sees: without a journal, for one that is not finished is made again.
void migrateCopy(const std::filesystem::path& copy, std::int64_t version,
                 const std::function<void(const char*)>& reached)
{
    Database database(copy);
    database.execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
    for (; version < project_version; ++version) {
        Transaction transaction(database);
        migrations[std::size_t(version - 1)](database);
        database.execute(("PRAGMA user_version = " + std::to_string(version + 1)).c_str());
        transaction.commit();
        reached("version");
    }
    checkWhole(database);
}

/// Removes the copy unless it took the file's place.
class Copy {
public:
    explicit Copy(const std::filesystem::path& of) : m_path(of.string() + ".upgrade") { remove(); }
    ~Copy() { remove(); }
    Copy(const Copy&) = delete;
    Copy& operator=(const Copy&) = delete;
    const std::filesystem::path& path() const { return m_path; }

private:
    void remove() const
    {
        std::error_code ignored;
        std::filesystem::remove(m_path, ignored);
    }

    std::filesystem::path m_path;
};

} // namespace

std::int64_t migrateProject(const std::filesystem::path& path,
                            const std::function<void(const char* step)>& reached)
{
    const auto tell = [&](const char* step) {
        if (reached)
            reached(step);
    };
    if (const auto version = formatVersion(Database(path)); version == project_version)
        return version;
    // A link to a project stays one.
    const auto file = std::filesystem::canonical(path);
    ExclusiveFile held(file, "The project of an older version");
    if (held.database() == nullptr)
        throw Error(ErrorCode::BadInput, "This is not a Bitdial project", path.string(),
                    "it is no database", "Give a .bitdial file");
    // Whoever held it before may have renewed it, and the file that is held has no name any more.
    if (held.database()->hasMoved())
        return migrateProject(path, reached);
    const auto version = formatVersion(*held.database());
    if (version == project_version)
        return version;
    checkWhole(*held.database());
    tell("held");
    const Copy copy(file);
    Statement(*held.database(), "VACUUM INTO ?").bind(copy.path().string()).step();
    std::filesystem::permissions(copy.path(), std::filesystem::status(file).permissions());
    tell("copied");
    migrateCopy(copy.path(), version, tell);
    syncToDisk(copy.path());
    tell("synced");
    held.replaceWith(copy.path());
    tell("replaced");
    return version;
}

} // namespace bitdial
