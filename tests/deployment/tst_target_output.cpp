// SPDX-License-Identifier: Apache-2.0
// What a target's program prints, recorded on GVSoC; verdicts; boards' logs.
#include "core/base/file.h"
#include "core/deployment/verify/cycle_verdict.h"
#include "core/deployment/verify/project.h"
#include "core/deployment/verify/target_output.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

namespace fs = std::filesystem;

const std::string recorded_log = BITDIAL_SOURCE_DIR "/tests/deployment/recorded/resnet8-w8a8.log";

/// A result with that many layers, filled by a log.
VerifyResult read(const std::string& log, std::size_t layers, std::string* complaint = nullptr)
{
    VerifyResult result;
    result.layer_results.resize(layers);
    const std::function<void(double)> none;
    TargetOutput output(result, none, 0);
    output.feed(log);
    output.finish();
    if (complaint)
        *complaint = output.complaint();
    return result;
}

TargetTools tools(const char* compiler, bool loops)
{
    return {"gvsoc", compiler, loops};
}

/// A log as a program of the project prints it.
std::string logOf(const VerifyProject& project, const std::string& identity)
{
    std::string log = "EXPORT sha256=" + identity + "\r\n";
    for (std::size_t i = 0; i < project.layers.size(); ++i)
        log += "CYCLES image=0 layer=" + std::to_string(i) +
               " counted=110 promised=100 name=" + project.layers[i] + "\r\n";
    const std::string count = std::to_string(project.layers.size());
    return log + "CYCLES image=0 all counted=" + std::to_string(110 * project.layers.size()) +
           " promised=" + count + "00\r\nSUMMARY images=1 layers=" + count +
           " layers_that_differ=0 bit_exact=1";
}

} // namespace

class TestTargetOutput : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recordedRun();
    void anyPieces();
    void mismatch();
    void someLayersCompared();
    void kernelCycles();
    void damagedLogs_data();
    void damagedLogs();
    void incompleteLogs_data();
    void incompleteLogs();
    void garbage();
    void verdicts();
    void boardLog();
    void boardLogOfAnotherExport();

private:
    QTemporaryDir m_folder;
};

void TestTargetOutput::recordedRun()
{
    const auto result = read(readTextFile(recorded_log), 14);
    QVERIFY(result.bit_exact);
    QCOMPARE(result.images, 2);
    QCOMPARE(result.layers, 14);
    QCOMPARE(result.layer_results[0].cycles->measured, 139691U);
    QCOMPARE(result.layer_results[0].cycles->promised, 126401U);
    QVERIFY(!result.layer_results[0].cycles->measured_kernel);
    QCOMPARE(result.layer_results[13].cycles->measured, 10023U);
    QCOMPARE(result.total->measured, 1399829U);
    QCOMPARE(result.image_cycles.size(), std::size_t(2));
    QCOMPARE(result.image_cycles[1], 1397104U);
}

void TestTargetOutput::anyPieces()
{
    const auto log = readTextFile(recorded_log);
    VerifyResult result;
    result.layer_results.resize(14);
    double last = 0;
    const std::function<void(double)> progress = [&last](double done) {
        QVERIFY(done >= last && done <= 1);
        last = done;
    };
    TargetOutput output(result, progress, 0.5);
    for (std::size_t at = 0; at < log.size(); at += 7)
        output.feed(log.substr(at, 7));
    QCOMPARE(output.complaint(), std::string());
    QCOMPARE(output.identity().substr(0, 8), std::string("0123abcd"));
    QCOMPARE(last, 1.0);
}

void TestTargetOutput::mismatch()
{
    std::string complaint;
    const auto result = read("CYCLES image=0 layer=0 counted=5 promised=5 name=a b\n"
                             "MISMATCH image=0 layer=0 name=a b\n"
                             "MISMATCH image=1 layer=0 name=a b\n"
                             "CYCLES image=0 all counted=5 promised=5\n"
                             "SUMMARY images=2 layers=1 layers_that_differ=2 bit_exact=0\n",
                             1, &complaint);
    QCOMPARE(complaint, std::string());
    QVERIFY(!result.bit_exact);
    QCOMPARE(result.first_mismatch, std::string("image=0 layer=0 name=a b"));
}

