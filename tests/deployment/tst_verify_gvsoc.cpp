// SPDX-License-Identifier: Apache-2.0
// The runner for GVSoC, with scripts in the place of simulator and compiler: what they print is
// ours to say.
#include "core/base/file.h"
#include "core/deployment/export_folder.h"
#include "core/deployment/verify/project.h"
#include "core/deployment/verify/verify_export.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/environment_variable.h"
#include "tests/support/error_of.h"
#include "tests/support/patience.h"

#include <QTemporaryDir>
#include <QtTest>

#include <thread>

using namespace bitdial;
using namespace bitdial::test;

namespace {

namespace fs = std::filesystem;

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

void writeScript(const fs::path& file, const std::string& text)
{
    writeFileAtomically(file, "#!/bin/sh\n" + text);
    fs::permissions(file, fs::perms::owner_all);
}

/// Says that it is clang and makes empty files.
constexpr const char* fake_compiler = R"(
case "$*" in *--version*) echo "fake clang version 19.1.7"; exit 0;; esac
while [ $# -gt 0 ]; do [ "$1" = -o ] && : > "$2"; shift; done
)";

} // namespace

class TestVerifyGvsoc : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void exact();
    void simulatorInAFolder();
    void simulatorOnThePath();
    void mismatch();
    void noGoldenImages();
    void missingSimulator();
    void anotherVersion();
    void pythonWithoutAModule();
    void unknownInstruction();
    void hang();
    void cancelled();
    void compilers();
    void compilerThatFails();
    void tooLarge();
    void libraries();
    void otherCores();
    void moreCoresThanTheCluster();
    void externalMemory();

private:
    fs::path in(const std::string& name) const
    {
        return fs::path(m_folder.path().toStdString()) / name;
    }
    fs::path exported(const std::string& name, const std::string& profile);
    /// What the program would print, without its last line.
    std::string figures() const;
    void simulatorPrints(const std::string& text, int status = 0);
    ErrorDetails failure() const;
    std::string keptLog() const { return readTextFile(m_export / "simulation.log"); }

    QTemporaryDir m_folder;
    fs::path m_export;
    VerifyProject m_project;
    VerifyOptions m_options;
};

fs::path TestVerifyGvsoc::exported(const std::string& name, const std::string& profile)
{
    const auto network = everyKindNetwork(6);
    const auto folder = in(name);
    exportPulpNn(randomRequest(network, assignmentOf(*network, "8"), profile, 1, false, 5), folder);
    return folder;
}

void TestVerifyGvsoc::initTestCase()
{
    m_export = exported("export 'a'", "pulp-open-xpulpv2");
    m_project = openVerifyProject(m_export);
    writeScript(in("cc"), fake_compiler);
    // A library with the files that the Makefile names, of which nobody reads a word.
    const auto text = readTextFile(m_export / "Makefile");
    const auto folder = in("library") / "XpulpV2" / "32bit";
    for (auto at = text.find("$(KERNELS)/src/"); at != std::string::npos;
         at = text.find("$(KERNELS)/src/", at + 1)) {
        const auto file = text.substr(at + 11, text.find_first_of(" \n", at) - at - 11);
        fs::create_directories((folder / file).parent_path());
        writeFileAtomically(folder / file, std::string());
    }
    fs::create_directories(folder / "include");
    writeFileAtomically(folder / "include" / "pulp_nn_kernels.h", std::string());
}

void TestVerifyGvsoc::init()
{
    m_options = {};
    m_options.runner = VerifyRunner::Gvsoc;
    m_options.kernels = in("library");
    m_options.simulator = in("gvsoc");
    m_options.compiler = in("cc").string();
    fs::remove(m_export / "simulation.log");
}

std::string TestVerifyGvsoc::figures() const
{
    std::string text = "EXPORT sha256=" + m_project.identity + "\n";
    for (std::size_t i = 0; i < m_project.layers.size(); ++i)
        text += "CYCLES image=0 layer=" + std::to_string(i) +
                " counted=" + std::to_string(1000 + i) +
                " promised=1000 name=" + m_project.layers[i] + "\n";
    const std::size_t count = m_project.layers.size();
    return text +
           "CYCLES image=0 all counted=" + std::to_string(1000 * count + count * (count - 1) / 2) +
           " promised=" + std::to_string(1000 * count) + "\n";
}

