// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace bitdial::sqlite {

/// A connection. Every failure is a bitdial::Error: BadInput where the file is no database or
/// damaged, Failed otherwise (disk full, locked, read-only).
class Database {
public:
    /// Opens an existing file for reading and writing (reading only where that is all that is
    /// allowed). Waits up to ten seconds for other writers.
    explicit Database(const std::filesystem::path& path);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    void execute(const char* sql);
    /// Execute, but false when another connection is in the way.
    bool executeUnlessBusy(const char* sql);
    std::int64_t lastRowId() const;
    /// Whether the file was renamed, replaced or removed since it was opened.
    bool hasMoved() const;
    const std::filesystem::path& path() const { return m_path; }
    sqlite3* handle() const { return m_handle; }
    [[noreturn]] void fail(int status) const;

private:
    std::filesystem::path m_path;
    sqlite3* m_handle = nullptr;
};

/// A prepared statement: bind in order, then step. Columns are read by position.
class Statement {
public:
    Statement(const Database& database, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;
    Statement& operator=(const Statement&) = delete;

    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind(std::span<const std::byte> bytes);
    /// Goes to the next row; false after the last.
    bool step();
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    std::vector<std::byte> bytes(int column) const;

private:
    void check(int status) const;

    const Database& m_database;
    sqlite3_stmt* m_statement = nullptr;
    int m_bound = 0;
};

/// Rolls back unless it was committed. It writes from the start, so that two writers wait for each
/// other instead of failing.
class Transaction {
public:
    explicit Transaction(Database& database);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    /// Durable when it returns.
    void commit();

private:
    Database& m_database;
    bool m_open = true;
};

} // namespace bitdial::sqlite
