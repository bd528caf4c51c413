// SPDX-License-Identifier: Apache-2.0
#include "tests/support/patience.h"
#include "tests/widgets/view_fixture.h"
#include "widgets/charts/front_chart.h"

#include <QLabel>
#include <QSignalSpy>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

class TestFrontChart : public QObject {
    Q_OBJECT

    PointModel m_model;
    std::unique_ptr<FrontChart> m_chart;

    /// All points are drawn apart and inside.
    bool isLaidOut() const
    {
        for (const auto& row : m_model.rows()) {
            const auto place = m_chart->positionOf(row.point.id);
            if (!m_chart->rect().contains(place) || m_chart->pointAt(place) != row.point.id)
                return false;
        }
        return true;
    }

private Q_SLOTS:
    void init()
    {
        m_model.reset({target("A", 1e8), target("B", 1e8)},
                      {pointRow(1, "hand", 0, 0, {1, 3}, 700),
                       pointRow(2, "hand", 0, 0, {2, 2}, 800),
                       pointRow(3, "free-bits", 2, 4, {3, 1}, 900),
                       pointRow(4, "free-bits", 1, 0, {2.5, 2.5}, 750)});
        m_chart = std::make_unique<FrontChart>(&m_model, 0);
        m_chart->resize(500, 360);
        m_chart->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_chart.get(), patience_ms));
        // The chart lays its axes out in the event loop.
        BITDIAL_TRY_VERIFY(isLaidOut());
    }
    void cleanup() { m_chart.reset(); }

    void pointsLieWhereTheyBelong()
    {
        const auto fast = m_chart->positionOf(1);
        const auto slow = m_chart->positionOf(3);
        QVERIFY(m_chart->rect().contains(fast) && m_chart->rect().contains(slow));
        QVERIFY(fast.x() < m_chart->positionOf(2).x() && m_chart->positionOf(2).x() < slow.x());
        QVERIFY(fast.y() > slow.y()); // less accurate is lower
        for (qint64 id = 1; id <= 4; ++id)
            QCOMPARE(m_chart->pointAt(m_chart->positionOf(id)), id);
        QCOMPARE(m_chart->pointAt({2, 2}), 0);
        QVERIFY(m_chart->positionOf(99).isNull());
    }

    void clickSelectsInTheModel()
    {
        QSignalSpy activated(m_chart.get(), &FrontChart::pointActivated);
        QTest::mouseClick(m_chart.get(), Qt::LeftButton, {}, m_chart->positionOf(4));
        QCOMPARE(activated.count(), 1);
        QCOMPARE(activated[0][0].toLongLong(), 4);
        QCOMPARE(m_model.selected(), 4);
        QTest::mouseClick(m_chart.get(), Qt::LeftButton, {}, {2, 2});
        QCOMPARE(activated.count(), 1);
    }

    void keysWalkTheFront()
    {
        const auto press = [&](Qt::Key key) {
            QTest::keyClick(m_chart.get(), key);
            return m_model.selected();
        };
        QCOMPARE(press(Qt::Key_Right), 1);
        QCOMPARE(press(Qt::Key_Right), 2);
        QCOMPARE(press(Qt::Key_Right), 3);
        QCOMPARE(press(Qt::Key_Right), 3);
        QCOMPARE(press(Qt::Key_Left), 2);
        QCOMPARE(press(Qt::Key_Home), 1);
        QCOMPARE(press(Qt::Key_End), 3);
    }

    void newPointsAppear()
    {
        m_model.append({pointRow(5, "hand", 0, 0, {4, 4}, 950)});
        BITDIAL_TRY_VERIFY(!m_chart->positionOf(5).isNull());
        BITDIAL_TRY_COMPARE(m_chart->pointAt(m_chart->positionOf(5)), 5);
        QVERIFY(m_chart->accessibleDescription().contains(QStringLiteral("5 points")));
        QVERIFY(m_chart->accessibleName().contains(u'A'));
    }

    void anEmptyChartSaysSo()
    {
        m_model.reset({target("A", 1e8)}, {});
        const auto labels = m_chart->findChildren<QLabel*>();
        BITDIAL_TRY_VERIFY(std::ranges::any_of(labels, [](const QLabel* label) {
            return label->isVisible() && label->text().startsWith(QStringLiteral("No points yet"));
        }));
    }
};

QTEST_MAIN(TestFrontChart)
#include "tst_front_chart.moc"
