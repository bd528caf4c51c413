// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/child_process.h"
#include "core/deployment/export_folder.h"
#include "core/deployment/export_report.h"
#include "core/deployment/pulp_nn_export.h"

#include <cstdio>
#include <cstdlib>
#include <sstream>

namespace bitdial {
namespace {

namespace fs = std::filesystem;

/// Share of the work that compiling is taken for.
constexpr double build_share = 0.3;

/// $CC (with its arguments) or cc.
std::vector<std::string> compilerCommand()
{
    const char* chosen = std::getenv("CC");
    std::istringstream words(chosen && *chosen ? chosen : "cc");
    std::vector<std::string> command;
    for (std::string word; words >> word;)
        command.push_back(word);
    if (command.empty())
        command.push_back("cc");
    return command;
}

/// Where the program is built: not in the project, which stays as exported.
class BuildFolder {
public:
    BuildFolder()
    {
        std::error_code error;
        m_path = (fs::temp_directory_path(error) / "bitdial-verify.XXXXXX").string();
        if (error || !::mkdtemp(m_path.data()))
            throw Error(ErrorCode::Failed, "Cannot build the export", m_path,
                        "no temporary folder can be made", "Set TMPDIR to a folder with space");
    }
    ~BuildFolder()
    {
        std::error_code ignored;
        fs::remove_all(m_path, ignored);
    }
    BuildFolder(const BuildFolder&) = delete;
    BuildFolder& operator=(const BuildFolder&) = delete;
    std::string program() const { return m_path + "/verify"; }

private:
    std::string m_path;
};

[[noreturn]] void failCompiler(const fs::path& folder, const std::string& compiler,
                               const std::string& why, const std::string& log)
{
    const auto path = folder / compiler_log_name;
    writeFileAtomically(path, compiler + ": " + why + "\n" + log);
    throw Error(ErrorCode::Failed, "The exported project does not compile", folder.string(),
                compiler + ": " + why,
                "Read " + path.string() + ", or name a C compiler in the variable CC");
}

std::string compile(const fs::path& folder, const std::string& program, const std::stop_token& stop)
{
    auto command = compilerCommand();
    const std::string compiler = command.front();
    for (const char* option : {"-std=c99", "-O2", "-o"})
        command.emplace_back(option);
    command.push_back(program);
    for (const char* include : {"src", "host"})
        command.push_back("-I" + (folder / include).string());
    for (const auto& source : hostSources())
        command.push_back((folder / source).string());
    const auto result = runProcess(command, stop);
    if (!result.started)
        failCompiler(folder, compiler, "cannot be started: " + result.start_failure, {});
    if (result.exit_status != 0)
        failCompiler(folder, compiler, "ended with status " + std::to_string(result.exit_status),
                     result.output);
    return result.output;
}

/// The last line of a program's output, for a message of one line.
std::string lastLine(std::string text)
{
    while (!text.empty() && text.back() == '\n')
        text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

/// Follows the program's lines: progress, first mismatch, summary.
class LineReader {
public:
    explicit LineReader(const std::function<void(double)>& progress) : m_progress(progress) {}
    void feed(std::string_view piece)
    {
        m_pending += piece;
        for (auto end = m_pending.find('\n'); end != std::string::npos;
             end = m_pending.find('\n')) {
            line(m_pending.substr(0, end));
            m_pending.erase(0, end + 1);
        }
    }
    bool hasSummary() const { return m_has_summary; }
    VerifyResult result;

private:
    void line(const std::string& text)
    {
        int done = 0;
        int exact = 0;
        unsigned long mismatches = 0;
        if (text.starts_with("MISMATCH ") && result.first_mismatch.empty())
            result.first_mismatch = text.substr(9);
        else if (std::sscanf(text.c_str(),
                             "SUMMARY images=%d layers=%d mismatches=%lu bit_exact=%d",
                             &result.images, &result.layers, &mismatches, &exact) == 4) {
            m_has_summary = true;
            result.bit_exact = exact == 1;
        } else if (int all = 0; std::sscanf(text.c_str(), "PROGRESS %d of %d", &done, &all) == 2 &&
                                all > 0 && m_progress)
            m_progress(build_share + (1 - build_share) * done / all);
    }

    const std::function<void(double)>& m_progress;
    std::string m_pending;
    bool m_has_summary = false;
};

} // namespace

VerifyResult verifyExport(const fs::path& folder, std::stop_token stop,
                          const std::function<void(double)>& progress)
{
    std::string log;
    for (const auto& change : changesSinceExport(folder))
        log += change + " since the export\n";
    const BuildFolder build;
    if (progress)
        progress(0);
    log += compile(folder, build.program(), stop);
    if (progress)
        progress(build_share);
    LineReader reader(progress);
    const auto run = runProcess({build.program(), (folder / "golden").string()}, stop,
                                [&reader](std::string_view piece) { reader.feed(piece); });
    log += run.output;
    if (!run.started || !reader.hasSummary() || (run.exit_status != 0) == reader.result.bit_exact)
        throw Error(ErrorCode::Failed, "The exported program did not finish", folder.string(),
                    run.started
                        ? "status " + std::to_string(run.exit_status) + ": " + lastLine(run.output)
                        : run.start_failure,
                    "Export again; the project's files may be damaged");
    reader.result.runner = "host";
    reader.result.log = std::move(log);
    return std::move(reader.result);
}

} // namespace bitdial
