// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/session/export_point.h"
#include "tests/learning/halves.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/error_of.h"

#include <nlohmann/json.hpp>

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;
namespace fs = std::filesystem;

namespace {

constexpr int asked_images = 3;

PointExport request(ExportFormat format)
{
    NetworkBuilder builder({1, 16, 16}, 4);
    const int deep = builder.conv(0, 8, 3, 2, {1, 1, 1, 1}, Activation::Relu);
    const auto network = builder.build(builder.linear(deep, 4, Activation::None));
    PointExport asked;
    asked.point =
        calibratedPoint(network, BitAssignment::uniform(*network, 8, 8), halves(32, 2), {});
    asked.title = "fixture, point 3";
    asked.format = format;
    if (factsOf(format).has_target)
        asked.profile = openProfile("pulp-open-xpulpv2");
    asked.samples = halves(8, 3);
    asked.images = asked_images;
    return asked;
}

} // namespace

class TestExportPoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void everyFormat_data()
    {
        using enum ExportFormat;
        QTest::addColumn<ExportFormat>("format");
        QTest::addColumn<QString>("told"); ///< by its report, or empty: a C project
        QTest::addColumn<int>("inputs");
        QTest::newRow("pulp-nn") << PulpNn << "" << asked_images;
        QTest::newRow("dory") << Dory << "dory" << 1;
        QTest::newRow("deeploy") << Deeploy << "deeploy" << asked_images;
        QTest::newRow("onnx-qdq") << OnnxQdq << "onnx-qdq" << 0;
        QTest::newRow("qonnx") << Qonnx << "qonnx" << 0;
        QTest::newRow("aimet 0.6.1") << Aimet061 << "aimet" << 0;
        QTest::newRow("aimet 1.0.0") << Aimet100 << "aimet" << 0;
        QTest::newRow("csv") << Csv << "csv" << 0;
    }
    void everyFormat()
    {
        QFETCH(ExportFormat, format);
        QFETCH(QString, told);
        QFETCH(int, inputs);
        std::vector<ExportPhase> phases;
        const auto exported = exportPoint(request(format), out(),
                                          [&](ExportPhase phase) { phases.push_back(phase); });
        QCOMPARE(int(exported.golden_inputs), inputs);
        QVERIFY(!exported.replaced);
        const auto report = nlohmann::json::parse(readTextFile(out() / "report.json"));
        QCOMPARE(report["title"].get<std::string>(), std::string("fixture, point 3"));
        QCOMPARE(QString::fromStdString(report.value("format", "")), told);
        QCOMPARE(fs::exists(out() / "Makefile"), format == ExportFormat::PulpNn);
        QVERIFY(changesSinceExport(out()).empty());
        using enum ExportPhase;
        QCOMPARE(phases, factsOf(format).has_target ? (std::vector{Folding, Writing})
                                                    : std::vector{Writing});
    }

    void versionsOfAimetDiffer()
    {
        exportPoint(request(ExportFormat::Aimet061), out());
        const auto old = readTextFile(out() / "network.encodings");
        exportPoint(request(ExportFormat::Aimet100), out());
        const auto text = readTextFile(out() / "network.encodings");
        QVERIFY(old.find("0.6.1") != std::string::npos);
        QVERIFY(text.find("1.0.0") != std::string::npos);
    }

    void whatIsReplacedIsTold()
    {
        exportPoint(request(ExportFormat::Csv), out());
        auto other = request(ExportFormat::Qonnx);
        other.title = "fixture, point 4";
        QCOMPARE(exportPoint(other, out()).replaced,
                 std::optional<std::string>("fixture, point 3"));
        QCOMPARE(exportPoint(other, out()).replaced,
                 std::optional<std::string>("fixture, point 4"));
        QVERIFY(!fs::exists(out() / "bits.csv"));
    }

    void whatSomebodyChangedStays()
    {
        exportPoint(request(ExportFormat::Csv), out());
        writeFileAtomically(out() / "report.txt", std::string_view("mine"));
        QCOMPARE(errorOf([&] { exportPoint(request(ExportFormat::Csv), out()); }).what,
                 std::string("The export's folder is in use"));
        QCOMPARE(readTextFile(out() / "report.txt"), std::string("mine"));
    }

    void stoppedBeforeItWrites()
    {
        const auto error = errorOf([&] {
            exportPoint(request(ExportFormat::PulpNn), out(), [](ExportPhase phase) {
                if (phase == ExportPhase::Writing)
                    throw Error(ErrorCode::Cancelled, "Cancelled", "test", "it was stopped", "");
            });
        });
        QCOMPARE(error.code, ErrorCode::Cancelled);
        QVERIFY(!fs::exists(out()));
    }

    void anOpsetThatCannotSayTheWidths()
    {
        auto asked = request(ExportFormat::OnnxQdq);
        asked.point.bits = BitAssignment::uniform(*asked.point.network, 2, 8);
        asked.opset = 13;
        QCOMPARE(errorOf([&] { exportPoint(asked, out()); }).code, ErrorCode::Infeasible);
        QVERIFY(!fs::exists(out()));
    }

private:
    fs::path out() const { return fs::path(m_folder->path().toStdString()) / "out"; }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestExportPoint)
#include "tst_export_point.moc"
