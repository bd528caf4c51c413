// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/riscv.h"

#include "core/base/error.h"
#include "core/deployment/verify/build.h"

#include <cstdint>

namespace bitdial {
namespace {

constexpr const char* compiler_name = "riscv64-unknown-elf-gcc";
constexpr const char* machine_name = "qemu-system-riscv32";
constexpr const char* compiler_packages =
    "Install the packages gcc-riscv64-unknown-elf and picolibc-riscv64-unknown-elf";

/// The machine's RAM starts at 0x80000000. The first part holds the program with its constants and
/// the initial values of its data, the second one data, heap and stack. Pages that a program does
/// not touch cost nothing.
constexpr int program_mib = 128;
constexpr int data_mib = 256;

std::string define(const std::string& name, std::uint64_t value)
{
    return "-Wl,--defsym=" + name + "=" + std::to_string(value);
}

} // namespace

std::vector<std::string> riscvCompiler(const std::vector<std::string>& sources,
                                       const std::string& program)
{
    constexpr std::uint64_t base = 0x80000000;
    constexpr std::uint64_t program_bytes = std::uint64_t(program_mib) << 20;
    constexpr std::uint64_t data_bytes = std::uint64_t(data_mib) << 20;
    std::vector<std::string> command = {compiler_name,
                                        "--specs=picolibc.specs",
                                        "--oslib=semihost",
                                        "--crt0=semihost",
                                        "-march=rv32imac",
                                        "-misa-spec=2.2", // has the counters without Zicsr's name
                                        "-mabi=ilp32",
                                        "-std=c99",
                                        "-O2",
                                        "-DNUM_CORES=1",
                                        "-DPULP_DMA_AT_ONCE", // spoiling is not counted
                                        "-Isrc",
                                        "-Ihost",
                                        define("__flash", base),
                                        define("__flash_size", program_bytes),
                                        define("__ram", base + program_bytes),
                                        define("__ram_size", data_bytes),
                                        define("__stack_size", 1U << 20),
                                        "-o",
                                        program};
    command.insert(command.end(), sources.begin(), sources.end());
    return command;
}

void checkRiscvCompiler(const std::filesystem::path& project,
                        const std::vector<std::string>& command, const ProcessResult& run)
{
    if (!run.started)
        failCompiler(project, command, run, "it cannot be started: " + run.start_failure,
                     compiler_packages);
    if (run.exit_status == 0)
        return;
    if (run.output.find("picolibc.specs") != std::string::npos)
        failCompiler(project, command, run, "its C library picolibc is missing", compiler_packages);
    for (const char* words : {"will not fit in region", "overflowed by", "relocation truncated"})
        if (run.output.find(words) != std::string::npos)
            throw Error(ErrorCode::Infeasible, "The network is too large for the RISC-V runner",
                        project.string(),
                        "it needs more than " + std::to_string(program_mib) +
                            " MiB of program or " + std::to_string(data_mib) + " MiB of data",
                        "Verify it with the runner 'host'");
    failCompiler(project, command, run, compilerFailure(run),
                 "Export again if the project's files were changed");
}

std::vector<std::string> riscvMachine(const std::string& program)
{
    return {machine_name,
            "-M",
            "virt",
            "-m",
            std::to_string(program_mib + data_mib) + "M",
            "-bios",
            "none",
            "-display",
            "none",
            "-monitor",
            "none",
            "-serial",
            "none",
            "-icount",
            "shift=0",
            "-semihosting-config",
            "enable=on,target=native,arg=golden",
            "-kernel",
            program};
}

void checkRiscvMachine(const ProcessResult& run)
{
    if (!run.started)
        throw Error(ErrorCode::Failed, "The RISC-V machine does not start", machine_name,
                    run.start_failure, "Install the package qemu-system-misc");
    // The C library's start-up code says so and dumps the registers.
    if (run.output.find("RISCV fault") != std::string::npos)
        throw Error(ErrorCode::Failed, "The exported program did not finish", machine_name,
                    "it stopped at a forbidden memory access or instruction",
                    "Export again; the project's files may be damaged");
}

} // namespace bitdial
