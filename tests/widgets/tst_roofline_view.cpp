// SPDX-License-Identifier: Apache-2.0
#include "widgets/charts/roofline_view.h"

#include <QSignalSpy>
#include <QtTest>

#include <cmath>

using namespace bitdial;

namespace {

RooflinePoint point(int layer, double macs_per_byte, double macs_per_cycle)
{
    return {layer,
            QStringLiteral("layer %1").arg(layer),
            {macs_per_byte, macs_per_cycle, 16, macs_per_byte * 8, 8}};
}

} // namespace

class TestRooflineView : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_view = std::make_unique<RooflineView>(0);
        m_view->resize(400, 300);
        // Layer 3 has no MACs: it has no place under a roof.
        m_view->setPoints({point(0, 50, 12), point(1, 0.5, 0.8), point(2, 5, 6), point(3, 0, 0)});
        m_view->show();
    }

    void axesAreLogarithmic()
    {
        const auto slow = m_view->positionOf(1);
        const auto middle = m_view->positionOf(2);
        const auto fast = m_view->positionOf(0);
        // A factor of ten twice: equal steps to the right; twice the speed is higher.
        QVERIFY(std::abs((fast.x() - middle.x()) - (middle.x() - slow.x())) < 1e-6);
        QVERIFY(fast.x() > middle.x());
        QVERIFY(fast.y() < middle.y() && middle.y() < slow.y());
        const double decade = (slow.y() - middle.y()) / std::log10(6 / 0.8);
        QVERIFY(std::abs((middle.y() - fast.y()) - decade * std::log10(2)) < 1e-6);
        QVERIFY(m_view->positionOf(3).isNull());
    }

    void clicksChooseTheNearestLayer()
    {
        QSignalSpy chosen(m_view.get(), &RooflineView::layerChosen);
        QTest::mouseClick(m_view.get(), Qt::LeftButton, {},
                          m_view->positionOf(2).toPoint() + QPoint(2, -2));
        QCOMPARE(chosen.size(), 1);
        QCOMPARE(chosen.takeFirst().front().toInt(), 2);
        QTest::mouseClick(m_view.get(), Qt::LeftButton, {},
                          m_view->positionOf(2).toPoint() + QPoint(0, 40));
        QCOMPARE(chosen.size(), 0);
    }

    void keysWalkAlongTheIntensities()
    {
        connect(m_view.get(), &RooflineView::layerChosen, m_view.get(), &RooflineView::setSelected);
        QTest::keyClick(m_view.get(), Qt::Key_Right);
        QCOMPARE(m_view->selected(), 1);
        QVERIFY(m_view->accessibleDescription().contains(QStringLiteral("layer 1")));
        for (const int expected : {2, 0, 0}) {
            QTest::keyClick(m_view.get(), Qt::Key_Right);
            QCOMPARE(m_view->selected(), expected);
        }
        QTest::keyClick(m_view.get(), Qt::Key_Left);
        QCOMPARE(m_view->selected(), 2);
    }

    void nothingToShowSaysSo()
    {
        m_view->setPoints({point(3, 0, 0)});
        QCOMPARE(m_view->layerAt(QPointF(200, 150)), -1);
        QVERIFY(!m_view->grab().isNull());
    }

private:
    std::unique_ptr<RooflineView> m_view;
};

QTEST_MAIN(TestRooflineView)
#include "tst_roofline_view.moc"
