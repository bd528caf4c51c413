// SPDX-License-Identifier: Apache-2.0
#include "app/cli/measured_store.h"
#include "app/cli/output.h"
#include "app/cli/stop_signal.h"
#include "app/cli/verb.h"
#include "app/cli/verify_report.h"
#include "core/deployment/pulp_nn/kernel_family.h"
#include "core/deployment/verify/cycle_verdict.h"
#include "core/deployment/verify/program_table.h"
#include "core/report/cycles_scene.h"
#include "core/report/picture_file.h"

namespace bitdial::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int exit_mismatch = int(ErrorCode::Failed);

/// An option's text, which must not be empty where it is given.
std::string named(const Arguments& arguments, const std::string& option, const std::string& next)
{
    if (arguments.has(option) && arguments.text(option).empty())
        arguments.fail("--" + option + " names nothing", "its value is empty", next);
    return arguments.text(option);
}

VerifyRunner runnerOf(const Arguments& arguments)
{
    const auto runner = arguments.choice("runner", {"host", "riscv", "gvsoc"}, "host");
    return runner == "riscv"   ? VerifyRunner::RiscV
           : runner == "gvsoc" ? VerifyRunner::Gvsoc
                               : VerifyRunner::Host;
}

VerifyOptions optionsOf(const Arguments& arguments)
{
    VerifyOptions options;
    options.runner = runnerOf(arguments);
    if (options.runner != VerifyRunner::Gvsoc)
        for (const char* option : {"gvsoc", "cc"})
            if (arguments.has(option))
                arguments.fail("--" + std::string(option) + " has no meaning here",
                               "the runner is not 'gvsoc'", "Add --runner gvsoc");
    options.kernels = named(arguments, "kernels",
                            "Give a static library; with --runner gvsoc a checkout of the library");
    options.compiler = named(arguments, "cc", "Give a compiler with its arguments");
    if (const auto path = named(arguments, "gvsoc", "Give GVSoC's program"); !path.empty())
        options.simulator = path;
    if (const auto cores = arguments.integer("cores", 1, most_kernel_cores))
        options.cores = int(*cores);
    return options;
}

VerifyResult resultOf(const Arguments& arguments)
{
    const auto log = named(arguments, "counters", "Give what the program printed");
    if (log.empty()) {
        const auto options = optionsOf(arguments);
        const StopSignal stop;
        return verifyExport(arguments.operand(0), options, stop.token());
    }
    for (const char* option : {"runner", "kernels", "cores", "gvsoc", "cc"})
        if (arguments.has(option))
            arguments.fail("--" + std::string(option) + " has no meaning here",
                           "with --counters nothing is run", "Leave one of the two out");
    return verifyCounters(arguments.operand(0), log);
}

/// What is done with cycles needs some.
void checkCounts(const Arguments& arguments)
{
    if (arguments.has("counters") || runnerOf(arguments) == VerifyRunner::Gvsoc)
        return;
    for (const char* option : {"plot", "table", "project"})
        if (arguments.has(option))
            arguments.fail("--" + std::string(option) + " has no meaning here",
                           "this runner counts no cycles", "Add --runner gvsoc or --counters FILE");
}

/// Where pictures and tables go; empty: nowhere.
struct Files {
    std::string plot, table;
    PictureFormat plot_format = PictureFormat::Svg;
};

Files filesOf(const Arguments& arguments)
{
    Files files{named(arguments, "plot", "Give the name of an SVG, PNG or PDF file"),
                named(arguments, "table", "Give the name of a CSV file")};
    if (!files.plot.empty())
        files.plot_format = pictureFormatOf(files.plot);
    return files;
}

ChartScene cyclesSceneOf(const VerifyResult& result)
{
    CyclesHeading heading{"Promised and measured cycles", {}};
    if (result.total)
        heading.summary = std::to_string(result.total->measured) + " cycles measured, " +
                          std::to_string(result.total->promised) + " promised, " +
                          deviationText(*result.total);
    if (result.tools)
        heading.summary += "; " + toolsText(*result.tools);
    std::vector<CyclesBar> bars;
    for (const auto& layer : result.layer_results)
        if (const auto& cycles = layer.cycles)
            bars.push_back({layer.name, cycles->promised, cycles->measured, cycles->promised_kernel,
                            cycles->measured_kernel, deviationText(*cycles)});
    return cyclesScene(heading, bars, ChartTheme::light(), pangoTextWidth());
}

int run(const Arguments& arguments)
{
    checkCounts(arguments);
    const Files files = filesOf(arguments);
    auto into = measuredStore(arguments, arguments.operand(0));
    const auto result = resultOf(arguments);
    for (const auto& remark : result.remarks)
        message(remark);
    // What took minutes to count is shown before anything else can fail.
    if (arguments.json())
        print(verifyJson(result).dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
    else
        print(verifyText(result));
    if (into)
        message(store(*into, result, arguments.text("counters")));
    if (!files.plot.empty())
        writePicture(cyclesSceneOf(result), files.plot, files.plot_format);
    if (!files.table.empty())
        deliver(programTable(arguments.operand(0), result), files.table);
    return result.bit_exact ? exit_done : exit_mismatch;
}

} // namespace

Verb verifyVerb()
{
    return {
        {"verify",
         {"DIR"},
         "Builds the exported C, runs its golden vectors and compares bit for bit.",
         {{"runner", "R",
           "host, riscv (bare-metal RV32 under qemu) or gvsoc (the real kernels, with cycles)"},
          {"kernels", "LIB",
           "host: a host build of the kernel library; gvsoc: its checkout, else $PULP_NN_MIXED"},
          {"cores", "N", "emulated cores, at most the exported number"},
          {"gvsoc", "PATH", "the GVSoC to run, if not the one on the PATH"},
          {"cc", "COMMAND", "compiler for gvsoc, if not PULP's GCC or clang-19"},
          {"counters", "FILE", "compare what a board printed instead of running anything"},
          {"plot", "FILE",
           "draw promised and measured cycles, as SVG, PNG or PDF by the name's ending"},
          {"project", "FILE", "store the measured cycles in this project, with --point"},
          {"point", "ID", "the project's point that was exported"},
          {"table", "FILE", "measured layers as CSV, for 'profile fit'"}}},
        run};
}

} // namespace bitdial::cli
