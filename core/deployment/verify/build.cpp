// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/build.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/export_folder.h"
#include "core/deployment/verify/output.h"

#include <cstdlib>
#include <sstream>

namespace bitdial {

namespace fs = std::filesystem;

BuildFolder::BuildFolder()
{
    std::error_code error;
    // The compiler runs in the project's folder, where a relative TMPDIR would be another.
    m_path =
        (fs::absolute(fs::temp_directory_path(error), error) / "bitdial-verify.XXXXXX").string();
    if (error || !::mkdtemp(m_path.data()))
        throw Error(ErrorCode::Failed, "Cannot build the export", m_path,
                    "no temporary folder can be made", temporary_folder_advice);
}

BuildFolder::~BuildFolder()
{
    std::error_code ignored;
    fs::remove_all(m_path, ignored);
}

std::vector<std::string> commandWords(const std::string& text)
{
    std::istringstream words(text);
    std::vector<std::string> command;
    for (std::string word; words >> word;)
        command.push_back(word);
    if (!command.empty() && command.front().find('/') != std::string::npos)
        command.front() = fs::absolute(command.front()).string();
    return command;
}

std::vector<std::string> hostCompiler()
{
    const char* chosen = std::getenv("CC");
    auto command = commandWords(chosen ? chosen : "");
    if (command.empty())
        command.emplace_back("cc");
    return command;
}

std::string compilerFailure(const ProcessResult& run)
{
    const std::string line = firstErrorLine(run.output);
    return line.empty()
               ? "it ended with status " + std::to_string(run.exit_status) + " and said nothing"
               : line;
}

std::string keepLog(const fs::path& project, const char* name, const std::string& messages,
                    const std::string& text)
{
    const auto log = project / name;
    std::error_code ignored;
    const auto present = fs::symlink_status(log, ignored);
    try {
        if (fs::exists(present) && !fs::is_regular_file(present))
            throw Error(ErrorCode::Failed, "Cannot keep messages", log.string(),
                        "there is something else than a file", "Remove it");
        writeFileAtomically(log, text);
        return "; " + messages + " are in " + log.string();
    } catch (const Error&) {
        return "; " + messages + " could not be kept in the folder"; // it is read-only
    }
}

void removeCompilerLog(const fs::path& project)
{
    std::error_code ignored;
    const auto log = project / compiler_log_name;
    if (fs::is_regular_file(fs::symlink_status(log, ignored)))
        fs::remove(log, ignored);
}

void failCompiler(const fs::path& project, const std::vector<std::string>& command,
                  const ProcessResult& run, const std::string& why, const std::string& next)
{
    if (!run.started) {
        removeCompilerLog(project); // it would seem to be of this run
        throw Error(ErrorCode::Failed, "The exported project does not compile", project.string(),
                    command.front() + ": " + why, next);
    }
    std::string advice =
        run.output.find("No space left") != std::string::npos ? temporary_folder_advice : next;
    advice += keepLog(project, compiler_log_name, "the compiler's messages",
                      command.front() + ": " + why + "\n" + run.output);
    throw Error(ErrorCode::Failed, "The exported project does not compile", project.string(),
                command.front() + ": " + why, advice);
}

} // namespace bitdial
