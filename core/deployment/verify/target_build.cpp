// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/target_build.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/shown_name.h"
#include "core/deployment/pulp_nn/templates.h"
#include "core/deployment/verify/build.h"
#include "core/deployment/verify/machine_code.h"
#include "core/deployment/verify/output.h"
#include "core/deployment/verify/xpulp_assembly.h"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace bitdial {
namespace {

namespace fs = std::filesystem;

constexpr const char* library_advice =
    "Give a checkout of pulp-nn-mixed with --kernels, or name it in PULP_NN_MIXED";
constexpr const char* kernels_prefix = "$(KERNELS)/";

/// Files of the runtime, and where they lie beside each other.
struct RuntimeFile {
    const char* name;  ///< below templates/
    const char* place; ///< below the build's folder
};
constexpr RuntimeFile runtime_files[] = {
    {"pulp_open/pmsis.h", "include/pmsis.h"},
    {"pulp_open/xpulp_builtins.h", "include/xpulp_builtins.h"},
    {"pulp_devices.h", "include/pulp_devices.h"},
    {"pulp_open/pulp_device_types.h", "include/pulp_device_types.h"},
    {"pulp_open/stdio.h", "include/stdio.h"},
    {"pulp_open/string.h", "include/string.h"},
    {"bsp_header.h", "include/bsp/ram.h"},
    {"bsp_header.h", "include/bsp/ram/hyperram.h"},
    {"bsp_header.h", "include/bsp/flash/hyperflash.h"},
    {"bsp_header.h", "include/bsp/fs/readfs.h"},
    {"pulp_open/start.S", "start.S"},
    {"pulp_open/controller.c", "controller.c"},
    {"pulp_open/devices.c", "devices.c"},
    {"pulp_open/memory.c", "memory.c"},
    {"pulp_open/text_output.c", "text_output.c"},
    {"pulp_open/link.ld", "link.ld"}};

[[noreturn]] void failLibrary(const fs::path& folder, const std::string& why)
{
    throw Error(ErrorCode::BadInput, "The kernel library cannot be used",
                shownName(folder.string()), why, library_advice);
}

/// The library's files that the project's Makefile names, as paths below the library's folder.
std::set<std::string> kernelFiles(const VerifyProject& project)
{
    const std::string text = readTextFile(project.folder / "Makefile");
    std::set<std::string> files;
    for (auto at = text.find(kernels_prefix); at != std::string::npos;
         at = text.find(kernels_prefix, at + 1)) {
        const auto begin = at + std::string_view(kernels_prefix).size();
        const std::string file = text.substr(begin, text.find_first_of(" \t\r\n\\", begin) - begin);
        if (file.ends_with(".c") && file.find("..") == std::string::npos)
            files.insert(file);
    }
    return files;
}

/// All that the project compiles for its target: main.c is the host's.
std::vector<fs::path> projectSources(const VerifyProject& project)
{
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(project.folder / "src", error))
        if (entry.path().extension() == ".c" && entry.path().filename() != "main.c")
            files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    return files;
}

class TargetBuild {
public:
    TargetBuild(const VerifyProject& project, const TargetCompiler& compiler,
                const fs::path& kernels, const fs::path& folder, const std::stop_token& stop)
        : m_project(project),
          m_compiler(compiler),
          m_kernels(kernels),
          m_folder(folder),
          m_stop(stop)
    {
        for (const auto& file : kernelFiles(project))
            m_sources.push_back(kernels / file);
        m_kernel_count = m_sources.size();
        for (auto& file : projectSources(project))
            m_sources.push_back(std::move(file));
        for (const auto& file : runtime_files) {
            const auto place = folder / file.place;
            fs::create_directories(place.parent_path());
            writeFileAtomically(place, templateText(file.name));
            if (place.extension() == ".c" || place.extension() == ".S")
                m_sources.push_back(place);
        }
    }

