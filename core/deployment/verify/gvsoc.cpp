// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/gvsoc.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/shown_name.h"
#include "core/deployment/export_folder.h"
#include "core/deployment/verify/build.h"
#include "core/deployment/verify/cycle_verdict.h"
#include "core/deployment/verify/flash_image.h"
#include "core/deployment/verify/target_build.h"
#include "core/deployment/verify/target_output.h"
#include "core/deployment/verify/timed_process.h"

namespace bitdial {
namespace {

namespace fs = std::filesystem;

/// Share of the work that compiling is taken for.
constexpr double build_share = 0.5;
constexpr int simulated_cores = 8; // of pulp-open's cluster
constexpr const char* target_option = "--target=pulp-open";
constexpr const char* simulator_advice =
    "Give a GVSoC that was built with the target pulp-open (15a0a8f of 2025-04-09 is known to do) "
    "with --gvsoc, or run the program on a board and give its output with --counters";

/// The program itself, where a folder was given: where it was installed.
fs::path simulatorProgram(const fs::path& given)
{
    std::error_code ignored;
    if (given.empty())
        return "gvsoc"; // on the PATH, whatever folder of that name is here
    if (fs::is_directory(given, ignored))
        for (const char* place : {"bin/gvsoc", "install/bin/gvsoc", "gvsoc"})
            if (fs::is_regular_file(given / place, ignored))
                return fs::absolute(given / place);
    return given.has_parent_path() ? fs::absolute(given) : given;
}

class GvsocRun {
public:
    GvsocRun(const fs::path& folder, const VerifyOptions& options, const std::stop_token& stop,
             const std::function<void(double)>& progress)
        : m_options(options),
          m_stop(stop),
          m_progress(progress),
          m_project(openVerifyProject(folder)),
          m_simulator(simulatorProgram(options.simulator)),
          m_output(m_result, progress, build_share)
    {
        if (options.cores && *options.cores != m_project.cores)
            failVerifyOption("cores",
                             "the promised cycles are those of " + std::to_string(m_project.cores),
                             "Leave the number of cores out");
        if (m_project.cores > simulated_cores)
            throw Error(ErrorCode::Infeasible, "The program cannot run on GVSoC's pulp-open",
                        shownName(folder.string()),
                        "it is for " + std::to_string(m_project.cores) + " cores, pulp-open has " +
                            std::to_string(simulated_cores),
                        "Run it on a board and give its output with --counters");
        m_result.runner = "gvsoc";
        m_result.cores = m_project.cores;
        m_result.remarks = m_project.remarks;
        for (const auto& layer : m_project.layers)
            m_result.layer_results.push_back({layer});
    }

    VerifyResult run()
    {
        const auto kernels = openKernelSources(m_options.kernels, m_project);
        m_result.kernels = kernels.string();
        const auto compiler = findTargetCompiler(m_options.compiler, m_stop);
        const auto program =
            buildForTarget(m_project, compiler, kernels, m_build.path(), m_stop, [this](double d) {
                if (m_progress)
                    m_progress(d * build_share);
            });
        m_result.tools = TargetTools{"gvsoc", compiler.kind, program.hardware_loops,
                                     compiler.version + "; GVSoC, pulp-open (it does not tell its "
                                                        "version)"};
        simulate(program.file);
        judgeCycles(m_result, m_project.measured_with);
        return std::move(m_result);
    }

private:
    /// The simulator takes the flash's content from this file, where it is.
    void fillFlash(const fs::path& place) const
    {
        if (const auto image = flashImage(m_project.folder / "flash"); !image.empty())
            writeFileAtomically(place / "hyperflash.bin", image);
    }

    void simulate(const fs::path& program)
    {
        const auto place = m_build.path() / "simulation";
        fs::create_directory(place);
        fillFlash(place);
        const TimedResult ended = runTimed(
            {m_simulator.string(), target_option, "--binary=" + program.string(),
             "--work-dir=" + place.string(), "run"},
            m_options.simulation_limit, m_stop,
            [this](std::string_view piece) { m_output.feed(piece); }, place);
        m_output.finish();
        m_result.log += ended.output;
        if (!ended.process.started)
            throw Error(ErrorCode::Failed, "GVSoC does not start", m_simulator.string(),
                        ended.process.start_failure, simulator_advice);
        explain(ended);
        std::error_code ignored;
        const auto log = m_project.folder / simulation_log_name;
        if (fs::is_regular_file(fs::symlink_status(log, ignored)))
            fs::remove(log, ignored); // of an earlier failure
        if (m_result.images == 0)
            m_result.remarks.emplace_back("no output was compared: no memory has room for golden "
                                          "images beside the network");
    }

    [[noreturn]] void fail(const TimedResult& ended, const std::string& why,
                           const std::string& next) const
    {
        throw Error(ErrorCode::Failed, "The program did not finish on GVSoC", m_simulator.string(),
                    why,
                    next + keepLog(m_project.folder, simulation_log_name,
                                   "the simulator's messages", ended.output));
    }

    void explain(const TimedResult& ended) const
    {
        const std::string& text = ended.output;
        if (!m_output.fault().empty())
            fail(ended, "the simulated cores do not know the instruction at " + m_output.fault(),
                 m_project.isa == "XpulpV2"
                     ? simulator_advice
                     : "The stock pulp-open has no " + m_project.isa +
                           ": list its extension PulpNn for the cluster's cores in GVSoC's "
                           "sources, or export for XpulpV2");
        if (ended.timed_out)
            fail(
                ended,
                withChanges(
                    m_project,
                    "it was still running after " +
                        std::to_string(
                            std::chrono::duration_cast<std::chrono::seconds>(ended.limit).count()) +
                        " seconds"),
                "It may hang; see how far it came");
        if (const auto at = text.find("No module named "); at != std::string::npos)
            fail(ended,
                 "its Python lacks a module: " +
                     lastLine(text.substr(at, text.find('\n', at) - at)),
                 "Install it for the python3 that comes first on the PATH");
        if (const std::string why = m_output.complaint(); !why.empty())
            fail(ended,
                 withChanges(m_project, why + "; status " +
                                            std::to_string(ended.process.exit_status) + ": " +
                                            firstErrorLine(text)),
                 simulator_advice);
    }

    const VerifyOptions& m_options;
    const std::stop_token& m_stop;
    const std::function<void(double)>& m_progress;
    VerifyProject m_project;
    fs::path m_simulator;
    BuildFolder m_build;
    VerifyResult m_result;
    TargetOutput m_output;
};

} // namespace

VerifyResult verifyOnGvsoc(const fs::path& folder, const VerifyOptions& options,
                           const std::stop_token& stop, const std::function<void(double)>& progress)
{
    return GvsocRun(folder, options, stop, progress).run();
}

} // namespace bitdial
