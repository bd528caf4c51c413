// SPDX-License-Identifier: Apache-2.0
// The exported sources themselves: the program for PULP runs under the emulation, nothing warns,
// the sanitizers and cppcheck find nothing, and the emulation stops programs that misuse the SDK.
#include "core/base/file.h"
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/deployment/pulp_nn/export_report.h"
#include "core/deployment/pulp_nn/target_golden.h"
#include "core/deployment/verify/build.h"
#include "core/deployment/verify/child_process.h"
#include "core/hardware/profile/fields.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"

#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

/// The PULP program's files with the emulation and the portable kernels in place of the SDK.
Words emulatedPulpSources()
{
    Words sources = pulpSources();
    for (const char* file : {"host/pulp_nn_kernels.c", "host/portable_kernels.c",
                             "host/pulp_emulation.c", "host/pulp_devices.c"})
        sources.emplace_back(file);
    return sources;
}

} // namespace

class TestVerifySources : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void pulpProgram_data();
    void pulpProgram();
    void pulpProgramFindsADifference();
    void goldenInL3_data();
    void goldenInL3();
    void noRoomForGolden();
    void sanitizers_data();
    void sanitizers();
    void cppcheck();
    void moreCoresThanExported();
    void misuse_data();
    void misuse();

private:
    fs::path in(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }
    /// Compiles in a project's folder with all warnings as errors.
    ProcessResult compile(const fs::path& project, const Words& sources, const Words& options,
                          const fs::path& program) const;
    /// Builds and runs a project's program for PULP.
    ProcessResult runPulp(const fs::path& project, const fs::path& program) const;
    /// A small network for a target with so many bytes of L2 beside it, and of L3.
    ExportRequest tightRequest(std::int64_t l2_room, std::int64_t l3_bytes) const;

    QTemporaryDir m_folder;
    fs::path m_export;
};

void TestVerifySources::initTestCase()
{
    const auto network = everyKindNetwork(5);
    m_export = in("export");
    exportPulpNn(
        randomRequest(network, assignmentOf(*network, "mixed3"), "pulp-open-xpulpv2", 2, false, 5),
        m_export);
}

ProcessResult TestVerifySources::compile(const fs::path& project, const Words& sources,
                                         const Words& options, const fs::path& program) const
{
    auto command = hostCompiler();
    for (const char* option : {"-std=c99", "-O1", "-Wall", "-Wextra", "-Werror", "-Isrc", "-Ihost",
                               "-fno-pie", "-no-pie", "-pthread"})
        command.emplace_back(option);
    command.insert(command.end(), options.begin(), options.end());
    command.insert(command.end(), {"-o", program.string()});
    command.insert(command.end(), sources.begin(), sources.end());
    return runProcess(command, {}, {}, project);
}

void TestVerifySources::pulpProgram_data()
{
    QTest::addColumn<int>("cores");
    QTest::addColumn<bool>("at_once");
    for (const int cores : {1, 8})
        for (const bool at_once : {false, true})
            QTest::addRow("%d %s", cores, at_once ? "at once" : "when awaited") << cores << at_once;
}

void TestVerifySources::pulpProgram()
{
    QFETCH(const int, cores);
    QFETCH(const bool, at_once);
    Words options = {"-DNUM_CORES=" + std::to_string(cores)};
    if (at_once)
        options.emplace_back("-DPULP_DMA_AT_ONCE");
    const auto built = compile(m_export, emulatedPulpSources(), options, in("pulp"));
    QVERIFY2(built.exit_status == 0, built.output.c_str());
    const auto run = runProcess({in("pulp").string()}, {}, {}, m_export);
    QVERIFY2(run.exit_status == 0, run.output.c_str());
    QVERIFY2(contains(run.output, "layers_that_differ=0 bit_exact=1"), run.output.c_str());
}

