// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify_build.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/export_folder.h"

#include <cstdlib>
#include <sstream>

namespace bitdial {

namespace fs = std::filesystem;

BuildFolder::BuildFolder()
{
    std::error_code error;
    m_path = (fs::temp_directory_path(error) / "bitdial-verify.XXXXXX").string();
    if (error || !::mkdtemp(m_path.data()))
        throw Error(ErrorCode::Failed, "Cannot build the export", m_path,
                    "no temporary folder can be made", "Set TMPDIR to a folder with space");
}

BuildFolder::~BuildFolder()
{
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
}

std::vector<std::string> hostCompiler()
{
    const char* chosen = std::getenv("CC");
    std::istringstream words(chosen && *chosen ? chosen : "cc");
    std::vector<std::string> command;
    for (std::string word; words >> word;)
        command.push_back(word);
    if (command.empty())
        command.emplace_back("cc");
    // It is started in the project's folder.
    if (command.front().find('/') != std::string::npos)
        command.front() = fs::absolute(command.front()).string();
    return command;
}

void failCompiler(const fs::path& project, const std::vector<std::string>& command,
                  const ProcessResult& run, const std::string& why, const std::string& next)
{
    const auto log = project / compiler_log_name;
    std::string advice = next;
    try {
        writeFileAtomically(log, command.front() + ": " + why + "\n" + run.output);
        advice += "; the compiler's messages are in " + log.string();
    } catch (const Error&) {
        advice += "; the compiler's messages could not be kept in the folder"; // it is read-only
    }
    throw Error(ErrorCode::Failed, "The exported project does not compile", project.string(),
                command.front() + ": " + why, advice);
}

} // namespace bitdial