void TestVerifyGvsoc::simulatorPrints(const std::string& text, int status)
{
    writeFileAtomically(in("printed"), text);
    writeScript(in("gvsoc"), "[ \"$1\" = --target=pulp-open ] && [ -f \"${2#--binary=}\" ] && "
                             "[ \"$4\" = run ] || exit 7\ncat '" +
                                 in("printed").string() + "'\nexit " + std::to_string(status) +
                                 "\n");
}

ErrorDetails TestVerifyGvsoc::failure() const
{
    return errorOf([this] { verifyExport(m_export, m_options); });
}

void TestVerifyGvsoc::exact()
{
    simulatorPrints(figures() +
                    "SUMMARY images=1 layers=" + std::to_string(m_project.layers.size()) +
                    " layers_that_differ=0 bit_exact=1\n");
    double last = 0;
    const auto result = verifyExport(m_export, m_options, {}, [&last](double done) {
        QVERIFY(done >= last && done <= 1);
        last = done;
    });
    QCOMPARE(last, 1.0);
    QVERIFY(result.bit_exact);
    QCOMPARE(result.runner, std::string("gvsoc"));
    const std::size_t count = m_project.layers.size();
    QCOMPARE(result.total->measured, 1000 * count + count * (count - 1) / 2);
    QCOMPARE(result.layer_results[1].cycles->measured, 1001U);
    QVERIFY(result.tools.has_value());
    QCOMPARE(result.tools->compiler, std::string("clang"));
    QCOMPARE(result.tools->hardware_loops, std::optional(false));
    QVERIFY(contains(result.tools->description, "fake clang version 19.1.7"));
    QVERIFY(!result.cycles_kept); // the profile's cycles were measured with hardware loops
    QVERIFY(!fs::exists(m_export / "simulation.log"));
    QVERIFY(result.remarks.empty());
}

void TestVerifyGvsoc::simulatorInAFolder()
{
    exact();
    fs::create_directories(in("installed/install/bin"));
    fs::copy_file(in("gvsoc"), in("installed/install/bin/gvsoc"));
    m_options.simulator = in("installed");
    QVERIFY(verifyExport(m_export, m_options).bit_exact);
}

/// Where none is given, the PATH decides, whatever folder of that name is here.
void TestVerifyGvsoc::simulatorOnThePath()
{
    exact();
    fs::create_directories(in("programs"));
    fs::copy_file(in("gvsoc"), in("programs/gvsoc"));
    fs::create_directories(in("here/gvsoc/bin"));
    writeScript(in("here/gvsoc/bin/gvsoc"), "exit 9\n");
    const EnvironmentVariable path("PATH",
                                   (in("programs").string() + ":" + std::getenv("PATH")).c_str());
    const fs::path before = fs::current_path();
    const auto back = qScopeGuard([&] { fs::current_path(before); });
    fs::current_path(in("here"));
    m_options.simulator.clear();
    QVERIFY(verifyExport(m_export, m_options).bit_exact);
    // Asked for by name, the folder is the one that is meant.
    m_options.simulator = "gvsoc";
    QVERIFY(contains(failure().why, "status 9"));
}

void TestVerifyGvsoc::mismatch()
{
    simulatorPrints(figures() + "MISMATCH image=0 layer=2 name=x\nSUMMARY images=1 layers=" +
                        std::to_string(m_project.layers.size()) +
                        " layers_that_differ=1 bit_exact=0\n",
                    1);
    const auto result = verifyExport(m_export, m_options);
    QVERIFY(!result.bit_exact);
    QCOMPARE(result.first_mismatch, std::string("image=0 layer=2 name=x"));
}

void TestVerifyGvsoc::noGoldenImages()
{
    simulatorPrints(figures() +
                    "SUMMARY images=0 layers=" + std::to_string(m_project.layers.size()) +
                    " layers_that_differ=0 bit_exact=0\n");
    const auto result = verifyExport(m_export, m_options);
    QVERIFY(!result.bit_exact);
    QCOMPARE(result.remarks.size(), std::size_t(1));
    QVERIFY(contains(result.remarks[0], "no output was compared"));
}

