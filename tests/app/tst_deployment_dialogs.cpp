// SPDX-License-Identifier: Apache-2.0
// Exporting in every format, verifying an export, and comparing rungs, as the user does it.
#include "app/window/dialogs/export_dialog.h"
#include "app/window/dialogs/rung_dialog.h"
#include "app/window/dialogs/verify_dialog.h"
#include "app/window/views/rung_layer_model.h"
#include "core/base/file.h"
#include "opened_window.h"

#include <QAbstractItemModelTester>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QTableView>
#include <QToolButton>
#include <QtTest>

#include <algorithm>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// A window with the small project and its three points, the first of which is selected.
struct Searched : Opened {
    explicit Searched(const SmallProject& project) : Opened(project)
    {
        ready = wait() && search() && waitIdle();
        if (ready)
            document->points()->setSelected(firstPoint());
    }
    std::int64_t firstPoint() const { return document->points()->rows().at(0).point.id; }
    bool ready = false;
};

template <typename Widget> Widget* named(const QWidget* parent, const QString& accessible_name)
{
    for (auto* widget : parent->findChildren<Widget*>())
        if (widget->accessibleName() == accessible_name)
            return widget;
    return nullptr;
}

QPushButton* button(const QWidget* parent, const QString& text)
{
    for (auto* found : parent->findChildren<QPushButton*>())
        if (found->text() == text && found->isVisible())
            return found;
    return nullptr;
}

void type(QLineEdit* edit, const QString& text)
{
    edit->setFocus();
    edit->selectAll();
    QTest::keyClicks(edit, text);
}

bool says(const QWidget* parent, const QString& text)
{
    return std::ranges::any_of(parent->findChildren<QLabel*>(), [&](const QLabel* label) {
        return label->isVisible() && label->text().contains(text);
    });
}

} // namespace

class TestDeploymentDialogs : public QObject {
    Q_OBJECT

public:
    static void initMain() { useFolderOfTheTest(); }

private Q_SLOTS:
    void theExportDialogAsksWhatTheFormatNeeds()
    {
        Searched opened(m_project);
        QVERIFY(opened.ready);
        QTest::keyClick(&opened.window, Qt::Key_E, Qt::ControlModifier);
        auto* dialog = opened.window.findChild<ExportDialog*>();
        QVERIFY(dialog != nullptr && QTest::qWaitForWindowExposed(dialog, patience_ms));
        auto* format = dialog->findChildren<QComboBox*>().at(1);
        QCOMPARE(format->count(), int(exportFormats().size()));
        auto* images = dialog->findChild<QSpinBox*>();
        auto* verify = dialog->findChild<QCheckBox*>();
        auto* target = dialog->findChildren<QComboBox*>().at(2);
        QVERIFY(button(dialog, "Export and verify") != nullptr);
        QTest::keyClick(verify, Qt::Key_Space);
        QVERIFY(button(dialog, "Export") != nullptr);
        QStringList folders;
        format->setFocus();
        for (const auto& info : exportFormats()) {
            QVERIFY(says(dialog, info.explanation));
            QCOMPARE(target->isVisible(), info.has_target);
            QCOMPARE(images->isVisible(), info.has_images);
            QCOMPARE(verify->isVisible(), info.can_be_verified);
            QCOMPARE(dialog->order().format, info.format);
            folders << QString::fromStdString(dialog->order().folder.string());
            QTest::keyClick(format, Qt::Key_Down);
        }
        QCOMPARE(folders.removeDuplicates(), 0);
        type(named<QLineEdit>(dialog, "Folder"),
             QString::fromStdString(m_project.path("typed").string()));
        format->setCurrentIndex(int(ExportFormat::Csv));
        QCOMPARE(dialog->order().folder, m_project.path("typed")); // what was typed stays
        QTest::mouseClick(button(dialog, "Export"), Qt::LeftButton);
        QVERIFY(opened.waitIdle());
        QVERIFY(std::filesystem::exists(m_project.path("typed") / "report.txt"));
        showsTheReport(opened, m_project.path("typed"));
    }

    void everyFormatIsWritten_data()
    {
        QTest::addColumn<int>("format");
        for (const auto& info : exportFormats())
            QTest::newRow(qPrintable(info.title)) << int(info.format);
    }

