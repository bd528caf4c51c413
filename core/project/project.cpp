// SPDX-License-Identifier: Apache-2.0
#include "core/project/project.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/open/open_network.h"
#include "core/project/exclusive_file.h"
#include "core/project/migrations.h"
#include "core/project/project_format.h"
#include "core/project/project_private.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace bitdial {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

/// Durability first: a commit is on disk when it returns. The log lets readers go on meanwhile;
/// where the file system cannot have it, a rollback journal is as safe.
bool configure(Database& database)
{
    database.execute("PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;");
    if (pragma(database, "PRAGMA journal_mode = WAL") == "wal")
        return true;
    pragma(database, "PRAGMA journal_mode = DELETE");
    return false;
}

/// A new empty file; never an existing one.
void makeFile(const std::filesystem::path& path)
{
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0 && errno == EEXIST)
        throw Error(ErrorCode::Usage, "The project exists already", path.string(),
                    "a new project would replace it", "Give another name, or open it");
    if (fd < 0)
        throw Error(ErrorCode::Failed, "Cannot create the project", path.string(),
                    std::strerror(errno), "Check the folder and its permissions");
    ::close(fd);
}

/// From the project alone: a file that was replaced since, or that a project from somebody else
/// names, must not be read. What a built-in architecture is, its source says.
std::shared_ptr<const Network> importNetwork(const std::string& source,
                                             const std::vector<std::byte>& bytes,
                                             const std::filesystem::path& project)
{
    if (!bytes.empty())
        return importOnnx(bytes, source);
    if (!source.starts_with("zoo:") || source.find("weights=") != std::string::npos)
        throw Error(ErrorCode::BadInput, "The project's network is missing", project.string(),
                    "it names '" + shownName(source) + "', but holds no copy of it",
                    "Start a new project with the network's file");
    return openNetwork(source);
}

std::string setting(const Database& database, std::string_view key)
{
    Statement statement(database, "SELECT value FROM setting WHERE key = ?");
    statement.bind(key);
    return statement.step() ? statement.text(0) : std::string();
}

} // namespace

Project::Project(std::unique_ptr<Private> p) : d(std::move(p)) {}
Project::~Project() = default;

std::unique_ptr<Project> Project::create(const std::filesystem::path& path)
{
    makeFile(path);
    try {
        auto p = std::make_unique<Private>(path);
        p->write_ahead_log = configure(p->database);
        Transaction transaction(p->database);
        createTables(p->database);
        transaction.commit();
        return std::unique_ptr<Project>(new Project(std::move(p)));
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
}

std::unique_ptr<Project> Project::open(const std::filesystem::path& path)
{
    const std::int64_t version = migrateProject(path);
    auto p = std::make_unique<Private>(path);
    checkWhole(p->database);
    p->write_ahead_log = configure(p->database);
    p->renewed_from = version == project_version ? 0 : version;
    return std::unique_ptr<Project>(new Project(std::move(p)));
}

std::unique_ptr<Project> Project::connect(const std::filesystem::path& path)
{
    auto p = std::make_unique<Private>(path);
    if (formatVersion(p->database) != project_version)
        throw Error(ErrorCode::Failed, "The project was replaced", path.string(),
                    "another file has its name now", "Open it again");
    p->write_ahead_log = configure(p->database);
    return std::unique_ptr<Project>(new Project(std::move(p)));
}

const std::filesystem::path& Project::path() const
{
    return d->database.path();
}

bool Project::hasWriteAheadLog() const
{
    return d->write_ahead_log;
}

std::int64_t Project::renewedFromVersion() const
{
    return d->renewed_from;
}

void Project::setNetwork(const std::string& source, const std::vector<std::byte>& onnx_bytes)
{
    const auto network = importNetwork(source, onnx_bytes, path());
    Transaction transaction(d->database);
    Statement other(d->database,
                    "SELECT count(*) FROM point WHERE bits <> '' AND network_hash <> ?");
    other.bind(network->hash()).step();
    if (other.integer(0) != 0)
        throw Error(ErrorCode::Usage, "The project belongs to another network", path().string(),
                    "its " + std::to_string(other.integer(0)) + " points are not of '" +
                        network->name() + "'",
                    "Start a new project for this network");
    Statement insert(d->database, "INSERT OR REPLACE INTO network VALUES (1, ?, ?)");
    insert.bind(source).bind(std::span(onnx_bytes)).step();
    transaction.commit();
    d->network = network;
}

std::shared_ptr<const Network> Project::network() const
{
    if (d->network == nullptr) {
        const auto source = networkSource();
        if (source.empty())
            return nullptr;
        d->network = importNetwork(source, networkBytes(), path());
    }
    return d->network;
}

std::string Project::networkSource() const
{
    Statement statement(d->database, "SELECT source FROM network");
    return statement.step() ? statement.text(0) : std::string();
}

std::vector<std::byte> Project::networkBytes() const
{
    Statement statement(d->database, "SELECT onnx FROM network");
    return statement.step() ? statement.bytes(0) : std::vector<std::byte>();
}

void Project::setDataSource(const std::string& source)
{
    Statement(d->database, "INSERT OR REPLACE INTO setting VALUES ('data_source', ?)")
        .bind(source)
        .step();
}

std::string Project::dataSource() const
{
    return setting(d->database, "data_source");
}

void Project::setProfileTexts(const std::vector<std::string>& texts)
{
    Transaction transaction(d->database);
    d->database.execute("DELETE FROM profile");
    for (std::size_t i = 0; i < texts.size(); ++i)
        Statement(d->database, "INSERT INTO profile VALUES (?, ?)")
            .bind(std::int64_t(i))
            .bind(texts[i])
            .step();
    transaction.commit();
}

std::vector<std::string> Project::profileTexts() const
{
    Statement statement(d->database, "SELECT text FROM profile ORDER BY position");
    std::vector<std::string> texts;
    while (statement.step())
        texts.push_back(statement.text(0));
    return texts;
}

void Project::copyTo(const std::filesystem::path& path) const
{
    ExclusiveFile replaced(path, "The file to replace");
    // VACUUM INTO refuses an existing file that is not empty; a temporary name and a rename make
    // the copy appear whole or not at all.
    std::string temporary = path.string() + ".XXXXXX";
    const int fd = ::mkstemp(temporary.data());
    if (fd < 0)
        throw Error(ErrorCode::Failed, "Cannot write the copy", path.string(), std::strerror(errno),
                    "Check the folder and its permissions");
    ::fchmod(fd, 0644);
    ::close(fd);
    try {
        Statement(d->database, "VACUUM INTO ?").bind(std::string_view(temporary)).step();
        syncToDisk(temporary);
        replaced.replaceWith(temporary);
    } catch (...) {
        ::unlink(temporary.c_str());
        throw;
    }
}

} // namespace bitdial
