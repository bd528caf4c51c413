// SPDX-License-Identifier: Apache-2.0
// Verification on the host: emulated cores, a user's own kernel library, and what goes wrong.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/verify/build.h"
#include "core/deployment/verify/child_process.h"
#include "core/deployment/verify/verify_export.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/environment_variable.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

#include <thread>

using namespace bitdial;
using namespace bitdial::test;

namespace {

namespace fs = std::filesystem;

VerifyOptions withCores(int cores)
{
    VerifyOptions options;
    options.cores = cores;
    return options;
}

VerifyOptions withKernels(const fs::path& library, int cores)
{
    auto options = withCores(cores);
    options.kernels = library;
    return options;
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

class TestVerify : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cores_data();
    void cores();
    void impossibleCores();
    void foldersWithOddNames();
    void mismatchNamesTheLayer();
    void library();
    void libraryThatIsNone();
    void libraryWithoutAKernel();
    void libraryForOtherCores();
    void libraryForAnotherMachine();
    void libraryWithOtherSignatures();
    void damagedReport();
    void windowsWithZeros();
    void failuresNameWhatChanged();
    void readOnlyFolder();
    void compilerLogOfSomebodyElse();
    void silentCompiler();
    void relativeTemporaryFolder();
    void cancelKillsTheProgram();
    void programThatClosesItsOutput();
    void messagesAreInEnglish();

private:
    fs::path in(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }
    /// Compiles C files into a static library.
    void makeLibrary(const fs::path& library, const std::vector<fs::path>& sources, int cores);

    QTemporaryDir m_folder;
    fs::path m_export;
};

void TestVerify::initTestCase()
{
    const auto network = everyKindNetwork(5);
    m_export = in("export");
    exportPulpNn(
        randomRequest(network, assignmentOf(*network, "mixed3"), "pulp-open-xpulpv2", 2, false, 5),
        m_export);
}

void TestVerify::makeLibrary(const fs::path& library, const std::vector<fs::path>& sources,
                             int cores)
{
    fs::create_directories(library.parent_path());
    std::vector<std::string> archive = {"ar", "rcs", library.string()};
    for (const auto& source : sources) {
        const auto object = library.parent_path() / source.filename().replace_extension(".o");
        auto command = hostCompiler();
        command.insert(command.end(), {"-std=gnu11", "-O1", "-DNUM_CORES=" + std::to_string(cores),
                                       "-I", (m_export / "host").string(), "-c", source.string(),
                                       "-o", object.string()});
        const auto run = runProcess(command, {});
        QVERIFY2(run.exit_status == 0, run.output.c_str());
        archive.push_back(object.string());
    }
    fs::remove(library);
    const auto run = runProcess(archive, {});
    QVERIFY2(run.exit_status == 0, run.output.c_str());
}

void TestVerify::cores_data()
{
    QTest::addColumn<int>("cores");
    for (const int cores : {1, 2, 4, 8})
        QTest::addRow("%d", cores) << cores;
}

void TestVerify::cores()
{
    QFETCH(const int, cores);
    const auto result = verifyExport(m_export, withCores(cores));
    QCOMPARE(result.first_mismatch, std::string());
    QVERIFY(result.bit_exact);
    QCOMPARE(result.cores, cores);
    QCOMPARE(result.kernels, std::string("portable"));
    QCOMPARE(int(result.layer_results.size()), result.layers);
    QVERIFY(!result.layer_results[0].instructions); // they are counted on RISC-V only
    QCOMPARE(verifyExport(m_export).cores, 8);
}

void TestVerify::impossibleCores()
{
    for (const int cores : {0, 3, 16}) {
        const auto error = errorOf([&] { verifyExport(m_export, withCores(cores)); });
        QCOMPARE(error.code, ErrorCode::Usage);
        QCOMPARE(error.where, std::string("cores"));
    }
}

void TestVerify::foldersWithOddNames()
{
    for (const char* name : {"with space", "it's \"quoted\"", "gr\xc3\xbc\xc3\x9f $HOME;x", "-o"}) {
        fs::copy(m_export, in(name), fs::copy_options::recursive);
        QVERIFY2(verifyExport(in(name)).bit_exact, name);
    }
}

void TestVerify::mismatchNamesTheLayer()
{
    const auto folder = in("mismatch");
    fs::copy(m_export, folder, fs::copy_options::recursive);
    const auto golden = folder / "golden" / "layer_001.bin";
    auto bytes = readFile(golden);
    bytes[0] ^= std::byte(1);
    writeFileAtomically(golden, bytes);
    const auto result = verifyExport(folder);
    QVERIFY(!result.bit_exact);
    QVERIFY2(result.first_mismatch.starts_with("image=0 layer=1 channel=0 y=0 x=0 expected="),
             result.first_mismatch.c_str());
    QVERIFY2(contains(result.first_mismatch, "name=" + result.layer_results[1].name),
             result.first_mismatch.c_str());
    QCOMPARE(result.remarks,
             std::vector<std::string>{"changed: golden/layer_001.bin, since the export"});
}

/// Our own kernels, compiled as a user compiles the real ones.
void TestVerify::library()
{
    const auto library = in("a library/lib/libkernels.a");
    makeLibrary(library,
                {m_export / "host/pulp_nn_kernels.c", m_export / "host/portable_kernels.c"}, 4);
    auto result = verifyExport(m_export, withKernels(library, 4));
    QVERIFY2(result.bit_exact, result.first_mismatch.c_str());
    QCOMPARE(result.kernels, library.string());
    QCOMPARE(result.remarks.size(), std::size_t(1));
    QVERIFY2(contains(result.remarks[0], "no pulp_nn_kernels.h beside it"),
             result.remarks[0].c_str());
    fs::create_directories(in("a library/include"));
    fs::copy(m_export / "host/pulp_nn_kernels.h", in("a library/include"));
    result = verifyExport(m_export, withKernels(library, 4));
    QVERIFY(result.bit_exact);
    QVERIFY2(contains(result.log, "a library/include/pulp_nn_kernels.h"), result.log.c_str());
    QVERIFY(result.remarks.empty());
}

void TestVerify::libraryThatIsNone()
{
    auto error = errorOf([&] { verifyExport(m_export, withKernels(in("missing.a"), 8)); });
    QCOMPARE(error.code, ErrorCode::BadInput);
    QCOMPARE(error.why, std::string("there is no such file"));
    error = errorOf([&] { verifyExport(m_export, withKernels(m_export, 8)); });
    QCOMPARE(error.why, std::string("it is no regular file"));
    for (const char* content : {"", "!<arch>", "text that is no library"}) {
        writeFileAtomically(in("text.a"), std::string_view(content));
        error = errorOf([&] { verifyExport(m_export, withKernels(in("text.a"), 8)); });
        QCOMPARE(error.code, ErrorCode::BadInput);
        QCOMPARE(error.why, std::string("it is no static library"));
    }
}

void TestVerify::libraryWithoutAKernel()
{
    const auto source = in("other.c");
    writeFileAtomically(source, std::string_view("int other(void) { return 0; }\n"));
    makeLibrary(in("other/libother.a"), {source}, 8);
    const auto error =
        errorOf([&] { verifyExport(m_export, withKernels(in("other/libother.a"), 8)); });
    QCOMPARE(error.code, ErrorCode::BadInput);
    QVERIFY2(error.why.starts_with("it lacks pulp_nn_"), error.why.c_str());
}

void TestVerify::libraryForOtherCores()
{
    const auto library = in("two/libkernels.a");
    makeLibrary(library,
                {m_export / "host/pulp_nn_kernels.c", m_export / "host/portable_kernels.c"}, 2);
    const auto error = errorOf([&] { verifyExport(m_export, withKernels(library, 8)); });
    QCOMPARE(error.code, ErrorCode::BadInput);
    QVERIFY2(contains(error.why, "NUM_CORES=2, the program for 8"), error.why.c_str());
    QVERIFY2(contains(error.next, "-DNUM_CORES=8"), error.next.c_str());
}

/// Archives whose one member has the first bytes of a RISC-V object: with an empty index of symbols
/// and without one.
void TestVerify::libraryForAnotherMachine()
{
    const auto member = [](std::string name, std::string content) {
        name.resize(16, ' ');
        std::string header = name + "0           0     0     644     ";
        std::string size = std::to_string(content.size());
        size.resize(10, ' ');
        return header + size + "`\n" + content;
    };
    std::string object("\x7f"
                       "ELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x01\0\xf3\0\x01\0\0\0",
                       24);
    object.resize(128, '\0');
    const std::string index = member("/", std::string(4, '\0'));
    for (const auto& content : {index + member("kernel.o/", object), member("kernel.o/", object)}) {
        writeFileAtomically(in("foreign.a"), "!<arch>\n" + content);
        const auto error =
            errorOf([&] { verifyExport(m_export, withKernels(in("foreign.a"), 8)); });
        QCOMPARE(error.code, ErrorCode::BadInput);
        QVERIFY2(contains(error.why, "RISC-V, 32-bit"), error.why.c_str());
    }
}

void TestVerify::libraryWithOtherSignatures()
{
    const auto library = in("wide/libkernels.a");
    makeLibrary(library,
                {m_export / "host/pulp_nn_kernels.c", m_export / "host/portable_kernels.c"}, 8);
    // As the 64-bit variant of the library declares it.
    auto header = readTextFile(m_export / "host/pulp_nn_kernels.h");
    for (auto at = header.find("int32_t *pKappa"); at != std::string::npos;
         at = header.find("int32_t *pKappa", at))
        header.replace(at, 7, "int64_t");
    const auto guard = header.find("#ifndef");
    header.erase(guard, header.find("\n\n", guard) - guard);
    header.erase(header.rfind("#endif"));
    writeFileAtomically(in("wide/pulp_nn_kernels.h"), header);
    const auto error = errorOf([&] { verifyExport(m_export, withKernels(library, 8)); });
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY2(contains(error.why, "conflicting types"), error.why.c_str());
}

void TestVerify::damagedReport()
{
    const auto folder = in("damaged");
    fs::copy(m_export, folder, fs::copy_options::recursive);
    const auto fails = [&](const std::string& text, const char* what) {
        writeFileAtomically(folder / "report.json", text);
        const auto error = errorOf([&] { verifyExport(folder); });
        return error.code == ErrorCode::BadInput && contains(error.what, what);
    };
    QVERIFY(fails("", "damaged"));
    QVERIFY(fails("[", "damaged"));
    for (const char* rest : {"", ",\"cores\": 8", ",\"cores\": 0, \"layers\": []",
                             ",\"cores\": \"8\", \"layers\": []", ",\"cores\": 6, \"layers\": []"})
        QVERIFY2(
            fails(std::string(R"({"schema": "bitdial.export-report/1")") + rest + "}", "damaged"),
            rest);
    // The report of another format, and a folder without any.
    QVERIFY(fails(R"({"schema": "bitdial.losses/1", "cores": 8, "layers": []})", "no PULP-NN"));
    QVERIFY(
        contains(errorOf([&] { verifyExport(m_folder.path().toStdString()); }).what, "no PULP-NN"));
}

/// Windows that the library's depthwise kernel computes wrongly get zeros.
void TestVerify::windowsWithZeros()
{
    NetworkBuilder builder({8, 9, 7}, 5);
    const int scaled = builder.depthwise(0, 1, 1, {}, Activation::Relu);
    const int strided = builder.depthwise(scaled, 1, 2, {}, Activation::None);
    const auto network = builder.build(builder.linear(strided, 5, Activation::None));
    for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"})
        for (const char* widths : {"8", "mixed1", "mixed2"}) {
            const auto folder = in(profile) / widths;
            exportPulpNn(
                randomRequest(network, assignmentOf(*network, widths), profile, 3, true, 5),
                folder);
            const auto result = verifyExport(folder);
            QVERIFY2(result.bit_exact, result.first_mismatch.c_str());
            QVERIFY(contains(readTextFile(folder / "report.txt"), "called as 2x2 with zeros"));
        }
}

/// What was changed since the export is named where it is the likely reason of a failure.
void TestVerify::failuresNameWhatChanged()
{
    const auto folder = in("changed");
    fs::copy(m_export, folder, fs::copy_options::recursive);
    writeFileAtomically(folder / "src/network.c", std::string_view("#error by-hand\n"));
    const auto error = errorOf([&] { verifyExport(folder); });
    QVERIFY2(contains(error.why, "since the export changed: src/network.c"), error.why.c_str());
    const EnvironmentVariable compiler("CC", "/nonexistent/cc");
    QVERIFY(contains(errorOf([&] { verifyExport(folder); }).why, "cannot be started"));
    QVERIFY(!contains(errorOf([&] { verifyExport(folder); }).why, "changed")); // not the reason
    QVERIFY(!fs::exists(folder / "compiler.log")); // it would seem to be of this run
}

/// The program is built elsewhere; only a failing compiler's log is written there.
void TestVerify::readOnlyFolder()
{
    const auto folder = in("read-only");
    fs::copy(m_export, folder, fs::copy_options::recursive);
    fs::permissions(folder, fs::perms::owner_write, fs::perm_options::remove);
    QVERIFY(verifyExport(folder).bit_exact);
    fs::permissions(folder, fs::perms::owner_write, fs::perm_options::add);
    QVERIFY(!fs::exists(folder / "build"));
}

/// A link would lead out of the folder, a pipe would block.
void TestVerify::compilerLogOfSomebodyElse()
{
    const auto folder = in("log");
    fs::copy(m_export, folder, fs::copy_options::recursive);
    const auto source = folder / "src/network.c";
    const auto log = folder / "compiler.log";
    const auto good = readTextFile(source);
    writeFileAtomically(source, std::string_view("#error broken-by-hand\n"));
    writeFileAtomically(in("mine.txt"), std::string_view("mine"));
    fs::remove(log); // of an earlier test
    fs::create_symlink(in("mine.txt"), log);
    auto error = errorOf([&] { verifyExport(folder); });
    QVERIFY2(contains(error.next, "could not be kept"), error.next.c_str());
    QCOMPARE(readTextFile(in("mine.txt")), std::string("mine"));
    fs::remove(log);
    QCOMPARE(runProcess({"mkfifo", log.string()}, {}).exit_status, 0);
    error = errorOf([&] { verifyExport(folder); });
    QVERIFY2(contains(error.next, "could not be kept"), error.next.c_str());
    QVERIFY(fs::is_fifo(log));
    fs::remove(log);
    QVERIFY_THROWS_EXCEPTION(Error, verifyExport(folder));
    QVERIFY(contains(readTextFile(log), "broken-by-hand"));
    writeFileAtomically(source, good);
    QVERIFY(verifyExport(folder).bit_exact);
    QVERIFY(!fs::exists(log)); // it would speak of what is no longer so
}

void TestVerify::silentCompiler()
{
    const EnvironmentVariable compiler("CC", "false");
    const auto error = errorOf([&] { verifyExport(m_export); });
    QCOMPARE(error.why, std::string("false: it ended with status 1 and said nothing"));
    fs::remove(m_export / "compiler.log");
}

void TestVerify::relativeTemporaryFolder()
{
    const auto before = fs::current_path();
    fs::create_directory(in("temporary"));
    fs::current_path(in(""));
    const EnvironmentVariable temporary("TMPDIR", "temporary");
    bool exact = false;
    const auto error = errorOf([&] { exact = verifyExport(m_export).bit_exact; });
    fs::current_path(before);
    QVERIFY2(exact, error.why.c_str());
    QVERIFY(fs::is_empty(in("temporary")));
}

void TestVerify::cancelKillsTheProgram()
{
    // The shell's child holds the pipe: were only the shell killed, the read would go on.
    std::stop_source stop;
    const auto error = errorOf([&] {
        runProcess({"sh", "-c", "echo started; sleep 600 & wait"}, stop.get_token(),
                   [&](std::string_view) { stop.request_stop(); });
    });
    QCOMPARE(error.code, ErrorCode::Cancelled);
}

void TestVerify::programThatClosesItsOutput()
{
    std::stop_source stop;
    const std::jthread user([&stop] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300)); // it has closed it by then
        stop.request_stop();
    });
    const auto error = errorOf([&] {
        runProcess({"sh", "-c", "exec >&- 2>&-; sleep 600"}, stop.get_token());
    });
    QCOMPARE(error.code, ErrorCode::Cancelled);
    // What ends by itself is awaited.
    QCOMPARE(runProcess({"sh", "-c", "exec >&- 2>&-; sleep 0.2; exit 7"}, {}).exit_status, 7);
}

void TestVerify::messagesAreInEnglish()
{
    qputenv("LC_ALL", "de_DE.UTF-8");
    const auto run = runProcess({"sh", "-c", "echo $LC_ALL"}, {});
    qunsetenv("LC_ALL");
    QCOMPARE(run.output, std::string("C\n"));
}

QTEST_GUILESS_MAIN(TestVerify)
#include "tst_verify.moc"