void TestVerifySources::pulpProgramFindsADifference()
{
    const auto project = in("changed");
    fs::copy(m_export, project, fs::copy_options::recursive);
    auto text = readTextFile(project / "src/golden_pulp.c");
    // Another first byte of the first golden output of the second layer.
    const auto array = text.find("image_0_layer_1[");
    const auto first = text.find('{', array);
    QVERIFY(array != std::string::npos && first != std::string::npos);
    const auto end = text.find(',', first);
    const auto value = QString::fromStdString(text.substr(first + 1, end - first - 1)).trimmed();
    const auto number = value.toULongLong(nullptr, 0);
    text.replace(first + 1, end - first - 1, std::to_string(number ^ 1));
    writeFileAtomically(project / "src/golden_pulp.c", text);
    const auto built =
        compile(project, emulatedPulpSources(), {"-DNUM_CORES=8"}, in("changed-pulp"));
    QVERIFY2(built.exit_status == 0, built.output.c_str());
    const auto run = runProcess({in("changed-pulp").string()}, {}, {}, project);
    QCOMPARE(run.exit_status, 1);
    QVERIFY2(contains(run.output, "MISMATCH image=0 layer=1 "), run.output.c_str());
}

ProcessResult TestVerifySources::runPulp(const fs::path& project, const fs::path& program) const
{
    const auto built = compile(project, emulatedPulpSources(), {"-DNUM_CORES=8"}, program);
    return built.exit_status == 0 ? runProcess({program.string()}, {}, {}, project) : built;
}

ExportRequest TestVerifySources::tightRequest(std::int64_t l2_room, std::int64_t l3_bytes) const
{
    const auto network = everyKindNetwork(5);
    const auto bits = assignmentOf(*network, "mixed3");
    const auto roomy = randomRequest(network, bits, "pulp-open-xpulpv2", 2, false, 5);
    const auto plan = planExport(roomy.network, roomy.profile);
    const auto l2 = roomy.profile->fields().l2;
    const std::int64_t l2_bytes = l2.bytes - l2.usableBytes() + plan.memory.l2Bytes() + l2_room;
    return randomRequest(network, bits,
                         "pulp-open-xpulpv2;memory.l2.bytes=" + std::to_string(l2_bytes) +
                             ";memory.l3.bytes=" + std::to_string(l3_bytes),
                         2, false, 5);
}

void TestVerifySources::goldenInL3_data()
{
    QTest::addColumn<ExportRequest>("request");
    QTest::addColumn<int>("images");
    QTest::addColumn<bool>("all_layers");
    const auto roomy = tightRequest(100, 8000000);
    const auto plan = planExport(roomy.network, roomy.profile);
    const auto image = placeGolden(plan, goldenImages(plan, roomy.golden_inputs)).flash_bytes / 2;
    QTest::newRow("two images") << roomy << 2 << true;
    QTest::newRow("one image") << tightRequest(100, 2 * image - 4) << 1 << true;
    QTest::newRow("some layers") << tightRequest(100, image - 4) << 1 << false;
    const auto resnet = randomZooNetwork("zoo:resnet8?resolution=28&channels=1", 12);
    QTest::newRow("behind weights")
        << randomRequest(resnet, assignmentOf(*resnet, "8"),
                         "pulp-open-xpulpv2;memory.l2.bytes=150000", 2, true, 8)
        << 2 << true;
}

/// Where L2 holds the network and no golden image, L3 does; a wrong byte there is found.
void TestVerifySources::goldenInL3()
{
    QFETCH(const ExportRequest, request);
    QFETCH(const int, images);
    QFETCH(const bool, all_layers);
    const std::string layers = std::to_string(request.network->network->layerCount());
    const std::string says =
        "images=" + std::to_string(images) + " layers=" + layers + " compared=";
    const auto project = in(QTest::currentDataTag());
    exportPulpNn(request, project);
    QCOMPARE(fs::exists(project / "flash/weights.bin"),
             QTest::currentDataTag() == std::string("behind weights"));
    const auto run = runPulp(project, in("l3-pulp"));
    QVERIFY2(run.exit_status == 0, run.output.c_str());
    QVERIFY2(contains(run.output, says) && contains(run.output, "bit_exact=1"), run.output.c_str());
    QCOMPARE(contains(run.output, says + layers + " "), all_layers);
    QVERIFY(contains(readTextFile(project / "report.json"), "\"pulp_images_in\": \"L3\""));
    QVERIFY(contains(readTextFile(project / "Makefile"), "READFS_FILES += flash/golden.bin"));
    auto golden = readFile(project / "flash/golden.bin");
    golden[golden.size() - 4] ^= std::byte(1); // in the last layer's first output
    writeFileAtomically(project / "flash/golden.bin",
                        std::string(reinterpret_cast<const char*>(golden.data()), golden.size()));
    const auto wrong = runPulp(project, in("l3-pulp"));
    QVERIFY2(contains(wrong.output, "MISMATCH image="), wrong.output.c_str());
    fs::remove(project / "flash/golden.bin");
    QVERIFY(contains(runPulp(project, in("l3-pulp")).output, "golden.bin is not in the flash"));
}