void TestTargetOutput::someLayersCompared()
{
    const auto with = [](const std::string& compared) {
        return read("SUMMARY images=1 layers=3 " + compared + "layers_that_differ=0 bit_exact=1\n",
                    3);
    };
    for (const char* all : {"", "compared=3 "}) { // "": an export before there was the word
        QVERIFY(with(all).remarks.empty());
        QCOMPARE(with(all).layers, 3);
    }
    const auto some = with("compared=2 ");
    QCOMPARE(some.layers, 2);
    QCOMPARE(some.remarks.size(), std::size_t(1));
    QVERIFY(some.remarks[0].find("2 of 3 layers") != std::string::npos);
}

void TestTargetOutput::kernelCycles()
{
    const auto result = read("CYCLES image=0 layer=0 counted=50 promised=40 kernel=30 "
                             "promised_kernel=20 name=kernel=7\n"
                             "CYCLES image=0 all counted=50 promised=40 kernel=30\n",
                             1);
    QCOMPARE(result.layer_results[0].cycles->measured_kernel.value(), 30U);
    QCOMPARE(result.layer_results[0].cycles->promised_kernel.value(), 20U);
    QCOMPARE(result.total->measured_kernel.value(), 30U);
    QCOMPARE(result.total->promised_kernel.value(), 20U); // the layers' sum
}

/// A digit that a serial line lost.
void TestTargetOutput::damagedLogs_data()
{
    QTest::addColumn<std::string>("digits");
    QTest::addColumn<std::string>("left");
    QTest::newRow("layer's cycles") << std::string("counted=60") << std::string("counted=6");
    QTest::newRow("layer's promise") << std::string("promised=40") << std::string("promised=4");
    QTest::newRow("layer's kernel") << std::string("kernel=30") << std::string("kernel=3");
    QTest::newRow("kernel's promise")
        << std::string("promised_kernel=20") << std::string("promised_kernel=2");
}

void TestTargetOutput::damagedLogs()
{
    QFETCH(const std::string, digits);
    QFETCH(const std::string, left);
    std::string log =
        "CYCLES image=0 layer=0 counted=50 promised=45 kernel=25 promised_kernel=15 name=a\n"
        "CYCLES image=0 layer=1 counted=60 promised=40 kernel=30 promised_kernel=20 name=b\n"
        "CYCLES image=0 all counted=110 promised=85 kernel=55 promised_kernel=35\n"
        "SUMMARY images=1 layers=2 layers_that_differ=0 bit_exact=1\n";
    std::string complaint;
    read(log, 2, &complaint);
    QCOMPARE(complaint, std::string());
    log.replace(log.find(digits), digits.size(), left);
    read(log, 2, &complaint);
    QVERIFY2(complaint.find("damaged") != std::string::npos, complaint.c_str());
}

void TestTargetOutput::incompleteLogs_data()
{
    QTest::addColumn<std::string>("without");
    QTest::addColumn<std::string>("says");
    QTest::newRow("summary") << std::string("SUMMARY") << std::string("SUMMARY");
    QTest::newRow("layer") << std::string("CYCLES image=0 layer=3 ") << std::string("cycles of");
    QTest::newRow("total") << std::string("CYCLES image=0 all") << std::string("all layers");
}

void TestTargetOutput::incompleteLogs()
{
    QFETCH(const std::string, without);
    QFETCH(const std::string, says);
    auto log = readTextFile(recorded_log);
    const auto at = log.find(without);
    log.erase(at, log.find('\n', at) - at);
    std::string complaint;
    read(log, 14, &complaint);
    QVERIFY2(complaint.find(says) != std::string::npos, complaint.c_str());
    read(readTextFile(recorded_log), 13, &complaint);
    QVERIFY(complaint.find("14 layers") != std::string::npos);
}