void TestVerifyGvsoc::missingSimulator()
{
    m_options.simulator = in("nothing");
    auto error = failure();
    QCOMPARE(error.code, ErrorCode::Failed);
    QCOMPARE(error.what, std::string("GVSoC does not start"));
    QVERIFY(contains(error.where, "nothing"));
    QVERIFY(contains(error.next, "--gvsoc"));
    const EnvironmentVariable path("PATH", in("empty").string().c_str());
    m_options.simulator = "gvsoc";
    error = failure();
    QCOMPARE(error.what, std::string("GVSoC does not start"));
}

void TestVerifyGvsoc::anotherVersion()
{
    simulatorPrints("usage: gvsoc\nInput error: invalid target pulp-open\n", 1);
    const auto error = failure();
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY2(contains(error.why, "invalid target pulp-open"), error.why.c_str());
    QVERIFY(contains(error.why, "status 1"));
    QVERIFY(contains(error.next, "15a0a8f"));
    QVERIFY(contains(error.next, "simulation.log"));
    QVERIFY(contains(keptLog(), "usage: gvsoc"));
    QVERIFY(changesSinceExport(m_export).empty());
}

void TestVerifyGvsoc::pythonWithoutAModule()
{
    simulatorPrints("Traceback:\nModuleNotFoundError: No module named 'prettytable'\n", 1);
    const auto error = failure();
    QVERIFY2(contains(error.why, "prettytable"), error.why.c_str());
    QVERIFY(contains(error.next, "python3"));
}

void TestVerifyGvsoc::unknownInstruction()
{
    simulatorPrints("EXPORT sha256=" + m_project.identity + "\nFAULT pc=0x1c012345\n", 1);
    auto error = failure();
    QVERIFY2(contains(error.why, "0x1c012345"), error.why.c_str());
    QVERIFY(!contains(error.next, "PulpNn"));
    // The same with kernels that the stock target does not know.
    m_export = exported("nn", "pulp-open-xpulpnn");
    fs::create_directory(in("library/XpulpNN"));
    fs::copy(in("library/XpulpV2"), in("library/XpulpNN"), fs::copy_options::recursive);
    auto text = readTextFile(m_export / "Makefile");
    for (auto at = text.find("$(KERNELS)/src/"); at != std::string::npos;
         at = text.find("$(KERNELS)/src/", at + 1)) {
        const auto file = in("library/XpulpNN/32bit") /
                          text.substr(at + 11, text.find_first_of(" \n", at) - at - 11);
        fs::create_directories(file.parent_path());
        writeFileAtomically(file, std::string());
    }
    error = failure();
    QVERIFY2(contains(error.next, "PulpNn"), error.next.c_str());
    m_export = in("export 'a'");
}

void TestVerifyGvsoc::hang()
{
    // It would go on for an hour, far longer than a test may take.
    writeScript(in("gvsoc"), "echo 'EXPORT sha256=1'\nsleep 3600 & wait\n");
    m_options.simulation_limit = std::chrono::seconds(3); // enough for the first line
    const auto error = failure();
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY2(contains(error.why, "still running"), error.why.c_str());
    QVERIFY(contains(keptLog(), "EXPORT"));
}

void TestVerifyGvsoc::cancelled()
{
    writeScript(in("gvsoc"), "touch '" + in("started").string() + "'\nsleep 3600 & wait\n");
    std::stop_source stop;
    ErrorDetails error;
    std::jthread run(
        [&] { error = errorOf([&] { verifyExport(m_export, m_options, stop.get_token()); }); });
    QVERIFY(QTest::qWaitFor([&] { return fs::exists(in("started")); }, patience_ms));
    stop.request_stop();
    run.join(); // an hour before the script's end
    QCOMPARE(error.code, ErrorCode::Cancelled);
    QVERIFY(!fs::exists(m_export / "simulation.log"));
}

void TestVerifyGvsoc::compilers()
{
    writeScript(in("old"), "echo 'clang version 14.0.6'\n");
    m_options.compiler = in("old").string();
    QVERIFY(contains(failure().why, "14.0.6"));
    m_options.compiler = in("none").string();
    QCOMPARE(failure().what, std::string("There is no compiler for the target"));
    QVERIFY(contains(failure().next, "clang-19"));
    m_options.compiler.clear();
    const EnvironmentVariable toolchain("PULP_RISCV_GCC_TOOLCHAIN", in("gcc").string().c_str());
    QVERIFY(contains(failure().where, "gcc/bin/riscv32-unknown-elf-gcc"));
}