    void everyFormatIsWritten()
    {
        QFETCH(const int, format);
        Searched opened(m_project);
        QVERIFY(opened.ready);
        const auto& info = infoOf(ExportFormat(format));
        const auto folder = m_project.path(qPrintable("format-" + info.file_name));
        const bool is_deployer =
            info.format == ExportFormat::Dory || info.format == ExportFormat::Deeploy;
        const auto& profiles = opened.document->project().profiles;
        const auto v2 = std::ranges::find(profiles, "pulp-open-xpulpv2",
                                          [](const auto& profile) { return profile->name(); });
        QVERIFY(v2 != profiles.end());
        // They have no XpulpNN kernels that are right.
        const int target = is_deployer ? int(v2 - profiles.begin()) : 0;
        const ExportOrder order{opened.firstPoint(), target, folder, 2, info.format, false};
        opened.document->exportPoint(order);
        QVERIFY(opened.waitIdle());
        const auto text = opened.message()->text();
        if (is_deployer) { // the fixture's odd width at stride 2
            QVERIFY2(text.contains("block2.depthwise"), qPrintable(text));
            QVERIFY(!std::filesystem::exists(folder));
            return;
        }
        QVERIFY2(text.startsWith("Exported to"), qPrintable(text));
        QVERIFY(!text.contains("verified"));
        QVERIFY(!readTextFile(folder / "report.txt").empty());
        // An unchanged one is replaced; one that somebody changed is not.
        opened.document->exportPoint(order);
        QVERIFY(opened.waitIdle());
        QVERIFY(opened.message()->text().startsWith("Exported to"));
        writeFileAtomically(folder / "report.txt", std::string_view("mine"));
        opened.document->exportPoint(order);
        QVERIFY(opened.waitIdle());
        QVERIFY2(!opened.message()->text().startsWith("Exported"),
                 qPrintable(opened.message()->text()));
        QVERIFY(opened.message()->text().contains("no unchanged export"));
        QCOMPARE(readTextFile(folder / "report.txt"), std::string("mine"));
    }

    void anExportIsVerifiedByItsDialog()
    {
        Searched opened(m_project);
        QVERIFY(opened.ready);
        const auto folder = m_project.path("to-verify");
        opened.document->exportPoint(
            {opened.firstPoint(), 0, folder, 2, ExportFormat::PulpNn, false});
        QVERIFY(opened.waitIdle());
        QTest::keyClick(&opened.window, Qt::Key_E, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = opened.window.findChild<VerifyDialog*>();
        QVERIFY(dialog != nullptr && QTest::qWaitForWindowExposed(dialog, patience_ms));
        QCOMPARE(dialog->order().folder, folder);
        QTest::mouseClick(button(dialog, "Verify"), Qt::LeftButton);
        QVERIFY(button(dialog, "Cancel") != nullptr);
        QVERIFY(QTest::qWaitFor([&] { return says(dialog, "Bit-exact"); }, patience_ms));
        QVERIFY(says(dialog, "this machine") && !says(dialog, "First mismatch"));

        const auto golden = folder / "golden" / "layer_001.bin";
        auto bytes = readFile(golden);
        bytes.front() ^= std::byte(1);
        writeFileAtomically(golden, bytes);
        QVERIFY(opened.waitIdle());
        QTest::keyClick(dialog, Qt::Key_Return); // the default button
        QVERIFY(QTest::qWaitFor([&] { return says(dialog, "Not bit-exact"); }, patience_ms));
        QVERIFY(says(dialog, "First mismatch: image=0 layer=1 channel=0 y=0 x=0"));

        // Cancelled, it says nothing; what is no export is refused in the dialog.
        QVERIFY(opened.waitIdle());
        QTest::mouseClick(button(dialog, "Verify"), Qt::LeftButton);
        QTest::mouseClick(button(dialog, "Cancel"), Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return button(dialog, "Verify") != nullptr; }, patience_ms));
        QVERIFY(!says(dialog, "ot bit-exact") && !says(dialog, "Bit-exact"));
        type(named<QLineEdit>(dialog, "Folder"),
             QString::fromStdString(m_project.path("nothing here").string()));
        QVERIFY(opened.waitIdle());
        QTest::mouseClick(button(dialog, "Verify"), Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return says(dialog, "nothing here"); }, patience_ms));
        QVERIFY(opened.message()->text().startsWith("Exported")); // the window's own stays
    }

    void theVerifyDialogAsksForWhatTheRunnerTakes()
    {
        VerifyDialog dialog(nullptr);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog, patience_ms));
        QVERIFY(!button(&dialog, "Verify")->isEnabled());
        type(named<QLineEdit>(&dialog, "Folder"), "/tmp/x");
        dialog.suggestFolder("/tmp/other"); // what was typed stays
        auto* kernels = named<QLineEdit>(&dialog, "Kernel library");
        type(kernels, "/tmp/libpulp.a");
        QCOMPARE(dialog.order().folder, std::filesystem::path("/tmp/x"));
        QCOMPARE(dialog.order().options.kernels, std::filesystem::path("/tmp/libpulp.a"));
        dialog.findChild<QComboBox*>()->setFocus();
        QTest::keyClick(dialog.findChild<QComboBox*>(), Qt::Key_Down);
        QVERIFY(!kernels->isVisible());
        QCOMPARE(dialog.order().options.runner, VerifyRunner::RiscV);
        QVERIFY(dialog.order().options.kernels.empty());
    }

    void rungsAreComparedSideBySide()
    {
        Searched opened(m_project);
        QVERIFY(opened.ready);
        QTest::keyClick(&opened.window, Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = opened.window.findChild<RungDialog*>();
        QVERIFY(dialog != nullptr && QTest::qWaitForWindowExposed(dialog, patience_ms));
        QCOMPARE(dialog->order().point, opened.firstPoint());
        const auto device = m_project.path("chip.csv");
        writeFileAtomically(device, std::string_view("image,class\n0,1\n1,0\n2,1\n"));
        type(named<QLineEdit>(dialog, "Device results"), QString::fromStdString(device.string()));
        const auto* model = dialog->findChild<RungLayerModel*>();
        const QAbstractItemModelTester tester(dialog->findChild<RungLayerModel*>());
        QTest::mouseClick(button(dialog, "Compare"), Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return model->rowCount() > 0; }, patience_ms));
        QCOMPARE(model->rowCount(), opened.document->project().network->layerCount());
        for (const auto* rung : {"Float", "Fake", "Integer", "Device"})
            QVERIFY(says(dialog, rung));
        QVERIFY(says(dialog, "n = 3"));
        QVERIFY(says(dialog, "Fake and integer"));
        QVERIFY(says(dialog, "The device gives the integer network's class on"));
        showsWhatWasComputed(opened, *model);

        // A table that is wrong is refused in the dialog, and what was found stays.
        writeFileAtomically(device, std::string_view("image,class\n0,7\n"));
        QVERIFY(opened.waitIdle());
        QTest::keyClick(dialog, Qt::Key_Return);
        QVERIFY(QTest::qWaitFor([&] { return says(dialog, "chip.csv:2"); }, patience_ms));
        QVERIFY(model->rowCount() > 0 && button(dialog, "Compare") != nullptr);
    }

    void onlyMeasuredPointsAreCompared()
    {
        Searched opened(m_project);
        QVERIFY(opened.ready);
        opened.document->points()->setSelected(0);
        QTest::keyClick(&opened.window, Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(opened.window.findChild<RungDialog*>() == nullptr);
        opened.document->points()->setSelected(opened.firstPoint());
        QTest::keyClick(&opened.window, Qt::Key_R, Qt::ControlModifier | Qt::ShiftModifier);
        auto* dialog = opened.window.findChild<RungDialog*>();
        QVERIFY(dialog != nullptr && button(dialog, "Compare")->isEnabled());
        opened.document->points()->setSelected(0);
        QVERIFY(!button(dialog, "Compare")->isEnabled());
    }

    void namesAndDifferencesAreInTheModel()
    {
        RungLayerModel model;
        const QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), 0);
        const Searched opened(m_project);
        QVERIFY(opened.ready);
        const auto network = opened.document->project().network;
        CodeComparison codes;
        codes.samples = 2;
        codes.layers.assign(std::size_t(network->layerCount()), {2000, 0, 0});
        codes.layers[1] = {2000, 5, 3};
        model.setCodes(network, codes);
        const auto text = [&](int row, int column) {
            return model.data(model.index(row, column), Qt::DisplayRole).toString();
        };
        QCOMPARE(text(1, RungLayerModel::Name), QString::fromStdString(network->layer(1).name));
        QCOMPARE(text(1, RungLayerModel::Differing), QStringLiteral("5"));
        QVERIFY(text(1, RungLayerModel::Share).startsWith("0.25"));
        QCOMPARE(text(1, RungLayerModel::Largest), QStringLiteral("3"));
        QCOMPARE(text(0, RungLayerModel::Differing), QStringLiteral("0"));
    }

