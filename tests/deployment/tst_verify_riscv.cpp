// SPDX-License-Identifier: Apache-2.0
// The exported C on bare-metal RV32 under qemu: exact outputs, exact instruction counts.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/verify/child_process.h"
#include "core/deployment/verify/verify_export.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/error_of.h"

#include <QStandardPaths>
#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

namespace fs = std::filesystem;

VerifyOptions riscv()
{
    VerifyOptions options;
    options.runner = VerifyRunner::RiscV;
    return options;
}

bool hasTools()
{
    return !QStandardPaths::findExecutable("riscv64-unknown-elf-gcc").isEmpty() &&
           !QStandardPaths::findExecutable("qemu-system-riscv32").isEmpty();
}

} // namespace

class TestVerifyRiscv : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void exact_data();
    void exact();
    void mismatch();
    void oneCoreAndOwnKernelsOnly();
    void missingCompiler();
    void tooLarge();
    void fault();
    void cancelled();

private:
    fs::path exported(const std::string& widths, const std::string& profile);

    QTemporaryDir m_folder;
    int m_count = 0;
};

fs::path TestVerifyRiscv::exported(const std::string& widths, const std::string& profile)
{
    const auto network = everyKindNetwork(6);
    const auto folder =
        fs::path(m_folder.path().toStdString()) / ("export '" + std::to_string(++m_count) + "'");
    exportPulpNn(randomRequest(network, assignmentOf(*network, widths), profile, 2, false, 5),
                 folder);
    return folder;
}

void TestVerifyRiscv::exact_data()
{
    QTest::addColumn<std::string>("widths");
    QTest::addColumn<std::string>("profile");
    for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"})
        for (const char* widths : {"8", "mixed1", "mixed2"})
            QTest::addRow("%s %s", widths, profile) << std::string(widths) << std::string(profile);
}

void TestVerifyRiscv::exact()
{
    if (!hasTools())
        QSKIP("riscv64-unknown-elf-gcc or qemu-system-riscv32 is not installed");
    QFETCH(const std::string, widths);
    QFETCH(const std::string, profile);
    const auto folder = exported(widths, profile);
    const auto first = verifyExport(folder, riscv());
    QCOMPARE(first.first_mismatch, std::string());
    QVERIFY(first.bit_exact);
    QCOMPARE(first.runner, std::string("riscv"));
    QCOMPARE(first.images, 2);
    QCOMPARE(first.cores, 1);
    const auto second = verifyExport(folder, riscv());
    QCOMPARE(int(first.layer_results.size()), first.layers);
    for (std::size_t layer = 0; layer < first.layer_results.size(); ++layer) {
        QVERIFY(first.layer_results[layer].instructions.value_or(0) > 0);
        QCOMPARE(*first.layer_results[layer].instructions,
                 *second.layer_results[layer].instructions);
    }
}

void TestVerifyRiscv::mismatch()
{
    if (!hasTools())
        QSKIP("riscv64-unknown-elf-gcc or qemu-system-riscv32 is not installed");
    const auto folder = exported("8", "pulp-open-xpulpv2");
    const auto golden = folder / "golden" / "layer_002.bin";
    auto bytes = readFile(golden);
    bytes[0] ^= std::byte(1);
    writeFileAtomically(golden, bytes);
    const auto result = verifyExport(folder, riscv());
    QVERIFY(!result.bit_exact);
    QVERIFY2(result.first_mismatch.starts_with("image=0 layer=2 channel=0 y=0 x=0 expected="),
             result.first_mismatch.c_str());
}

void TestVerifyRiscv::oneCoreAndOwnKernelsOnly()
{
    const auto folder = exported("8", "pulp-open-xpulpv2");
    auto options = riscv();
    options.cores = 8;
    QCOMPARE(errorOf([&] { verifyExport(folder, options); }).code, ErrorCode::Usage);
    options = riscv();
    options.kernels = "lib.a";
    QCOMPARE(errorOf([&] { verifyExport(folder, options); }).code, ErrorCode::Usage);
}

void TestVerifyRiscv::missingCompiler()
{
    const auto folder = exported("8", "pulp-open-xpulpv2");
    const auto path = qgetenv("PATH");
    qputenv("PATH", "/nonexistent");
    const auto error = errorOf([&] { verifyExport(folder, riscv()); });
    qputenv("PATH", path);
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY2(error.why.find("riscv64-unknown-elf-gcc: it cannot be started") != std::string::npos,
             error.why.c_str());
    QVERIFY2(error.next.find("gcc-riscv64-unknown-elf") != std::string::npos, error.next.c_str());
}

void TestVerifyRiscv::tooLarge()
{
    if (!hasTools())
        QSKIP("riscv64-unknown-elf-gcc or qemu-system-riscv32 is not installed");
    const auto folder = exported("8", "pulp-open-xpulpv2");
    const auto weights = folder / "src" / "layer_data.c";
    writeFileAtomically(weights, readTextFile(weights) +
                                     "char large[400000000];\n"
                                     "__attribute__((constructor)) void touch(void);\n"
                                     "void touch(void) { large[1] = 1; }\n");
    const auto error = errorOf([&] { verifyExport(folder, riscv()); });
    QCOMPARE(error.code, ErrorCode::Infeasible);
    QVERIFY2(error.why.find("256 MiB of data") != std::string::npos, error.why.c_str());
}

/// Without the start-up code's handler the machine would go on for ever.
void TestVerifyRiscv::fault()
{
    if (!hasTools())
        QSKIP("riscv64-unknown-elf-gcc or qemu-system-riscv32 is not installed");
    const auto folder = exported("8", "pulp-open-xpulpv2");
    const auto weights = folder / "src" / "layer_data.c";
    writeFileAtomically(weights, readTextFile(weights) +
                                     "__attribute__((constructor)) void touch(void);\n"
                                     "void touch(void) { *(volatile int *)16 = 1; }\n");
    const auto error = errorOf([&] { verifyExport(folder, riscv()); });
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY2(error.why.find("forbidden memory access") != std::string::npos, error.why.c_str());
}

void TestVerifyRiscv::cancelled()
{
    if (!hasTools())
        QSKIP("riscv64-unknown-elf-gcc or qemu-system-riscv32 is not installed");
    const auto folder = exported("8", "pulp-open-xpulpv2");
    std::stop_source stop;
    const auto error = errorOf([&] {
        verifyExport(folder, riscv(), stop.get_token(), [&stop](double done) {
            if (done > 0)
                stop.request_stop(); // the program is built and about to run
        });
    });
    QCOMPARE(error.code, ErrorCode::Cancelled);
    QVERIFY(!std::filesystem::exists(folder / "compiler.log"));
}

QTEST_GUILESS_MAIN(TestVerifyRiscv)
#include "tst_verify_riscv.moc"
