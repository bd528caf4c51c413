// SPDX-License-Identifier: Apache-2.0
#include "core/project/sqlite.h"

#include "core/base/error.h"

#include <sqlite3.h>

#include <algorithm>

namespace bitdial::sqlite {
namespace {

constexpr int busy_timeout_ms = 10000;

std::string oneLine(std::string text)
{
    std::ranges::replace(text, '\n', ' ');
    return text;
}

[[noreturn]] void throwStatus(int status, const std::string& message,
                              const std::filesystem::path& path)
{
    const std::string why = oneLine(message);
    switch (status & 0xff) {
    case SQLITE_NOTADB:
        throw Error(ErrorCode::BadInput, "This is not a Bitdial project", path.string(), why,
                    "Give a .bitdial file");
    case SQLITE_CORRUPT:
        throw Error(ErrorCode::BadInput, "The project is damaged", path.string(), why,
                    "Go back to a copy of the file");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        throw Error(ErrorCode::Failed, "The project is in use", path.string(), why,
                    "Wait until the other program has written, and try again");
    case SQLITE_READONLY:
        throw Error(ErrorCode::Failed, "The project cannot be written", path.string(), why,
                    "Check the permissions of the file and its folder");
    case SQLITE_CANTOPEN:
        throw Error(ErrorCode::BadInput, "Cannot open the project", path.string(), why,
                    "Check the path and the permissions of the file and its folder");
    default:
        throw Error(ErrorCode::Failed, "The project file reports an error", path.string(), why,
                    "Check the free space and the file system");
    }
}

} // namespace

Database::Database(const std::filesystem::path& path) : m_path(path)
{
    const int status = sqlite3_open_v2(path.c_str(), &m_handle, SQLITE_OPEN_READWRITE, nullptr);
    if (status != SQLITE_OK) {
        const std::string why =
            m_handle != nullptr ? sqlite3_errmsg(m_handle) : sqlite3_errstr(status);
        sqlite3_close(m_handle);
        throwStatus(status, why, path);
    }
    sqlite3_busy_timeout(m_handle, busy_timeout_ms);
}

Database::~Database()
{
    sqlite3_close(m_handle);
}

void Database::fail(int status) const
{
    throwStatus(status, sqlite3_errmsg(m_handle), m_path);
}

void Database::execute(const char* sql)
{
    if (const int status = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
        status != SQLITE_OK)
        fail(status);
}

bool Database::executeUnlessBusy(const char* sql)
{
    const int status = sqlite3_exec(m_handle, sql, nullptr, nullptr, nullptr);
    const bool busy = (status & 0xff) == SQLITE_BUSY || (status & 0xff) == SQLITE_LOCKED;
    if (status != SQLITE_OK && !busy)
        fail(status);
    return !busy;
}

std::int64_t Database::lastRowId() const
{
    return sqlite3_last_insert_rowid(m_handle);
}

bool Database::hasMoved() const
{
    int moved = 0;
    if (const int status = sqlite3_file_control(m_handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
        status != SQLITE_OK)
        fail(status);
    return moved != 0;
}

Statement::Statement(const Database& database, std::string_view sql) : m_database(database)
{
    check(
        sqlite3_prepare_v2(database.handle(), sql.data(), int(sql.size()), &m_statement, nullptr));
}

Statement::~Statement()
{
    sqlite3_finalize(m_statement);
}

void Statement::check(int status) const
{
    if (status != SQLITE_OK)
        m_database.fail(status);
}

Statement& Statement::bind(std::int64_t value)
{
    check(sqlite3_bind_int64(m_statement, ++m_bound, value));
    return *this;
}

Statement& Statement::bind(std::string_view text)
{
    // An empty view may have no address, which SQLite would take for NULL.
    const char* data = text.empty() ? "" : text.data();
    check(sqlite3_bind_text64(m_statement, ++m_bound, data, text.size(), SQLITE_TRANSIENT,
                              SQLITE_UTF8));
    return *this;
}

Statement& Statement::bind(std::span<const std::byte> bytes)
{
    const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
    check(sqlite3_bind_blob64(m_statement, ++m_bound, data, bytes.size(), SQLITE_TRANSIENT));
    return *this;
}

bool Statement::step()
{
    const int status = sqlite3_step(m_statement);
    if (status != SQLITE_ROW && status != SQLITE_DONE)
        m_database.fail(status);
    return status == SQLITE_ROW;
}

std::int64_t Statement::integer(int column) const
{
    return sqlite3_column_int64(m_statement, column);
}

std::string Statement::text(int column) const
{
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(m_statement, column));
    return text == nullptr
               ? std::string()
               : std::string(text, std::size_t(sqlite3_column_bytes(m_statement, column)));
}

std::vector<std::byte> Statement::bytes(int column) const
{
    const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(m_statement, column));
    return data == nullptr
               ? std::vector<std::byte>()
               : std::vector<std::byte>(data, data + sqlite3_column_bytes(m_statement, column));
}

Transaction::Transaction(Database& database) : m_database(database)
{
    m_database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction()
{
    // A failed statement may have rolled back already; then there is nothing left to do here.
    if (m_open && sqlite3_get_autocommit(m_database.handle()) == 0)
        sqlite3_exec(m_database.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Transaction::commit()
{
    m_database.execute("COMMIT");
    m_open = false;
}

} // namespace bitdial::sqlite
