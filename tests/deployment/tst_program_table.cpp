// SPDX-License-Identifier: Apache-2.0
// The table of a measured program, from which `profile fit` learns what stands beside the kernels.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/verify/program_table.h"
#include "core/hardware/fit/program_fit.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

constexpr const char* report = R"({"layers": [
  {"name": "stem", "exposed_transfer_cycles": 12.5, "work": {"tiles": 2, "transfers": 7,
   "requests": 1, "spreads": 3, "spread_lines": 40, "spread_bytes": 500, "spread_word_bytes": 64,
   "kernel_cycles": 9000}},
  {"name": "fc", "exposed_transfer_cycles": 0, "work": {"tiles": 1, "transfers": 2, "requests": 0,
   "spreads": 0, "spread_lines": 0, "spread_bytes": 0, "spread_word_bytes": 0,
   "kernel_cycles": 800}}]})";

VerifyResult measured()
{
    VerifyResult result;
    result.layer_results = {{"stem", {}, CountedCycles{9500, 9700, 9000, 9100}},
                            {"fc, last", {}, CountedCycles{1500, 1600, 800, 810}}};
    return result;
}

} // namespace

class TestProgramTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { write(report); }

    void readsBack()
    {
        const std::string text = programTable(folder(), measured());
        QCOMPARE(QString::fromStdString(text),
                 QString("layer,tiles,transfers,requests,spreads,spread_lines,spread_bytes,"
                         "spread_word_bytes,kernel_cycles,exposed_transfer_cycles,"
                         "measured_kernel_cycles,cycles\r\n"
                         "stem,2,7,1,3,40,500,64,9000,12.5,9100,9700\r\n"
                         "\"fc, last\",1,2,0,0,0,0,0,800,0,810,1600\r\n"));
        QVERIFY(isProgramTable(text));
        const std::vector<ProgramRow> rows = parseProgramRows(text, "t.csv");
        QCOMPARE(rows.size(), std::size_t(2));
        QCOMPARE(rows[0].besideKernels(), 9700 - 9100 - 12.5);
        QCOMPARE(rows[1].cycles, 1600.0);
    }

    /// A log without the kernels' own cycles says nothing of what stands beside them.
    void kernelsAreMissing()
    {
        VerifyResult result = measured();
        result.layer_results[1].cycles->measured_kernel.reset();
        refused(result, "fc, last");
        result.layer_results[1].cycles.reset();
        refused(result, "fc, last");
    }

    void anotherProgram()
    {
        VerifyResult result = measured();
        result.layer_results.pop_back();
        refused(result, "other layers");
    }

    void reportsOfOtherVersions()
    {
        write(R"({"layers": [{"name": "stem"}, {"name": "fc"}]})");
        refused(measured(), "around the kernels");
        write("{");
        refused(measured(), "around the kernels");
    }

private:
    std::filesystem::path folder() const { return m_folder.path().toStdString(); }
    void write(const char* text)
    {
        writeFileAtomically(folder() / "report.json", std::string(text));
    }
    void refused(const VerifyResult& result, const std::string& why)
    {
        const ErrorDetails error = errorOf([&] { (void)programTable(folder(), result); });
        QVERIFY2(error.why.find(why) != std::string::npos, error.why.c_str());
    }

    QTemporaryDir m_folder;
};

QTEST_GUILESS_MAIN(TestProgramTable)
#include "tst_program_table.moc"
