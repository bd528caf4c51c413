// SPDX-License-Identifier: Apache-2.0
#include "core/project/project.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/open_network.h"
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

constexpr std::int64_t application_id = 0x42446C31; // "BDl1" in the file's header
constexpr std::int64_t schema_version = 1;

// Ids are never used twice (AUTOINCREMENT): a parent that was removed must not become another
// point.
constexpr const char* schema = R"(
    CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE network(id INTEGER PRIMARY KEY CHECK (id = 1), source TEXT NOT NULL,
                         onnx BLOB NOT NULL);
    CREATE TABLE profile(position INTEGER PRIMARY KEY, text TEXT NOT NULL);
    CREATE TABLE state(hash TEXT PRIMARY KEY, bytes BLOB NOT NULL);
    CREATE TABLE point(id INTEGER PRIMARY KEY AUTOINCREMENT, bits TEXT NOT NULL,
                       state_hash TEXT NOT NULL, method TEXT NOT NULL, stage INTEGER NOT NULL,
                       target TEXT NOT NULL, seed INTEGER NOT NULL, parent INTEGER NOT NULL,
                       label TEXT NOT NULL, network_hash TEXT NOT NULL, data_hash TEXT NOT NULL,
                       profile_hash TEXT NOT NULL, options_json TEXT NOT NULL);
    CREATE INDEX point_state ON point(state_hash);
    CREATE TABLE accuracy(id INTEGER PRIMARY KEY AUTOINCREMENT,
                          point INTEGER NOT NULL REFERENCES point(id) ON DELETE CASCADE,
                          rung TEXT NOT NULL, role TEXT NOT NULL, correct INTEGER NOT NULL,
                          samples INTEGER NOT NULL);
    CREATE INDEX accuracy_point ON accuracy(point);
    CREATE TABLE checkpoint(method TEXT PRIMARY KEY, bytes BLOB NOT NULL) WITHOUT ROWID;
)";

std::string pragma(const Database& database, const char* sql)
{
    Statement statement(database, sql);
    return statement.step() ? statement.text(0) : std::string();
}

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

void checkIsProject(const Database& database)
{
    const std::string where = database.path().string();
    if (pragma(database, "PRAGMA application_id") != std::to_string(application_id))
        throw Error(ErrorCode::BadInput, "This is not a Bitdial project", where,
                    "it is empty or a database of another program", "Give a .bitdial file");
    const auto version = pragma(database, "PRAGMA user_version");
    if (version != std::to_string(schema_version))
        throw Error(ErrorCode::BadInput, "The project has an unknown format", where,
                    "its format is version " + version + ", this program knows version " +
                        std::to_string(schema_version),
                    "Open it with the program that wrote it, or install a newer one");
    if (const auto result = pragma(database, "PRAGMA quick_check(1)"); result != "ok")
        throw Error(ErrorCode::BadInput, "The project is damaged", where, result,
                    "Go back to a copy of the file");
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

/// A project that is about to be replaced, held alone until this ends. Whoever has it open would
/// write on into a file without a name; and a log that it left behind would be taken for the new
/// file's.
class ReplacedFile {
public:
    /// Nothing to hold where there is no file, or one that is no database. Throws Error(Failed)
    /// when another connection has it open.
    explicit ReplacedFile(const std::filesystem::path& path) : m_path(path)
    {
        std::error_code ignored;
        if (!std::filesystem::exists(path, ignored))
            return;
        try {
            m_database = std::make_unique<Database>(path);
            hold();
        } catch (const Error& error) {
            if (error.details().code != ErrorCode::BadInput)
                throw;
            m_database.reset(); // not a database
        }
    }

    /// Right before the rename: a log that stays would be replayed into the new file.
    void removeLogs() const
    {
        std::error_code ignored;
        for (const char* log : {"-wal", "-shm", "-journal"})
            std::filesystem::remove(m_path.string() + log, ignored);
    }

private:
    void hold()
    {
        m_database->execute("PRAGMA busy_timeout = 1000");
        // Leaving the write-ahead log succeeds only for the last connection, even if the others are
        // idle; it also moves what is in the log into the file.
        if (!m_database->executeUnlessBusy("PRAGMA journal_mode = DELETE") ||
            pragma(*m_database, "PRAGMA journal_mode") != "delete" ||
            !m_database->executeUnlessBusy("BEGIN EXCLUSIVE"))
            throw Error(ErrorCode::Failed, "The file to replace is in use", m_path.string(),
                        "a window or program has this project open",
                        "Close it there, or save under another name");
    }

    std::filesystem::path m_path;
    std::unique_ptr<Database> m_database;
};

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
        p->database.execute(schema);
        p->database.execute(measured_table);
        p->database.execute(("PRAGMA application_id = " + std::to_string(application_id) +
                             "; PRAGMA user_version = " + std::to_string(schema_version))
                                .c_str());
        transaction.commit();
        return std::unique_ptr<Project>(new Project(std::move(p)));
    } catch (...) {
        ::unlink(path.c_str());
        throw;
    }
}

std::unique_ptr<Project> Project::open(const std::filesystem::path& path)
{
    auto p = std::make_unique<Private>(path);
    checkIsProject(p->database);
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

void Project::setCheckpoint(const std::string& method, const std::string& checkpoint)
{
    Statement(d->database, "INSERT OR REPLACE INTO checkpoint VALUES (?, ?)")
        .bind(method)
        .bind(std::as_bytes(std::span(checkpoint)))
        .step();
}

std::string Project::checkpoint(const std::string& method) const
{
    Statement statement(d->database, "SELECT bytes FROM checkpoint WHERE method = ?");
    statement.bind(method);
    if (!statement.step())
        return {};
    const auto bytes = statement.bytes(0);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Project::copyTo(const std::filesystem::path& path) const
{
    const ReplacedFile replaced(path);
    // VACUUM INTO refuses an existing file that is not empty; a temporary name and a rename make
    // the copy appear whole or not at all.
    std::string temporary = path.string() + ".XXXXXX";
    const int fd = ::mkstemp(temporary.data());
    if (fd < 0)
        throw Error(ErrorCode::Failed, "Cannot write the copy", path.string(), std::strerror(errno),
                    "Check the folder and its permissions");
    ::fchmod(fd, 0644);
    try {
        Statement(d->database, "VACUUM INTO ?").bind(std::string_view(temporary)).step();
        const bool written = ::fsync(fd) == 0;
        if (written)
            replaced.removeLogs();
        if (!written || ::rename(temporary.c_str(), path.c_str()) != 0)
            throw Error(ErrorCode::Failed, "Cannot write the copy", path.string(),
                        std::strerror(errno), "Check the folder and the free space");
        ::close(fd);
    } catch (...) {
        ::close(fd);
        ::unlink(temporary.c_str());
        throw;
    }
}

} // namespace bitdial
