// SPDX-License-Identifier: Apache-2.0
#include "tests/support/patience.h"
#include "tests/widgets/view_fixture.h"
#include "widgets/style/theme.h"
#include "widgets/views/change_bars.h"
#include "widgets/views/job_bar.h"
#include "widgets/views/message_bar.h"
#include "widgets/views/network_panel.h"
#include "widgets/views/point_panel.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// All that a widget says where it can be seen.
QStringList visibleTexts(const QWidget& widget)
{
    QStringList texts;
    for (const auto* label : widget.findChildren<QLabel*>())
        if (label->isVisibleTo(&widget) && !label->text().isEmpty())
            texts << label->text();
    return texts;
}

} // namespace

class TestPanels : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    /// A job comes and goes with every edit; if the line grew, the whole window would be laid out
    /// and painted anew each time.
    void theStatusLineKeepsItsHeight()
    {
        applyTheme(*qApp, ThemeChoice::Light);
        JobBar bar;
        bar.resize(800, bar.sizeHint().height());
        bar.show();
        QVERIFY(QTest::qWaitForWindowExposed(&bar, patience_ms));
        const int idle = bar.sizeHint().expandedTo(bar.minimumSize()).height();
        bar.setJobs({{0, QStringLiteral("Measuring"), QStringLiteral("integer"), 0.5, 1, 2}});
        QTest::qWait(1);
        QCOMPARE(bar.sizeHint().expandedTo(bar.minimumSize()).height(), idle);
        QCOMPARE(bar.minimumSizeHint().expandedTo(bar.minimumSize()).height(), idle);
        bar.setJobs({});
        QCOMPARE(bar.sizeHint().expandedTo(bar.minimumSize()).height(), idle);
        qApp->setStyleSheet({});
    }

    void pointPanelComparesLikeWithLike()
    {
        const std::vector<TargetInfo> targets = {target("A", 1e8), target("B", 1e8)};
        auto reference = pointRow(1, "uniform", 0, 0, {2, 4}, 940);
        auto row = pointRow(7, "free-bits", 2, 6, {1.5, 5}, 930);
        PointPanel panel;
        QVERIFY(visibleTexts(panel).join(u' ').contains(QStringLiteral("Select a point")));
        panel.setPoint(&row, &reference, targets, &row.point.accuracies[0]);
        auto texts = visibleTexts(panel);
        for (const auto* expected : {"1.50 ms", "93.0 %", "−25.0 %", "−1.0 points", "n = 1,000",
                                     "integer, test", "5.00 ms", "free-bits, stage 2"})
            QVERIFY2(texts.contains(QString::fromUtf8(expected)), expected);
        reference.point.accuracies[0].role = DataRole::Validation;
        panel.setPoint(&row, &reference, targets, &row.point.accuracies[0]);
        QVERIFY(visibleTexts(panel).contains(QStringLiteral("not measured alike")));
        row.point.accuracies.push_back({Rung::Fake, DataRole::Test, 931, 1000});
        panel.setPoint(&row, nullptr, targets, &row.point.accuracies[0]);
        QVERIFY(visibleTexts(panel).contains(QStringLiteral("−0.10 points")));

        row.measured = {MeasuredLatency{1.75, 175000, true, "gvsoc, 2026-12-01"}};
        panel.setPoint(&row, nullptr, targets, &row.point.accuracies[0]);
        QVERIFY(visibleTexts(panel).contains(QStringLiteral("1.75 ms (stale)")));

        QSignalSpy parent(&panel, &PointPanel::parentActivated);
        panel.findChild<QPushButton*>()->click();
        QCOMPARE(parent.count(), 1);
        QCOMPARE(parent[0][0].toLongLong(), 6);
    }

    void pointPanelBearsFloatAndUnmeasuredPoints()
    {
        const std::vector<TargetInfo> targets = {target("A", 1e8)};
        PointPanel panel;
        auto row = pointRow(1, "float", 0, 0, {}, 935, Rung::Float);
        panel.setPoint(&row, nullptr, targets, &row.point.accuracies[0]);
        QVERIFY(visibleTexts(panel).contains(QStringLiteral("93.5 %")));
        row = pointRow(2, "hand", 0, 1, {-1}, -1);
        panel.setPoint(&row, nullptr, targets, nullptr);
        QVERIFY(visibleTexts(panel).contains(QStringLiteral("accuracy not measured yet")));
        QVERIFY(visibleTexts(panel).contains(QStringLiteral("cannot run")));
        panel.setPoint(&row, nullptr, {}, nullptr);
        panel.setPoint(nullptr, nullptr, {}, nullptr);
    }

    void changesAreSortedAndSummed()
    {
        NetworkCost before;
        NetworkCost after;
        QStringList names;
        double total = 0;
        for (int i = 0; i < 12; ++i) {
            before.layers.emplace_back().latency_cycles = 1000;
            after.layers.emplace_back().latency_cycles = 1000 + (i % 2 == 0 ? i : -i) * 10;
            names << QStringLiteral("l%1").arg(i);
            total += (i % 2 == 0 ? i : -i) * 10;
        }
        const auto changes = layerChanges(after, before, names);
        QCOMPARE(changes.size(), std::size_t(11)); // l0 did not change
        QCOMPARE(changes.front(), (LayerChange{QStringLiteral("l11"), -110}));
        ChangeBars bars;
        bars.setChanges(changes);
        double shown = 0;
        for (const auto& line : bars.lines())
            shown += line.cycles;
        QCOMPARE(shown, total);
        QVERIFY(bars.lines().size() < changes.size());
    }

    void pointPanelShowsTheAccuracyOfTheCharts()
    {
        auto row = pointRow(7, "free-bits", 2, 6, {1.5}, 930);
        row.point.accuracies.push_back({Rung::Device, DataRole::Test, 800, 1000});
        row.costs[0].estimated = true;
        PointPanel panel;
        panel.setPoint(&row, nullptr, {target("A", 1e8)}, &row.point.accuracies[0]);
        QVERIFY(visibleTexts(panel).contains(QStringLiteral("93.0 %")));
        QCOMPARE(visibleTexts(panel).count(QStringLiteral("~ 1.50 ms")), 2); // big and in the list
    }

    void jobBarShowsEveryRunningJob()
    {
        JobBar bar;
        const auto cancels = [&] { return bar.findChildren<QPushButton*>(); };
        QVERIFY(!cancels()[0]->isVisibleTo(&bar));
        QVERIFY(visibleTexts(bar).contains(QStringLiteral("No job is running")));
        JobStatus search{0, QStringLiteral("free-bits"), QStringLiteral("stage 1"), 0.5, 180, 360};
        const JobStatus exporting{1, QStringLiteral("Exporting point 3")};
        bar.setJobs({search, exporting});
        const auto texts = visibleTexts(bar);
        for (const auto* expected :
             {"free-bits · stage 1", "about 5 min left (3–6)", "Exporting point 3"})
            QVERIFY2(texts.contains(QString::fromUtf8(expected)), expected);
        QVERIFY(!texts.contains(QStringLiteral("No job is running")));
        QSignalSpy requested(&bar, &JobBar::cancelRequested);
        cancels()[1]->click();
        QCOMPARE(requested, QList<QVariantList>({{1}}));
        // Another job of the same name can be cancelled though the one before it was.
        search.is_cancelling = true;
        bar.setJobs({search});
        QVERIFY(!cancels()[0]->isEnabled());
        QVERIFY(visibleTexts(bar).contains(QStringLiteral("cancelling…")));
        search.is_cancelling = false;
        bar.setJobs({search});
        QVERIFY(cancels()[0]->isEnabled());
        bar.setJobs({});
        QVERIFY(!cancels()[0]->isVisibleTo(&bar));
    }

    void anUnreadErrorStays()
    {
        MessageBar bar;
        bar.showError(Error(ErrorCode::BadInput, "first", "", "", "next"));
        bar.showNotice(QStringLiteral("done"));
        QCOMPARE(bar.text(), QStringLiteral("first\nnext"));
        bar.showError(Error(ErrorCode::BadInput, "second", "", "", "next"));
        QCOMPARE(bar.text(), QStringLiteral("second\nnext"));
        QVERIFY(visibleTexts(bar).contains(QStringLiteral("2 errors")));
        bar.dismiss();
        QCOMPARE(bar.text(), QStringLiteral("first\nnext"));
        bar.dismiss();
        QCOMPARE(bar.text(), QStringLiteral("done"));
        bar.dismiss();
        QVERIFY(bar.isHidden());
        bar.showError(Error(ErrorCode::BadInput, "third", "", "", "next"));
        bar.clear();
        QVERIFY(bar.isHidden());
    }

    void messageBarShowsAllOfAnError()
    {
        MessageBar bar;
        QVERIFY(bar.isHidden());
        bar.showError(Error(ErrorCode::BadInput, "what", "file:1:2", "why", "next"));
        QCOMPARE(bar.text(), QStringLiteral("what\nfile:1:2: why\nnext"));
        QVERIFY(!bar.isHidden());
        QSignalSpy dismissed(&bar, &MessageBar::dismissed);
        bar.findChild<QToolButton*>(QStringLiteral("close"))->click();
        QVERIFY(bar.isHidden());
        QCOMPARE(dismissed.count(), 1);
        bar.showNotice(QStringLiteral("exported"));
        QCOMPARE(bar.text(), QStringLiteral("exported"));
        QTest::keyClick(&bar, Qt::Key_Escape);
        QVERIFY(bar.isHidden());
    }

    void networkPanelTellsItsChoices()
    {
        NetworkPanel panel;
        auto estimated = target("B", 1e8);
        estimated.estimates << QStringLiteral("depthwise <taken> from A");
        panel.setTargets({target("A", 1e8), estimated});
        const auto boxes = panel.findChildren<QCheckBox*>();
        QCOMPARE(boxes.size(), 2);
        QVERIFY(boxes[1]->text().contains(u'~'));
        QVERIFY(boxes[1]->toolTip().contains(QStringLiteral("depthwise &lt;taken&gt;")));
        QSignalSpy toggled(&panel, &NetworkPanel::targetToggled);
        boxes[1]->click();
        QCOMPARE(toggled.count(), 1);
        QCOMPARE(toggled[0], (QVariantList{1, false}));
        std::optional<Rung> chosen = Rung::Float;
        connect(&panel, &NetworkPanel::rungChosen, this,
                [&](std::optional<Rung> rung) { chosen = rung; });
        auto* combo = panel.findChild<QComboBox*>();
        panel.show();
        QTest::keyClick(combo, Qt::Key_Down);
        QCOMPARE(chosen, std::optional(Rung::Device));
        QTest::keyClick(combo, Qt::Key_Up);
        QVERIFY(!chosen.has_value());
    }
};

QTEST_MAIN(TestPanels)
#include "tst_panels.moc"