void TestVerifySources::noRoomForGolden()
{
    const auto project = in("no room");
    exportPulpNn(tightRequest(100, 8), project);
    const auto run = runPulp(project, in("none-pulp"));
    QVERIFY2(contains(run.output, "images=0 ") && contains(run.output, " compared=0 "),
             run.output.c_str());
    QVERIFY(contains(readTextFile(project / "report.txt"), "compares nothing"));
    QVERIFY(!fs::exists(project / "flash"));
}

void TestVerifySources::sanitizers_data()
{
    QTest::addColumn<std::string>("sanitizer");
    QTest::addColumn<int>("cores");
    QTest::newRow("address and undefined, 1") << std::string("address,undefined") << 1;
    QTest::newRow("address and undefined, 8") << std::string("address,undefined") << 8;
    QTest::newRow("thread, 8") << std::string("thread") << 8;
}

void TestVerifySources::sanitizers()
{
    QFETCH(const std::string, sanitizer);
    QFETCH(const int, cores);
    const Words options = {"-DNUM_CORES=" + std::to_string(cores), "-g", "-fsanitize=" + sanitizer,
                           "-fno-sanitize-recover=all"};
    writeFileAtomically(in("empty.c"), std::string_view("int main(void) { return 0; }\n"));
    const auto probe = compile(m_export, {in("empty.c").string()}, options, in("empty"));
    if (probe.exit_status != 0 || runProcess({in("empty").string()}, {}).exit_status != 0)
        QSKIP("the compiler lacks this sanitizer");
    const auto built = compile(m_export, hostSources(), options, in("sanitized"));
    QVERIFY2(built.exit_status == 0, built.output.c_str());
    const auto run = runProcess({in("sanitized").string(), "golden"}, {}, {}, m_export);
    QVERIFY2(run.exit_status == 0, run.output.c_str());
    QVERIFY2(contains(run.output, "bit_exact=1"), run.output.c_str());
}

void TestVerifySources::cppcheck()
{
    if (QStandardPaths::findExecutable("cppcheck").isEmpty())
        QSKIP("cppcheck is not installed");
    const auto run =
        runProcess({"cppcheck", "--quiet", "--enable=warning,portability", "--error-exitcode=3",
                    "-DNUM_CORES=8", "-Isrc", "-Ihost", "src", "host"},
                   {}, {}, m_export);
    QVERIFY2(run.exit_status == 0, run.output.c_str());
}

/// Its buffers in L1 are for as many cores as the target has.
void TestVerifySources::moreCoresThanExported()
{
    const auto built = compile(m_export, hostSources(), {"-DNUM_CORES=16"}, in("sixteen"));
    QVERIFY(built.exit_status != 0);
    QVERIFY2(contains(built.output, "NUM_CORES is above the number of cores"),
             built.output.c_str());
}