private:
    static void showsTheReport(const Opened& opened, const std::filesystem::path& folder)
    {
        auto* show = opened.message()->findChild<QToolButton*>("action");
        QVERIFY(show != nullptr && show->isVisible());
        QTest::mouseClick(show, Qt::LeftButton);
        const auto* text = opened.window.findChild<QPlainTextEdit*>();
        QVERIFY(text != nullptr);
        const auto report = readTextFile(folder / "report.txt");
        QCOMPARE(text->toPlainText().trimmed(), QString::fromStdString(report).trimmed());
    }

    /// The same comparison, without the window.
    static void showsWhatWasComputed(const Opened& opened, const RungLayerModel& model)
    {
        const auto& project = opened.document->project();
        RungRequest request;
        request.network = project.network;
        request.bits = opened.selected()->point.assignment;
        request.state = *project.project->state(opened.selected()->point.state_hash);
        request.integers = std::make_shared<const IntegerNetwork>(
            foldToIntegers(request.network, request.bits, request.state));
        request.samples = opened.document->shownSamples();
        request.code_samples = RungOrder().code_samples;
        const auto codes = compareCodes(request);
        for (int row = 0; row < model.rowCount(); ++row)
            QCOMPARE(
                model.data(model.index(row, RungLayerModel::Differing), Qt::DisplayRole).toString(),
                QLocale().toString(qlonglong(codes.layers[std::size_t(row)].differing)));
    }

    SmallProject m_project;
};

QTEST_MAIN(TestDeploymentDialogs)
#include "tst_deployment_dialogs.moc"
