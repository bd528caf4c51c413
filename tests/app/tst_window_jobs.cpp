// SPDX-License-Identifier: Apache-2.0
// What the window's jobs leave behind when they are cancelled, refused, or run beside each other.
#include "app/window/dialogs/cost_dialog.h"
#include "app/window/dialogs/network_check_dialog.h"
#include "app/window/dialogs/search_dialog.h"
#include "app/window/dialogs/what_if_dialog.h"
#include "core/base/file.h"
#include "core/project/run_log.h"
#include "opened_window.h"
#include "widgets/charts/roofline_view.h"
#include "widgets/models/layer_model.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTableView>
#include <QTableWidget>
#include <QtTest>

#include <algorithm>
#include <functional>
#include <semaphore>
#include <utility>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Calls once when a job of the queue that tells no progress has ended on its own thread, just
/// before the queue handles that.
class BeforeItsEnd : public QObject {
public:
    BeforeItsEnd(JobQueue* queue, std::function<void()> call) : m_call(std::move(call))
    {
        queue->installEventFilter(this);
    }
    bool hasCome() const { return m_call == nullptr; }

protected:
    bool eventFilter(QObject*, QEvent* event) override
    {
        if (event->type() == QEvent::MetaCall)
            if (const auto call = std::exchange(m_call, nullptr))
                call();
        return false;
    }

private:
    std::function<void()> m_call;
};

} // namespace

class TestWindowJobs : public QObject {
    Q_OBJECT

public:
    static void initMain() { useFolderOfTheTest(); }

private Q_SLOTS:
    void aSearchWithoutAJournalCannotBeResumed()
    {
        Opened opened(m_project);
        opened.run->points = 0;
        opened.run->ends = false;
        QVERIFY(opened.wait());
        QVERIFY(opened.search());
        opened.document->searches()->cancelAll();
        QVERIFY(opened.waitIdle());
        QVERIFY(!opened.document->resumable("free-bits").has_value());
        QVERIFY(!opened.message()->text().contains("resume it"));
        // Nor can one that was refused.
        opened.document->setSearchMethods(standardSearchMethods());
        opened.document->search(
            {"free-bits", {"pulp-open-xpulpnn"}, {{"strengths", "0.004,0.004"}}, 7, 0, false});
        QVERIFY(opened.waitIdle());
        QVERIFY(opened.message()->text().contains("strength"));
        QVERIFY(!opened.document->resumable("free-bits").has_value());
        // Asked for all the same it is refused: it would be another search.
        opened.document->search({"free-bits", {"pulp-open-xpulpnn"}, {}, 1, 0, true});
        QVERIFY(opened.waitIdle());
        QVERIFY(opened.message()->text().contains("no search to resume"));
    }

    void anInterruptedSearchIsResumedAsItWasBegun()
    {
        Opened opened(m_project);
        opened.run->ends = false;
        QVERIFY(opened.wait());
        const SearchRequest first{
            "free-bits", {"pulp-open-xpulpv2"}, {{"strengths", "0.5"}}, 7, 120, false};
        const auto searchAndCancel = [&](const SearchRequest& request, int points) {
            opened.run->reported = 0;
            opened.run->points = points;
            opened.document->search(request);
            return QTest::qWaitFor([&] { return opened.run->reported == points; }, patience_ms) &&
                   (opened.document->searches()->cancelAll(), opened.waitIdle());
        };
        QVERIFY(searchAndCancel(first, 3));
        // Another one that was stopped before it came anywhere leaves the older one to go on with.
        QVERIFY(searchAndCancel({"free-bits", {"pulp-open-xpulpnn"}, {}, 8, 0, false}, 0));
        QVERIFY(!opened.message()->text().contains("resume it"));
        QCOMPARE(opened.document->resumable("free-bits"), std::optional(first));
        const auto path = opened.document->project().path;
        QSignalSpy again(opened.document, &Document::opened);
        opened.document->open(path);
        QVERIFY(again.wait(patience_ms) && opened.waitIdle());
        QCOMPARE(opened.document->resumable("free-bits"), std::optional(first));
        SearchDialog dialog(opened.document->targets(), standardSearchMethods(),
                            {{}, {{"free-bits", first}}}, nullptr);
        auto resumed = first;
        resumed.resume = true;
        QCOMPARE(dialog.request(), resumed);
        for (const auto* box : dialog.findChildren<QCheckBox*>())
            QCOMPARE(box->isEnabled(), box->text().contains("Resume"));
        // A later run that another program left, without its request, is not taken for that one.
        RunLog log(*opened.document->project().project);
        log.append(log.begin("free-bits", ""), "of another");
        opened.document->open(path);
        QVERIFY(again.wait(patience_ms) && opened.waitIdle());
        QVERIFY(opened.document->resumable("free-bits").has_value());
        QVERIFY(opened.document->resumable("free-bits") != std::optional(first));
    }