void TestVerifySources::misuse_data()
{
    QTest::addColumn<std::string>("body");
    QTest::addColumn<std::string>("says");
    const auto row = [](const char* body, const char* says) {
        QTest::addRow("%s: %.40s", *says ? says : "right use", body)
            << std::string(body) << std::string(says);
    };
    const char* load = "pi_cl_dma_cmd(out, in, 16, PI_CL_DMA_DIR_EXT2LOC, &cmd);";
    const auto with = [load](const std::string& rest) { return load + rest; };
    row(with("pi_cl_dma_cmd_wait(&cmd); if (l1[3] != 3) return 9;").c_str(), "");
    row(with("if (l1[3] == 3) return 9; pi_cl_dma_cmd_wait(&cmd);").c_str(), "");
    row(with("pulp_emulation_spoil(l1, 4);").c_str(), "a transfer was never awaited");
    row("if (pi_cl_l1_malloc(NULL, 300000)) return 9;", "");
    row("char *block = pi_cl_l1_malloc(NULL, 64); pi_cl_dma_cmd(out, (uint32_t)(uintptr_t)block, "
        "16, PI_CL_DMA_DIR_EXT2LOC, &cmd); pi_cl_dma_cmd_wait(&cmd); if (block[3] != 3) return 9;",
        "");
    row(with("pi_cl_dma_cmd_wait(&cmd); pi_cl_dma_cmd_wait(&cmd);").c_str(),
        "a wait for a transfer that is not on its way");
    row("pi_cl_dma_cmd(out, out, 16, PI_CL_DMA_DIR_EXT2LOC, &cmd);", "local side is not in L1");
    row("pi_cl_dma_cmd(in, in, 16, PI_CL_DMA_DIR_LOC2EXT, &cmd);", "external side is in L1");
    row("pi_cl_dma_cmd_2d(out, in, 15, 8, 4, PI_CL_DMA_DIR_EXT2LOC, &cmd);", "not of whole lines");
    row("pi_cl_team_fork(8, half_waits, NULL);", "a core ended before a barrier");
    row("pi_cl_team_fork(8, forks, NULL);", "a fork inside a fork");
    row("pi_cl_team_fork(16, forks, NULL);", "more cores than there are");
    row("pi_ram_read(&device, 0, l2, 4);", "used before it is open");
    row("uint32_t at; pi_ram_open(&device); pi_ram_alloc(&device, &at, 16);"
        "pi_ram_read(&device, at + 8, l2, 16);",
        "outside what is allocated");
    row("uint32_t at; pi_ram_open(&device); pi_ram_alloc(&device, &at, 16);"
        "pi_ram_read(&device, at, l1, 16);",
        "it can only reach L2");
}

/// A program that does one thing; `says` is empty where that is right.
void TestVerifySources::misuse()
{
    QFETCH(const std::string, body);
    QFETCH(const std::string, says);
    const std::string program =
        "#include \"bsp/ram.h\"\n"
        "PI_L1 static uint8_t l1[64];\nPI_L2 static uint8_t l2[64] = {0, 1, 2, 3};\n"
        "static pi_cl_dma_cmd_t cmd;\nstatic struct pi_device device;\n"
        "void half_waits(void *a);\nvoid forks(void *a);\n"
        "void half_waits(void *a) { (void)a; if (pi_core_id() % 2) pi_cl_team_barrier(); }\n"
        "void forks(void *a) { if (pi_core_id() == 0) pi_cl_team_fork(8, half_waits, a); }\n"
        "int main(void)\n{\n    const uint32_t out = (uint32_t)(uintptr_t)l2, in = "
        "(uint32_t)(uintptr_t)l1;\n    (void)device; (void)cmd; (void)in; (void)out;\n" +
        body + "\n    return 0;\n}\n";
    writeFileAtomically(in("misuse.c"), program);
    const auto built =
        compile(m_export, {in("misuse.c").string(), "host/pulp_emulation.c", "host/pulp_devices.c"},
                {"-DNUM_CORES=8", "-Wno-declaration-after-statement"}, in("misuse"));
    QVERIFY2(built.exit_status == 0, built.output.c_str());
    const auto run = runProcess({in("misuse").string()}, {});
    QCOMPARE(run.exit_status, says.empty() ? 0 : 2);
    QVERIFY2(contains(run.output, says), run.output.c_str());
}

QTEST_GUILESS_MAIN(TestVerifySources)
#include "tst_verify_sources.moc"