    TargetProgram build(const std::function<void(double)>& progress)
    {
        TargetProgram program{m_folder / "program.elf", false};
        for (std::size_t i = 0; i < m_sources.size(); ++i) {
            m_objects.push_back(m_folder / (std::to_string(i) + ".o"));
            compile(m_sources[i], m_objects.back());
            if (i < m_kernel_count)
                program.hardware_loops |= hasHardwareLoops(readFile(m_objects.back()));
            if (progress)
                progress(double(i + 1) / double(m_sources.size() + 1));
        }
        run(targetLink(m_compiler, m_objects, m_folder / "link.ld", program.file));
        return program;
    }

private:
    void compile(const fs::path& source, const fs::path& object)
    {
        if (source.extension() == ".S")
            return run(targetAssemble(m_compiler, source, object));
        const std::vector<fs::path> includes = {m_folder / "include", m_project.folder / "src",
                                                m_kernels / "include"};
        if (m_compiler.kind == "gcc")
            return run(targetCompile(m_compiler, m_project.cores, includes, source, object));
        const auto assembly = fs::path(object).replace_extension(".s");
        run(targetCompile(m_compiler, m_project.cores, includes, source, assembly));
        writeFileAtomically(assembly, xpulpAssembly(readTextFile(assembly)));
        run(targetAssemble(m_compiler, assembly, object));
    }

    void run(const std::vector<std::string>& command) const
    {
        const auto result = runProcess(command, m_stop, {}, m_project.folder);
        if (!result.started)
            failCompiler(m_project.folder, command, result,
                         "it cannot be started: " + result.start_failure, "Start it by hand");
        if (result.exit_status == 0)
            return;
        for (const char* words : {"will not fit in region", "overflowed by"})
            if (result.output.find(words) != std::string::npos)
                throw Error(ErrorCode::Infeasible, "The network is too large for pulp-open",
                            m_project.folder.string(), firstErrorLine(result.output),
                            "Export with fewer golden images, or verify with the runner 'host'");
        const bool no_linker = result.output.find("invalid linker name") != std::string::npos;
        failCompiler(m_project.folder, command, result,
                     withChanges(m_project, compilerFailure(result)),
                     no_linker ? "Install the package lld-19"
                               : "Name another compiler with --cc, or export again");
    }

    const VerifyProject& m_project;
    const TargetCompiler& m_compiler;
    const fs::path m_kernels;
    const fs::path m_folder;
    const std::stop_token& m_stop;
    std::vector<fs::path> m_sources; ///< the library's kernels first
    std::size_t m_kernel_count = 0;
    std::vector<fs::path> m_objects;
};

} // namespace

fs::path openKernelSources(const fs::path& named, const VerifyProject& project)
{
    const char* variable = std::getenv("PULP_NN_MIXED");
    const fs::path given = !named.empty() ? named : fs::path(variable ? variable : "");
    if (given.empty())
        failVerifyOption("kernels", "the runner 'gvsoc' runs the real kernels", library_advice);
    auto folder = fs::absolute(given) / project.isa / "32bit";
    std::error_code ignored;
    if (!fs::is_regular_file(folder / "include" / "pulp_nn_kernels.h", ignored))
        failLibrary(given, "it has no " + project.isa + "/32bit/include/pulp_nn_kernels.h");
    for (const auto& file : kernelFiles(project))
        if (!fs::is_regular_file(folder / file, ignored))
            failLibrary(given, "it lacks " + project.isa + "/32bit/" + shownName(file));
    return folder;
}

TargetProgram buildForTarget(const VerifyProject& project, const TargetCompiler& compiler,
                             const fs::path& kernels, const fs::path& folder,
                             const std::stop_token& stop,
                             const std::function<void(double)>& progress)
{
    auto program = TargetBuild(project, compiler, kernels, folder, stop).build(progress);
    removeCompilerLog(project.folder);
    return program;
}

} // namespace bitdial
