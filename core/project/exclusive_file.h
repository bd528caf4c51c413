// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/project/sqlite.h"

#include <filesystem>
#include <memory>

namespace bitdial {

/// A project's file, held alone until this ends: it is about to be replaced, and whoever has it
/// open would write on into a file without a name. Holds nothing where there is no file, or one
/// that is no database.
class ExclusiveFile {
public:
    /// `purpose` begins the message, as in "The file to replace". Throws Error(Failed) when another
    /// connection has the file open.
    ExclusiveFile(const std::filesystem::path& path, const char* purpose);

    /// Null where there is no database.
    sqlite::Database* database() { return m_database.get(); }
    /// Puts a finished file, whose bytes are on disk, in the place of the held one. Logs that the
    /// old one left would be replayed into it: they go first. Throws Error(Failed).
    void replaceWith(const std::filesystem::path& finished);

private:
    void hold(const char* purpose);

    std::filesystem::path m_path;
    std::unique_ptr<sqlite::Database> m_database;
};

/// Waits until a file's bytes, or a folder's entries, are on disk. Throws Error(Failed).
void syncToDisk(const std::filesystem::path& path);

} // namespace bitdial