    void whatIsOpenedWhileClosingStaysClosed()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        const auto path = opened.document->project().path;
        opened.document->saveAs(m_project.path("kept.bitdial"));
        QVERIFY(opened.waitIdle());
        QSignalSpy again(opened.document, &Document::opened);
        BeforeItsEnd closing(opened.document->works(), [&] { opened.document->close(); });
        opened.document->open(m_project.path("kept.bitdial"));
        QVERIFY(opened.waitIdle());
        QVERIFY(closing.hasCome());
        QVERIFY(!opened.document->isOpen());
        QCOMPARE(again.count(), 0);
    }

    /// Between asking for the copy and the copy, nothing may begin in the file that goes away.
    void aSearchBegunWhileSavingGoesIntoTheCopy()
    {
        Opened opened(m_project);
        opened.run->points = 2;
        QVERIFY(opened.wait());
        const auto old_path = opened.document->project().path;
        const auto path = m_project.path("copy.bitdial");
        opened.click(1, LayerModel::Weight, 4); // stored and measured meanwhile
        opened.document->saveAs(path);
        opened.document->search({"free-bits", {"pulp-open-xpulpnn"}, {}, 1, 0, false});
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.document->project().path, path);
        QVERIFY(!std::filesystem::exists(old_path));
        QCOMPARE(opened.document->points()->rowCount(), 3);
        QCOMPARE(Project::connect(path)->points().size(), std::size_t(3));
    }

    /// Every option of every method is asked for, though nobody wrote a line of the dialog for it.
    void theSearchDialogIsMadeFromTheMethods()
    {
        static const MethodInfo about = {
            "toy",
            "Toy",
            "Finds nothing.",
            "Nobody, 2026",
            MethodNeeds::Nothing,
            MethodFamily::Evolutionary,
            {{"tries", OptionType::Count, "Tries", "how often", "3", 1, 9, {}, true},
             {"way", OptionType::Choice, "Way", "where", "up", 0, 0, {"up", "down"}},
             {"bounds", OptionType::Numbers, "Bounds", "what", "", 0, 1},
             {"on", OptionType::Target, "On", "which", ""}}};
        struct Toy : SearchMethod {
            const MethodInfo& info() const override { return about; }
            SearchEnd run(const SearchProblem&, SearchObserver&, std::stop_token) const override
            {
                return SearchEnd::Complete;
            }
        };
        Opened opened(m_project);
        QVERIFY(opened.wait());
        auto all = standardSearchMethods().all();
        all.push_back(std::make_shared<Toy>());
        SearchDialog dialog(opened.document->targets(), SearchMethods(all), {}, nullptr);
        dialog.show();
        auto* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
        const auto field = [&](const QString& name) {
            for (auto* widget : dialog.findChildren<QWidget*>())
                if (widget->accessibleName() == name)
                    return widget;
            return static_cast<QWidget*>(nullptr);
        };
        // Free Bits: strengths as small as the method takes, and every other option.
        auto* strengths = qobject_cast<QLineEdit*>(field("Strengths"));
        strengths->setText("0.00001,5");
        QVERIFY(ok->isEnabled());
        QCOMPARE(dialog.request().options.at("strengths"), std::string("0.00001,5"));
        strengths->setText("5,5");
        QVERIFY(!ok->isEnabled());
        QVERIFY(field("Fine-tuning step rate") != nullptr);
        QVERIFY(!field("Fine-tuning step rate")->isVisible());
        // The other method, with all of its kinds of option.
        qobject_cast<QComboBox*>(field("Method"))->setCurrentIndex(1);
        QVERIFY(ok->isEnabled() && field("Strengths") == nullptr);
        QVERIFY(dialog.request().options.empty());
        qobject_cast<QSpinBox*>(field("Tries"))->setValue(7);
        qobject_cast<QComboBox*>(field("Way"))->setCurrentIndex(1);
        qobject_cast<QLineEdit*>(field("Bounds"))->setText("0.5, 2");
        QVERIFY(!ok->isEnabled());
        qobject_cast<QLineEdit*>(field("Bounds"))->setText("0.5,1");
        qobject_cast<QComboBox*>(field("On"))->setCurrentIndex(2);
        const std::map<std::string, std::string> expected = {
            {"tries", "7"},
            {"way", "down"},
            {"bounds", "0.5,1"},
            {"on", opened.document->targets()[1].name.toStdString()}};
        QCOMPARE(dialog.request().options, expected);
        QCOMPARE(dialog.request().method, std::string("toy"));
    }

    /// Limits and locks are text, refused where they are written.
    void theSearchDialogTakesLimitsAndLocks()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        const auto target = opened.document->targets()[0].name;
        SearchRequest latest;
        latest.budgets = {{"", CostAxis::Latency, 5}};
        SearchDialog dialog(opened.document->targets(), standardSearchMethods(),
                            {{{"free-bits", latest}}, {}}, nullptr);
        dialog.show();
        QLineEdit* limits = nullptr;
        QLineEdit* locks = nullptr;
        for (auto* edit : dialog.findChildren<QLineEdit*>()) {
            limits = edit->accessibleName() == "Limits" ? edit : limits;
            locks = edit->accessibleName() == "Locked widths" ? edit : locks;
        }
        QVERIFY(limits && locks);
        QCOMPARE(limits->text(), QString("latency_ms=5")); // as it was asked before
        auto* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
        const auto type = [](QLineEdit* edit, const QString& text) {
            edit->selectAll();
            QTest::keyClicks(edit, text);
        };
        const auto says = [&](const QString& text) {
            return std::ranges::any_of(dialog.findChildren<QLabel*>(), [&](const QLabel* label) {
                return label->isVisible() && label->text().contains(text);
            });
        };
        type(limits, "latency=5");
        QVERIFY(!ok->isEnabled() && says("latency_ms"));
        type(limits, "nowhere:latency_ms=5");
        QVERIFY(!ok->isEnabled() && says("nowhere"));
        type(limits, "bops=1e6, " + target + ":weight_bytes=200000");
        QVERIFY(ok->isEnabled());
        type(locks, "first=3");
        QVERIFY(!ok->isEnabled() && says("2, 4 and 8"));
        type(locks, "first, block*=4,");
        QVERIFY(ok->isEnabled());
        const auto request = dialog.request();
        const std::vector<Budget> budgets = {{"", CostAxis::Bops, 1e6},
                                             {target.toStdString(), CostAxis::WeightBytes, 200000}};
        QVERIFY(request.budgets == budgets);
        QVERIFY((request.locks == std::vector<WidthLock>{{"first", 8}, {"block*", 4}}));
    }

    void theCheckShowsNodesTargetsAndSamples()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        QTest::keyClick(&opened.window, Qt::Key_I, Qt::ControlModifier);
        const NetworkCheckDialog* dialog = nullptr;
        BITDIAL_TRY_VERIFY((dialog = opened.window.findChild<NetworkCheckDialog*>()) != nullptr);
        const auto* nodes = dialog->findChild<QTableView*>();
        QVERIFY(nodes != nullptr);
        QCOMPARE(nodes->model()->rowCount(),
                 int(opened.document->project().network->report().size()));
        QStringList texts;
        int pictures = 0;
        for (const auto* label : dialog->findChildren<QLabel*>()) {
            texts << label->text();
            pictures += label->pixmap().isNull() ? 0 : 1;
        }
        QCOMPARE(texts.count(tr("runs all of it")), 2);
        QVERIFY(!texts.filter("200 of 2 classes").isEmpty());
        QVERIFY(pictures > 0);
    }

    void theCostDialogFollowsLayersAndEdits()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        opened.table()->setCurrentIndex(opened.document->layers()->index(1, LayerModel::Weight));
        QTest::keyClick(&opened.window, Qt::Key_T, Qt::ControlModifier);
        const CostDialog* dialog = nullptr;
        BITDIAL_TRY_VERIFY((dialog = opened.window.findChild<CostDialog*>()) != nullptr);
        BITDIAL_TRY_VERIFY(dialog->isVisible());
        QCOMPARE(dialog->layer(), 1);
        const auto rooflines = dialog->findChildren<RooflineView*>();
        QCOMPARE(rooflines.size(), 2);
        const auto place = rooflines[0]->positionOf(0);
        QVERIFY(!place.isNull());
        QTest::mouseClick(rooflines[0], Qt::LeftButton, {}, place.toPoint());
        QCOMPARE(dialog->layer(), rooflines[0]->layerAt(place));
        QCOMPARE(rooflines[1]->selected(), dialog->layer());
        opened.click(0, LayerModel::Weight, 2);
        BITDIAL_TRY_VERIFY(rooflines[0]->positionOf(0) != place);
        QVERIFY(opened.waitIdle());
    }

    void whatIfAddsATargetUntilTheProjectIsClosed()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        WhatIfDialog dialog(opened.document->project().profiles, nullptr);
        QVERIFY(dialog.settings().empty());
        auto* ok = dialog.findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
        QVERIFY(!ok->isEnabled());
        dialog.findChild<QLineEdit*>()->setText(QStringLiteral("clock"));
        auto* figures = dialog.findChild<QTableWidget*>();
        int row = 0;
        while (figures->isRowHidden(row))
            ++row;
        QCOMPARE(figures->item(row, 0)->text(), QStringLiteral("clock_hz"));
        figures->item(row, 2)->setText(QStringLiteral("200000000"));
        QVERIFY(ok->isEnabled());
        const auto settings = dialog.settings();
        QCOMPARE(settings, std::vector<std::string>{"clock_hz=200000000"});

        // What the profile refuses is said in the dialog, which stays as it is.
        figures->item(row, 2)->setText(QStringLiteral("-1"));
        dialog.accept();
        QCOMPARE(dialog.result(), int(QDialog::Rejected));
        const auto labels = dialog.findChildren<QLabel*>();
        QVERIFY(std::ranges::any_of(labels, [](const QLabel* label) {
            return label->text().contains(QStringLiteral("clock_hz")) && !label->isHidden();
        }));
        figures->item(row, 2)->setText(QStringLiteral("200000000"));
        dialog.accept();
        QCOMPARE(dialog.result(), int(QDialog::Accepted));

        const auto before = opened.document->costs().at(0).latency_ms;
        opened.document->addWhatIf(dialog.target(), settings);
        BITDIAL_TRY_COMPARE(opened.document->targets().size(), std::size_t(3));
        QCOMPARE(opened.document->costs().at(2).latency_ms * 2, before);
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.document->project().project->profileTexts().size(), std::size_t(2));
    }

    void aReplacedProfileCostsWhatARunningSearchFinds()
    {
        Opened opened(m_project);
        opened.run->allowed = 1;
        QVERIFY(opened.wait());
        auto* points = opened.document->points();
        opened.document->search({"free-bits", {"pulp-open-xpulpnn"}, {}, 1, 0, false});
        BITDIAL_TRY_COMPARE(points->rowCount(), 1);
        const double before = points->rows()[0].costs[0].latency_ms;
        const auto slower = profileWith("\"clock_hz\": ", "\"clock_hz\": 1");
        opened.document->addProfile(slower.string());
        BITDIAL_TRY_VERIFY(points->rows()[0].costs[0].latency_ms != before);
        opened.run->allowed = 3;
        BITDIAL_TRY_COMPARE(points->rowCount(), 3);
        QVERIFY(opened.waitIdle());
        QCOMPARE(points->targets().size(), std::size_t(2));
        for (const auto& row : points->rows())
            for (std::size_t t = 0; t < row.costs.size(); ++t)
                QCOMPARE(
                    row.costs[t].latency_ms,
                    opened.document->project().models[t]->cost(row.point.assignment).latency_ms);
    }

    void profilesAddedQuicklyAllCome()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        opened.document->addProfile(profileWith("\"name\": \"", "\"name\": \"one-").string());
        opened.document->addProfile(profileWith("\"name\": \"", "\"name\": \"two-").string());
        opened.document->addProfile(m_project.path("data.json").string()); // no profile
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.document->targets().size(), std::size_t(4));
        const auto stored = Project::open(opened.document->project().path);
        QCOMPARE(stored->profileTexts().size(), std::size_t(4));
        // What was shown of the last one stays when a further one comes.
        QVERIFY(opened.message()->text().contains("data.json"));
        opened.document->addProfile(profileWith("\"name\": \"", "\"name\": \"new-").string());
        QVERIFY(opened.waitIdle());
        QCOMPARE(opened.document->targets().size(), std::size_t(5));
        QVERIFY(opened.message()->text().contains("data.json"));
    }

    void aCancelledFloatMeasurementIsNotUnderWay()
    {
        Opened opened(m_project);
        // It stands behind another job, so that it cannot end before it is cancelled.
        std::binary_semaphore release{0};
        opened.document->measurements()->add(
            {"before it", [&](JobContext&) { release.acquire(); }, {}, {}});
        bool was_measuring = false;
        connect(opened.document, &Document::floatAccuracyChanged, this, [&] {
            if (!opened.document->isMeasuringFloat())
                return;
            was_measuring = true;
            opened.document->measurements()->cancelAll();
            release.release();
        });
        QVERIFY(opened.wait());
        QVERIFY(was_measuring);
        QVERIFY(!opened.document->isMeasuringFloat());
        QVERIFY(!opened.document->floatAccuracy().has_value());
        const auto labels = opened.window.findChildren<QLabel*>();
        const auto says = [&](const QString& text) {
            return std::ranges::any_of(labels, [&](auto* label) { return label->text() == text; });
        };
        QVERIFY(says("not measured") && !says("measuring…"));
    }

    void savingWaitsForAnExport()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        QVERIFY(opened.search());
        QVERIFY(opened.waitIdle());
        const auto untitled = opened.document->project().path;
        const auto id = opened.document->points()->rows().at(1).point.id;
        for (const auto* folder : {"export1", "export2"})
            opened.document->exportPoint({id, 0, m_project.path(folder), 1});
        const auto file = m_project.path("after.bitdial");
        opened.document->saveAs(file);
        BITDIAL_TRY_COMPARE(opened.document->project().path, file);
        QVERIFY(opened.waitIdle());
        QVERIFY(std::filesystem::exists(m_project.path("export2") / "Makefile"));
        QVERIFY2(opened.message()->text().contains("bit for bit"), // no error hides it
                 qPrintable(opened.message()->text()));
        QVERIFY(!std::filesystem::exists(untitled));
    }

    void aCancelledExportSaysThatItIsNotVerified()
    {
        Opened opened(m_project);
        QVERIFY(opened.wait());
        QVERIFY(opened.search());
        QVERIFY(opened.waitIdle());
        auto* works = opened.document->works();
        connect(works, &JobQueue::changed, works, [works] {
            if (works->progress().phase == "verifying" && !works->isCancelling())
                works->cancelAll();
        });
        const auto folder = m_project.path("unverified");
        opened.document->exportPoint(
            {opened.document->points()->rows().at(1).point.id, 0, folder, 2});
        QVERIFY(opened.waitIdle());
        const auto text = opened.message()->text();
        QVERIFY2(text.contains("not verified") && text.contains("unverified"), qPrintable(text));
        QVERIFY(std::filesystem::exists(folder / "Makefile"));
    }

    void anUnusableDataFolderIsNamed()
    {
        const auto path = m_project.path("small.onnx") / "folder" / "new.bitdial"; // a file
        try {
            createProject(m_project.wanted(), path, {});
            QFAIL("it was made");
        } catch (const Error& error) {
            QVERIFY(error.details().where.find("small.onnx/folder") != std::string::npos);
            QVERIFY(error.details().next.find("XDG_DATA_HOME") != std::string::npos);
        }
    }

private:
    /// A copy of the first target's profile with `from` replaced where it comes first.
    std::filesystem::path profileWith(const QString& from, const QString& to)
    {
        const auto bytes = readFile(m_project.wanted().profiles[0]);
        auto text =
            QString::fromUtf8(reinterpret_cast<const char*>(bytes.data()), qsizetype(bytes.size()));
        text.replace(text.indexOf(from), from.size(), to);
        const auto name = "changed" + std::to_string(++m_changed) + ".json";
        const auto file = m_project.path(name.c_str());
        writeFileAtomically(file, std::string_view(text.toStdString()));
        return file;
    }

    SmallProject m_project;
    int m_changed = 0;
};

QTEST_MAIN(TestWindowJobs)
#include "tst_window_jobs.moc"
