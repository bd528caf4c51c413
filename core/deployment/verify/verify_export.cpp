// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/verify_export.h"

#include "core/base/error.h"
#include "core/deployment/pulp_nn/export_report.h"
#include "core/deployment/verify/build.h"
#include "core/deployment/verify/gvsoc.h"
#include "core/deployment/verify/library.h"
#include "core/deployment/verify/output.h"
#include "core/deployment/verify/project.h"
#include "core/deployment/verify/riscv.h"

namespace bitdial {
namespace {

namespace fs = std::filesystem;

/// Share of the work that compiling is taken for.
constexpr double build_share = 0.3;

int chosenCores(const VerifyOptions& options, int exported)
{
    const int cores = options.cores.value_or(options.runner == VerifyRunner::RiscV ? 1 : exported);
    if (options.runner == VerifyRunner::RiscV && cores != 1)
        failVerifyOption("cores", "the RISC-V runner has one core",
                         "Leave the number of cores out");
    if (!isPossibleCoreCount(cores))
        failVerifyOption("cores",
                         std::to_string(cores) + " is no power of two, as the kernels need",
                         "Give a power of two up to " + std::to_string(exported));
    if (cores > exported)
        failVerifyOption(
            "cores", "the project's scratch buffers are for " + std::to_string(exported) + " cores",
            "Give at most " + std::to_string(exported));
    return cores;
}

/// The project's files for a program, without our kernels when a library takes their place.
std::vector<std::string> sourcesFor(bool own_kernels)
{
    auto sources = hostSources();
    if (!own_kernels)
        std::erase_if(sources, [](const std::string& source) {
            return source == "host/pulp_nn_kernels.c" || source == "host/portable_kernels.c";
        });
    return sources;
}

/// One verification: what was asked, and what is known of the project.
class Verification {
public:
    Verification(const fs::path& folder, const VerifyOptions& options, const std::stop_token& stop,
                 const std::function<void(double)>& progress)
        : m_project(openVerifyProject(folder)),
          m_folder(m_project.folder),
          m_options(options),
          m_stop(stop),
          m_progress(progress)
    {
        m_result.remarks = m_project.remarks;
        m_result.cores = chosenCores(options, m_project.cores);
        for (const auto& layer : m_project.layers)
            m_result.layer_results.push_back({layer});
        m_result.runner = options.runner == VerifyRunner::RiscV ? "riscv" : "host";
        m_result.kernels = "portable";
        if (options.kernels.empty())
            return;
        if (options.runner == VerifyRunner::RiscV)
            failVerifyOption("kernels", "a kernel library runs on the host only",
                             "Leave it out, or choose the runner 'host'");
        m_library = openKernelLibrary(options.kernels);
        m_result.kernels = m_library->file.string();
        if (m_library->header.empty())
            m_result.remarks.emplace_back("the kernel library has no pulp_nn_kernels.h beside it: "
                                          "its signatures were not compared with the project's");
        else
            m_result.log += "kernels declared by " + m_library->header.string() + "\n";
    }

    VerifyResult run()
    {
        report(0);
        if (m_options.runner == VerifyRunner::RiscV)
            buildRiscv();
        else
            buildHost();
        report(build_share);
        runProgram();
        return std::move(m_result);
    }

private:
    void report(double done) const
    {
        if (m_progress)
            m_progress(done);
    }

    std::vector<std::string> hostCommand() const
    {
        auto command = hostCompiler();
        for (const char* option :
             {"-std=c99", "-O2", "-Isrc", "-Ihost", "-fno-pie", "-no-pie", "-pthread"})
            command.emplace_back(option);
        command.push_back("-DNUM_CORES=" + std::to_string(m_result.cores));
        // Beside the project's own declarations: where the two differ, the compiler says so.
        if (m_library && !m_library->header.empty())
            for (const auto& header : {fs::path("stdint.h"), m_library->header}) {
                command.emplace_back("-include");
                command.push_back(header.string());
            }
        command.insert(command.end(), {"-o", m_build.program()});
        for (const auto& source : sourcesFor(!m_library))
            command.push_back(source);
        if (m_library)
            command.push_back(m_library->file.string());
        return command;
    }

    void buildHost()
    {
        const auto command = hostCommand();
        const auto run = runProcess(command, m_stop, {}, m_folder);
        m_result.log += run.output;
        if (!run.started)
            failCompiler(m_folder, command, run, "it cannot be started: " + run.start_failure,
                         "Install a C compiler or name one in the variable CC");
        if (run.exit_status == 0)
            return removeCompilerLog(m_folder);
        if (m_library)
            explainLinkFailure(*m_library, run, m_result.cores);
        failCompiler(m_folder, command, run, withChanges(m_project, compilerFailure(run)),
                     "Export again, or name another C compiler in the variable CC");
    }

    void buildRiscv()
    {
        const auto command = riscvCompiler(sourcesFor(true), m_build.program());
        const auto run = runProcess(command, m_stop, {}, m_folder);
        m_result.log += run.output;
        checkRiscvCompiler(m_folder, command, run);
        removeCompilerLog(m_folder);
    }

    void runProgram()
    {
        const bool riscv = m_options.runner == VerifyRunner::RiscV;
        VerifyOutput output(m_result, m_progress, build_share);
        const auto run = runProcess(
            riscv ? riscvMachine(m_build.program())
                  : std::vector<std::string>{m_build.program(), "golden"},
            m_stop, [&output](std::string_view piece) { output.feed(piece); }, m_folder);
        m_result.log += run.output;
        if (riscv)
            checkRiscvMachine(run);
        if (!run.started)
            throw Error(ErrorCode::Failed, "The exported program does not start", m_build.program(),
                        run.start_failure, temporary_folder_advice);
        const bool agrees = (run.exit_status == 0) == m_result.bit_exact;
        if (!output.hasSummary() || !agrees)
            throw Error(ErrorCode::Failed, "The exported program did not finish", m_folder.string(),
                        withChanges(m_project, "status " + std::to_string(run.exit_status) + ": " +
                                                   lastLine(run.output)),
                        "Export again; the project's files may be damaged");
    }

    VerifyProject m_project;
    fs::path m_folder;
    const VerifyOptions& m_options;
    const std::stop_token& m_stop;
    const std::function<void(double)>& m_progress;
    std::optional<KernelLibrary> m_library;
    BuildFolder m_build;
    VerifyResult m_result;
};

} // namespace

VerifyResult verifyExport(const fs::path& folder, const VerifyOptions& options,
                          std::stop_token stop, const std::function<void(double)>& progress)
{
    if (options.runner == VerifyRunner::Gvsoc)
        return verifyOnGvsoc(folder, options, stop, progress);
    return Verification(folder, options, stop, progress).run();
}

VerifyResult verifyExport(const fs::path& folder, std::stop_token stop,
                          const std::function<void(double)>& progress)
{
    return verifyExport(folder, VerifyOptions{}, std::move(stop), progress);
}

} // namespace bitdial