void TestTargetOutput::garbage()
{
    std::string complaint;
    const auto result = read("CYCLES image=-1 layer=0 counted=5 promised=5\n"
                             "CYCLES image=0 layer=99999999999999999999 counted=5 promised=5\n"
                             "CYCLES image=0 layer=7 counted=5 promised=5\n"
                             "CYCLES image=0 layer=0 counted= promised=5x\nCYCLES \nSUMMARY \n" +
                                 std::string(200000, 'x') +
                                 "\nSUMMARY images=4294967296000 "
                                 "layers=-1 bit_exact=1\n",
                             1, &complaint);
    QVERIFY(!result.layer_results[0].cycles);
    QVERIFY(!result.total);
    QVERIFY(!complaint.empty());
}

void TestTargetOutput::verdicts()
{
    auto result = read(readTextFile(recorded_log), 14);
    judgeCycles(result, tools("clang", true)); // of a log, nobody knows the compiler
    QVERIFY(!result.cycles_kept);
    result.tools = tools("clang", true);
    judgeCycles(result, {});
    QVERIFY(!result.cycles_kept);
    QVERIFY(result.cycles_reason.find("does not say") != std::string::npos);
    judgeCycles(result, tools("clang", false));
    QVERIFY(!result.cycles_kept);
    QVERIFY(result.cycles_reason.find("without hardware loops") != std::string::npos);
    judgeCycles(result, tools("gcc", true));
    QVERIFY(!result.cycles_kept);
    judgeCycles(result, tools("clang", true)); // 1,399,829 beside 1,231,555
    QCOMPARE(result.cycles_kept, std::optional(false));
    QVERIFY(result.cycles_reason.starts_with("+13.7 %"));
    result.total->promised = 1405464;
    judgeCycles(result, tools("clang", true));
    QCOMPARE(result.cycles_kept, std::optional(true));
    QVERIFY(result.cycles_reason.starts_with("-0.4 %"));
}

void TestTargetOutput::boardLog()
{
    const auto network = everyKindNetwork(6);
    const auto folder = fs::path(m_folder.path().toStdString()) / "export";
    exportPulpNn(
        randomRequest(network, assignmentOf(*network, "8"), "pulp-open-xpulpv2", 1, false, 5),
        folder);
    const auto project = openVerifyProject(folder);
    QCOMPARE(project.identity.size(), std::size_t(64));
    QVERIFY(project.measured_with && project.measured_with->hardware_loops == true);
    const auto header = readTextFile(folder / "src" / "export_identity.h");
    QVERIFY(header.find(project.identity) != std::string::npos);
    const auto log = fs::path(m_folder.path().toStdString()) / "board.log";
    writeFileAtomically(log, "\xff\xfe boot\r\n" + logOf(project, project.identity));
    const auto result = verifyCounters(folder, log);
    QVERIFY(result.bit_exact);
    QCOMPARE(result.runner, std::string("counters"));
    QCOMPARE(result.total->measured, 110 * project.layers.size());
    QVERIFY(!result.cycles_kept);
}

void TestTargetOutput::boardLogOfAnotherExport()
{
    const auto folder = fs::path(m_folder.path().toStdString()) / "export";
    const auto project = openVerifyProject(folder);
    const auto log = fs::path(m_folder.path().toStdString()) / "board.log";
    const auto refusal = [&](const std::string& text) {
        writeFileAtomically(log, text);
        const auto error = errorOf([&] { verifyCounters(folder, log); });
        return error.code == ErrorCode::BadInput ? error.what : "accepted";
    };
    auto other = project.identity;
    other[0] = other[0] == '0' ? '1' : '0';
    QCOMPARE(refusal(logOf(project, other)), std::string("The log is of another export"));
    QCOMPARE(refusal(logOf(project, project.identity).substr(100)),
             std::string("The log does not say of which export it is"));
    QCOMPARE(refusal(logOf(project, project.identity).substr(0, 200)),
             std::string("The log is not whole"));
    QCOMPARE(errorOf([&] { verifyCounters(folder, folder / "no.log"); }).code, ErrorCode::BadInput);
}

QTEST_GUILESS_MAIN(TestTargetOutput)
#include "tst_target_output.moc"
