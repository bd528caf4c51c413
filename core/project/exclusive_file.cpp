// SPDX-License-Identifier: Apache-2.0
#include "core/project/exclusive_file.h"

#include "core/base/error.h"
#include "core/project/project_format.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace bitdial {
namespace {

using sqlite::Database;

[[noreturn]] void failToWrite(const std::filesystem::path& path)
{
    throw Error(ErrorCode::Failed, "The project cannot be written", path.string(),
                std::strerror(errno), "Check the folder, its permissions and the free space");
}

} // namespace

ExclusiveFile::ExclusiveFile(const std::filesystem::path& path, const char* purpose) : m_path(path)
{
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored))
        return;
    try {
        m_database = std::make_unique<Database>(path);
        hold(purpose);
    } catch (const Error& error) {
        if (error.details().code != ErrorCode::BadInput)
            throw;
        m_database.reset(); // not a database
    }
}

void ExclusiveFile::hold(const char* purpose)
{
    m_database->execute("PRAGMA busy_timeout = 1000");
    // In exclusive mode the lock of the first transaction stays. With a write-ahead log it is had
    // only where no other connection is, even an idle one.
    if (!m_database->executeUnlessBusy("PRAGMA main.locking_mode = EXCLUSIVE") ||
        !m_database->executeUnlessBusy("BEGIN EXCLUSIVE; COMMIT"))
        throw Error(ErrorCode::Failed, std::string(purpose) + " is in use", m_path.string(),
                    "a window or program has this project open",
                    "Close it there, or use another file");
}

void ExclusiveFile::replaceWith(const std::filesystem::path& finished)
{
    // Without a log of its own: at its end the connection would remove that of the new file.
    if (m_database)
        m_database->execute("PRAGMA journal_mode = DELETE");
    std::error_code ignored;
    for (const char* log : {"-wal", "-shm", "-journal"})
        std::filesystem::remove(m_path.string() + log, ignored);
    if (::rename(finished.c_str(), m_path.c_str()) != 0)
        failToWrite(m_path);
    const auto folder = m_path.parent_path();
    syncToDisk(folder.empty() ? "." : folder);
}

void syncToDisk(const std::filesystem::path& path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0)
        failToWrite(path);
    // Some file systems do not sync folders; what they name is there all the same.
    const bool done = ::fsync(file) == 0 || errno == EINVAL;
    ::close(file);
    if (!done)
        failToWrite(path);
}

} // namespace bitdial
