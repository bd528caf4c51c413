// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "opened_window.h"
#include "widgets/charts/front_chart.h"
#include "widgets/models/layer_model.h"

#include <QAbstractButton>
#include <QLabel>
#include <QSettings>
#include <QSignalSpy>
#include <QStandardPaths>
#include <QtTest>

#include <algorithm>

using namespace bitdial;
using namespace bitdial::test;

class TestMainWindow : public QObject {
    Q_OBJECT

public:
    static void initMain() { useFolderOfTheTest(); }

private Q_SLOTS:
    void aClickOnBitsMakesAPointWithCostsAndAccuracy()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        auto* layers = opened.document->layers();
        const double before = opened.document->costs().at(0).latency_cycles;
        opened.click(0, LayerModel::Weight, 4);
        // At once: the bits and the costs, before anything was stored.
        QCOMPARE(layers->assignment().weightBits(0), 4);
        const auto costs = opened.document->costs();
        QCOMPARE(costs.size(), std::size_t(2));
        QVERIFY(costs[0].latency_cycles != before);
        for (std::size_t t = 0; t < costs.size(); ++t)
            QCOMPARE(
                costs[t].latency_cycles,
                opened.document->project().models[t]->cost(layers->assignment()).latency_cycles);
        BITDIAL_TRY_VERIFY(opened.selected() != nullptr);
        QCOMPARE(opened.selected()->point.provenance.method, std::string("hand"));
        QCOMPARE(opened.selected()->costs.size(), std::size_t(2));
        QVERIFY(opened.waitIdle());
        const auto& point = opened.selected()->point;
        const auto* accuracy = point.accuracy(Rung::Integer);
        QVERIFY(accuracy != nullptr);
        QCOMPARE(accuracy->samples, opened.document->project().data.validation.size());
        QVERIFY(!point.state_hash.empty());
    }

    void keysSetBitsAndUndoRedoKeepTheId()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        auto* points = opened.document->points();
        const auto* layers = opened.document->layers();
        opened.table()->setFocus();
        opened.table()->setCurrentIndex(layers->index(1, LayerModel::Weight));
        QTest::keyClick(opened.table(), Qt::Key_2);
        QTest::keyClick(opened.table(), Qt::Key_4); // while the first is being stored
        BITDIAL_TRY_COMPARE(points->rowCount(), 2);
        QVERIFY(opened.waitIdle());
        const auto second = *opened.selected();
        QCOMPARE(second.point.assignment.weightBits(1), 4);
        const auto first = second.point.provenance.parent;
        QVERIFY(points->find(first) != nullptr);
        QCOMPARE(points->find(first)->point.assignment.weightBits(1), 2);
        QVERIFY(second.point.accuracy(Rung::Integer) != nullptr);

        QTest::keyClick(&opened.window, Qt::Key_Z, Qt::ControlModifier);
        BITDIAL_TRY_COMPARE(points->rowCount(), 1);
        QCOMPARE(points->selected(), first);
        QCOMPARE(layers->assignment().weightBits(1), 2);
        QTest::keyClick(&opened.window, Qt::Key_Z, Qt::ControlModifier);
        BITDIAL_TRY_COMPARE(points->rowCount(), 0);
        QCOMPARE(layers->assignment().weightBits(1), 8);
        QTest::keyClick(&opened.window, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTest::keyClick(&opened.window, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        BITDIAL_TRY_COMPARE(points->rowCount(), 2);
        QVERIFY(opened.waitIdle());
        QCOMPARE(points->selected(), qint64(second.point.id));
        QCOMPARE(opened.selected()->point, second.point); // with what was measured of it
        const auto stored = Project::open(opened.document->project().path);
        QCOMPARE(stored->points().size(), std::size_t(2));
        QCOMPARE(stored->points().back(), second.point);
        QVERIFY(stored->state(second.point.state_hash).has_value());
    }

    void aLockedCellCannotBeSet()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        const auto* layers = opened.document->layers();
        const auto input = layers->index(0, LayerModel::In); // the network's
        QSignalSpy clicked(opened.table(), &QAbstractItemView::clicked);
        opened.click(input.row(), input.column(), 4);
        QCOMPARE(clicked.count(), 1); // the click is one on that cell
        QCOMPARE(clicked[0][0].toModelIndex(), input);
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.document->points()->rowCount(), 0);
        // In the same place of a cell that is free it sets the bits.
        const auto free = layers->index(1, LayerModel::In);
        QVERIFY(layers->assignment().layerBits(*opened.document->project().network, 1).in != 4);
        opened.click(free.row(), free.column(), 4);
        BITDIAL_TRY_COMPARE(opened.document->points()->rowCount(), 1);
        QCOMPARE(layers->assignment().layerBits(*opened.document->project().network, 1).in, 4);
        QVERIFY(opened.waitIdle());
    }

    /// What `bitdial-cli verify` stored with a point stands beside its costs.
    void measuredCyclesAreShown()
    {
        const QTemporaryDir folder;
        const auto path = std::filesystem::path(folder.path().toStdString()) / "measured.bitdial";
        const auto made = createProject(m_project.wanted(), path, {});
        auto point = made.uniform.point;
        point.id = made.project->addPoint(point, nullptr);
        MeasuredRun run;
        run.point_id = point.id;
        run.bits = toBitsJson(*made.network, point.assignment);
        run.runner = "gvsoc";
        run.date = "2026-12-01T00:00:00Z";
        for (const auto& profile : made.profiles) {
            run.profile = profile->name();
            run.profile_hash = run.measured_cycles == 0 ? profile->hash() : "another";
            run.measured_cycles += 250000;
            made.project->addMeasuredRun(run);
        }
        const auto opened = openProject(path, {});
        QCOMPARE(opened.rows.size(), std::size_t(1));
        const auto* first = opened.rows[0].measuredOn(0);
        const auto* second = opened.rows[0].measuredOn(1);
        QVERIFY(first != nullptr && second != nullptr);
        QCOMPARE(first->latency_ms, 250000 / made.profiles[0]->clockHz() * 1000);
        QVERIFY(!first->stale && second->stale);
        QVERIFY(second->from.find("stale") != std::string::npos);
        QVERIFY(opened.uniform.measuredOn(0) == nullptr);
    }

    void savedAndOpenedAgainItIsTheSame()
    {
        const auto file = m_project.path("saved.bitdial");
        std::vector<DesignPoint> points;
        std::filesystem::path untitled;
        {
            Opened opened(m_project);
            QVERIFY(opened.wait());
            untitled = opened.document->project().path;
            QVERIFY(opened.document->project().untitled);
            opened.click(2, LayerModel::Weight, 2);
            BITDIAL_TRY_COMPARE(opened.document->points()->rowCount(), 1);
            opened.document->saveAs(file); // measuring is under way: it goes on in the new file
            BITDIAL_TRY_VERIFY(!opened.document->project().untitled);
            QVERIFY(opened.waitIdle());
            QCOMPARE(opened.document->project().path, file);
            QVERIFY(!std::filesystem::exists(untitled));
            opened.click(1, LayerModel::Weight, 4);
            BITDIAL_TRY_COMPARE(opened.document->points()->rowCount(), 2);
            QVERIFY(opened.waitIdle());
            for (const auto& row : opened.document->points()->rows())
                points.push_back(row.point);
        }
        MainWindow window;
        window.openFile(QString::fromStdString(file.string()));
        BITDIAL_TRY_VERIFY(window.document()->isOpen());
        BITDIAL_TRY_VERIFY(window.document()->isIdle());
        const auto& rows = window.document()->points()->rows();
        QCOMPARE(rows.size(), points.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            QCOMPARE(rows[i].point, points[i]);
            QVERIFY(rows[i].point.accuracy(Rung::Integer) != nullptr);
        }
        QCOMPARE(window.document()->targets().size(), std::size_t(2));
        QVERIFY(window.document()->floatAccuracy().has_value());
    }

    void aPointSelectedInOneChartIsSelectedEverywhere()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        QVERIFY(opened.search());
        QVERIFY(opened.waitIdle());
        const auto& charts = opened.window.charts();
        QCOMPARE(charts.size(), std::size_t(2));
        const qint64 id = opened.document->points()->rows().at(1).point.id; // 4/4
        BITDIAL_TRY_VERIFY(charts[1]->pointAt(charts[1]->positionOf(id)) == id);
        QTest::mouseClick(charts[1], Qt::LeftButton, {}, charts[1]->positionOf(id));
        QCOMPARE(opened.document->points()->selected(), id);
        const auto* layers = opened.document->layers();
        QCOMPARE(layers->assignment(), opened.selected()->point.assignment);
        QCOMPARE(layers->assignment().weightBits(1), 4);
        const auto labels = opened.window.findChildren<QLabel*>();
        const auto title = tr("Selected point %1").arg(id);
        QVERIFY(std::ranges::any_of(labels, [&](const QLabel* l) { return l->text() == title; }));
        // A change by hand of that point starts from its numbers.
        opened.click(1, LayerModel::Weight, 8);
        BITDIAL_TRY_COMPARE(opened.document->points()->rowCount(), 4);
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.selected()->point.provenance.parent, id);
        QVERIFY(opened.selected()->point.accuracy(Rung::Integer) != nullptr);
    }

    void cancellingKeepsThePointsAndOffersToResume()
    {
        Opened opened(m_project);
        opened.run->ends = false;
        QVERIFY(opened.wait());
        QVERIFY(opened.search());
        const auto buttons = opened.window.findChildren<QAbstractButton*>();
        const auto isCancel = [](const QAbstractButton* button) {
            return button->accessibleName() == "Cancel free-bits" && button->isVisible();
        };
        BITDIAL_TRY_VERIFY(std::ranges::any_of(buttons, isCancel));
        auto* cancel = *std::ranges::find_if(buttons, isCancel);
        QTest::mouseClick(cancel, Qt::LeftButton);
        QVERIFY(!cancel->isEnabled()); // acknowledged within the click
        QVERIFY(opened.document->searches()->isCancelling());
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.document->points()->rowCount(), 3);
        QVERIFY(opened.message()->text().contains("kept"));
        QVERIFY(opened.document->resumable("free-bits").has_value());

        opened.run->ends = true;
        opened.document->search({"free-bits", {"pulp-open-xpulpnn"}, {}, 1, 0, true});
        QVERIFY(opened.waitIdle());
        QVERIFY(opened.run->resumed);
        QCOMPARE(opened.document->points()->rowCount(), 3); // found again, they keep their ids
        QVERIFY(!opened.document->resumable("free-bits").has_value());
    }

    void aRealSearchCanBeInterruptedAndResumed()
    {
        Opened opened(m_project);
        opened.document->setSearchMethods(SearchMethods(
            {std::make_shared<HeldSearch>(standardSearchMethods().find("free-bits"), 2)}));
        QVERIFY(opened.wait());
        const auto* points = opened.document->points();
        SearchRequest request{"free-bits",
                              {"pulp-open-xpulpnn", "pulp-open-xpulpv2"},
                              {{"strengths", "0.002,0.5"},
                               {"gate_steps", "6"},
                               {"gate_batch", "16"},
                               {"tune_steps", "4"},
                               {"tune_batch", "16"}},
                              3,
                              0,
                              false};
        opened.document->search(request);
        BITDIAL_TRY_VERIFY(points->rowCount() >= 2);
        opened.document->searches()->cancelAll();
        QVERIFY(opened.waitIdle());
        const int found = points->rowCount();
        // What the project remembers of the search is enough to go on with it.
        QVERIFY(opened.document->resumable("free-bits").has_value());
        auto resumed = *opened.document->resumable("free-bits");
        QCOMPARE(resumed, request);
        resumed.resume = true;
        opened.document->setSearchMethods(standardSearchMethods());
        opened.document->search(resumed);
        QVERIFY(opened.waitIdle());
        QVERIFY2(opened.message()->text().contains("done"), qPrintable(opened.message()->text()));
        QVERIFY(points->rowCount() > found);
        QVERIFY(std::ranges::any_of(points->rows(), [](const PointRow& row) {
            return row.point.provenance.role == PointRole::Refined &&
                   row.point.provenance.parent != 0;
        }));
        // A change by hand is then measured on test samples too, to be compared with the front.
        opened.click(1, LayerModel::Weight, 4);
        BITDIAL_TRY_VERIFY(opened.selected() != nullptr);
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.selected()->point.accuracy(Rung::Integer)->role, DataRole::Test);
    }

    void editingWorksWhileASearchRuns()
    {
        Opened opened(m_project);
        opened.run->ends = false;
        QVERIFY(opened.wait());
        QVERIFY(opened.search());
        opened.click(1, LayerModel::Weight, 4);
        BITDIAL_TRY_COMPARE(opened.document->points()->rowCount(), 4);
        BITDIAL_TRY_VERIFY(opened.selected()->point.accuracy(Rung::Integer) != nullptr);
        QVERIFY(!opened.document->searches()->isIdle());
    }

    void closingDuringASearchEndsCleanly()
    {
        std::filesystem::path file;
        {
            Opened opened(m_project);
            opened.run->ends = false;
            QVERIFY(opened.wait());
            QVERIFY(opened.search());
            file = opened.document->project().path;
            opened.window.close();
            QVERIFY(opened.window.isVisible()); // first the job ends
            BITDIAL_TRY_VERIFY(!opened.window.isVisible());
            QVERIFY(opened.document->isIdle());
        }
        QCOMPARE(Project::open(file)->points().size(), std::size_t(3));
    }

    void aBadFileShowsAMessageAndChangesNothing()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        opened.click(1, LayerModel::Weight, 4);
        BITDIAL_TRY_COMPARE(opened.document->points()->rowCount(), 1);
        QVERIFY(opened.waitIdle());
        const auto path = opened.document->project().path;
        const auto bad = m_project.path("bad.bitdial");
        writeFileAtomically(bad, std::string_view("no project"));
        auto wanted = m_project.wanted();
        wanted.network = m_project.path("cut.onnx").string();
        auto bytes = readFile(m_project.path("small.onnx"));
        bytes.resize(bytes.size() / 2);
        writeFileAtomically(wanted.network, bytes);
        const auto files = [] {
            return std::distance(std::filesystem::directory_iterator(Document::untitledFolder()),
                                 {});
        };
        const auto before = files();
        opened.window.openFile(QString::fromStdString(bad.string()));
        BITDIAL_TRY_VERIFY(opened.message()->text().contains("bad.bitdial"));
        opened.document->create(wanted);
        BITDIAL_TRY_VERIFY(opened.message()->text().contains("cut.onnx"));
        opened.document->addProfile(m_project.path("data.json").string());
        BITDIAL_TRY_VERIFY(opened.message()->text().contains("data.json"));
        QVERIFY(opened.waitIdle());
        QCOMPARE(files(), before);
        QCOMPARE(opened.document->project().path, path);
        QCOMPARE(opened.document->points()->rowCount(), 1);
        QCOMPARE(opened.document->targets().size(), std::size_t(2));
        QVERIFY(opened.document->undoStack()->canUndo());
    }

    void anExportIsVerified()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        QVERIFY(opened.search());
        QVERIFY(opened.waitIdle());
        const auto folder = m_project.path("export");
        opened.document->exportPoint(
            {opened.document->points()->rows().at(1).point.id, 0, folder, 2});
        QVERIFY(opened.waitIdle());
        QVERIFY2(opened.message()->text().contains("bit for bit"),
                 qPrintable(opened.message()->text()));
        QVERIFY(std::filesystem::exists(folder / "Makefile"));
    }

private:
    SmallProject m_project;
};

QTEST_MAIN(TestMainWindow)
#include "tst_main_window.moc"
