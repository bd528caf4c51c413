// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/target_compiler.h"

#include "core/base/error.h"
#include "core/deployment/verify/build.h"
#include "core/deployment/verify/child_process.h"
#include "core/deployment/verify/output.h"

#include <cstdio>
#include <cstdlib>

namespace bitdial {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// The first version with the memory accesses of CORE-V.
constexpr int least_clang = 19;
constexpr const char* default_clang = "clang-19";
constexpr const char* advice =
    "Install the packages clang-19 and lld-19, name another compiler with --cc, or set "
    "PULP_RISCV_GCC_TOOLCHAIN to the folder of PULP's GCC";

[[noreturn]] void failCompilerChoice(const Words& command, const std::string& why)
{
    throw Error(ErrorCode::Failed, "There is no compiler for the target", command.front(), why,
                advice);
}

Words wantedCommand(const std::string& chosen)
{
    if (!chosen.empty())
        return commandWords(chosen);
    const char* toolchain = std::getenv("PULP_RISCV_GCC_TOOLCHAIN");
    if (toolchain && *toolchain)
        return {(fs::absolute(toolchain) / "bin" / "riscv32-unknown-elf-gcc").string()};
    return {default_clang};
}

std::string firstLine(const std::string& text)
{
    return lastLine(text.substr(0, text.find('\n')));
}

/// "clang version 19.1.7" anywhere in the line; 0 where no number follows.
int clangVersion(const std::string& line)
{
    const auto at = line.find("version ");
    return at == std::string::npos ? 0 : std::atoi(line.c_str() + at + 8);
}

Words architecture(const TargetCompiler& compiler)
{
    if (compiler.kind == "gcc")
        return {"-march=rv32imcxgap9", "-mPE=8", "-mFC=1"};
    return {"--target=riscv32", "-march=rv32imc_xcvmem_zicsr", "-menable-experimental-extensions",
            "-mabi=ilp32", "-mno-relax"};
}

bool isKernelOf(const fs::path& source, const char* operation)
{
    return source.filename().string().find(std::string("_nn_") + operation + "_") !=
           std::string::npos;
}

/// Clang's options for a source; with others some layers take up to half as long again (clang 19 on
/// GVSoC): -O3 makes several copies of the convolutions' im2col, and the depthwise kernels' loops
/// have more pointers than registers, which advancing each with its loads makes worse.
Words clangOptimization(const fs::path& source)
{
    Words words = {isKernelOf(source, "conv") ? "-O2" : "-O3"};
    if (!isKernelOf(source, "depthwise"))
        words.insert(words.end(), {"-mllvm", "-lsr-preferred-addressing-mode=postindexed"});
    return words;
}

void append(Words& words, const Words& more)
{
    words.insert(words.end(), more.begin(), more.end());
}

Words start(const TargetCompiler& compiler)
{
    Words command = compiler.command;
    append(command, architecture(compiler));
    return command;
}

} // namespace

TargetCompiler findTargetCompiler(const std::string& chosen, const std::stop_token& stop)
{
    TargetCompiler compiler{wantedCommand(chosen), {}, {}};
    auto question = compiler.command;
    question.emplace_back("--version");
    const auto answer = runProcess(question, stop);
    if (!answer.started)
        failCompilerChoice(question, "it cannot be started: " + answer.start_failure);
    compiler.version = firstLine(answer.output);
    if (answer.exit_status != 0)
        failCompilerChoice(question, "it does not say its version: " + compiler.version);
    if (compiler.version.find("clang") == std::string::npos) {
        compiler.kind = "gcc";
        return compiler;
    }
    compiler.kind = "clang";
    if (clangVersion(compiler.version) < least_clang)
        failCompilerChoice(question, compiler.version + " does not know CORE-V's memory accesses");
    return compiler;
}

std::vector<std::string> targetCompile(const TargetCompiler& compiler, int cores,
                                       const std::vector<fs::path>& includes,
                                       const fs::path& source, const fs::path& output)
{
    Words command = start(compiler);
    // The library keeps pointers in integers, and its sums wrap.
    append(command, {"-ffreestanding", "-fwrapv", "-fno-strict-aliasing", "-w",
                     "-DNUM_CORES=" + std::to_string(cores)});
    if (compiler.kind == "clang") {
        append(command, clangOptimization(source));
        append(command, {"-Wno-int-conversion", "-Wno-incompatible-pointer-types"});
    } else {
        append(command, {"-O3"});
    }
    for (const auto& folder : includes)
        command.push_back("-I" + folder.string());
    append(command,
           {compiler.kind == "clang" ? "-S" : "-c", source.string(), "-o", output.string()});
    return command;
}

std::vector<std::string> targetAssemble(const TargetCompiler& compiler, const fs::path& source,
                                        const fs::path& object)
{
    Words command = start(compiler);
    append(command, {"-c", source.string(), "-o", object.string()});
    return command;
}

std::vector<std::string> targetLink(const TargetCompiler& compiler,
                                    const std::vector<fs::path>& objects, const fs::path& script,
                                    const fs::path& program)
{
    Words command = start(compiler);
    append(command,
           {"-nostdlib", "-nostartfiles", "-Wl,--gc-sections", "-Wl,-T," + script.string()});
    if (compiler.kind == "clang")
        command.emplace_back("-fuse-ld=lld");
    for (const auto& object : objects)
        command.push_back(object.string());
    if (compiler.kind == "gcc")
        command.emplace_back("-lgcc");
    append(command, {"-o", program.string()});
    return command;
}

} // namespace bitdial