void TestVerifyGvsoc::compilerThatFails()
{
    writeScript(in("failing"), std::string(fake_compiler) + "echo 'x.c:1: error: no'; exit 1\n");
    m_options.compiler = in("failing").string() + " -DX";
    const auto error = failure();
    QCOMPARE(error.what, std::string("The exported project does not compile"));
    QVERIFY(contains(error.why, "x.c:1: error: no"));
    QVERIFY(fs::exists(m_export / "compiler.log"));
    fs::remove(m_export / "compiler.log");
}

void TestVerifyGvsoc::tooLarge()
{
    writeScript(in("full"), std::string("case \"$*\" in *-nostdlib*) echo \"ld.lld: error: section "
                                        "'.text' will not fit in region 'L2'\"; exit 1;; esac\n") +
                                fake_compiler);
    m_options.compiler = in("full").string();
    QCOMPARE(failure().code, ErrorCode::Infeasible);
}

void TestVerifyGvsoc::libraries()
{
    m_options.kernels.clear();
    {
        const EnvironmentVariable none("PULP_NN_MIXED", "");
        QCOMPARE(failure().code, ErrorCode::Usage);
    }
    m_options.kernels = m_export;
    QCOMPARE(failure().code, ErrorCode::BadInput);
    const auto lost = in("library/XpulpV2/32bit/src");
    fs::rename(lost, in("src"));
    m_options.kernels = in("library");
    QVERIFY(contains(failure().why, "it lacks XpulpV2/32bit/src/"));
    fs::rename(in("src"), lost);
}

void TestVerifyGvsoc::otherCores()
{
    m_options.cores = 4;
    QCOMPARE(failure().code, ErrorCode::Usage);
}

/// Its barrier would wait for cores that are not there.
void TestVerifyGvsoc::moreCoresThanTheCluster()
{
    const auto folder = exported("sixteen", "marsellus");
    try {
        verifyExport(folder, m_options, {});
        QFAIL("it ran");
    } catch (const Error& error) {
        QCOMPARE(error.details().code, ErrorCode::Infeasible);
        QVERIFY2(error.details().why.find("16 cores") != std::string::npos,
                 error.details().why.c_str());
    }
}

void TestVerifyGvsoc::externalMemory()
{
    const auto folder = exported("l3", "pulp-open-xpulpv2");
    fs::create_directory(folder / "flash");
    writeFileAtomically(folder / "flash" / "weights.bin", std::string("weights"));
    writeFileAtomically(folder / "flash" / "golden.bin", std::string("gold"));
    writeScript(in("gvsoc"), "cat hyperflash.bin > '" + in("flashed").string() + "'\n");
    QVERIFY(contains(errorOf([&] { verifyExport(folder, m_options); }).why, "weights.bin"));
    const auto flash = readFile(in("flashed"));
    const auto text = [&flash](std::size_t at, std::size_t count) {
        std::string found;
        for (std::size_t i = at; i < at + count; ++i)
            found += char(flash.at(i));
        return found;
    };
    // The table of 8 entries, then the files in the order of their names, each at a word.
    QCOMPARE(flash.size(), std::size_t(256 + 4 + 8));
    QCOMPARE(text(0, 11), std::string("golden.bin\0", 11));
    QCOMPARE(text(24, 8), std::string("\0\1\0\0\4\0\0\0", 8));
    QCOMPARE(text(32, 12), std::string("weights.bin\0", 12));
    QCOMPARE(text(56, 8), std::string("\4\1\0\0\7\0\0\0", 8));
    QCOMPARE(text(256, 11), std::string("goldweights"));
    writeFileAtomically(folder / "flash" / std::string(24, 'n'), std::string("long"));
    QVERIFY(contains(errorOf([&] { verifyExport(folder, m_options); }).why, "23 bytes"));
}

QTEST_GUILESS_MAIN(TestVerifyGvsoc)
#include "tst_verify_gvsoc.moc"
