// SPDX-License-Identifier: Apache-2.0
#include "tests/support/patience.h"
#include "tests/widgets/view_fixture.h"
#include "widgets/views/bits_delegate.h"
#include "widgets/views/layer_table.h"

#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QSignalSpy>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

class TestLayerTable : public QObject {
    Q_OBJECT

    LayerFixture m_fixture;
    std::unique_ptr<LayerModel> m_model;
    std::unique_ptr<LayerTable> m_table;
    std::vector<BitEdit> m_edits;

    void click(int row, int column, int bits)
    {
        const auto cell = m_table->visualRect(m_model->index(row, column));
        QTest::mouseClick(m_table->viewport(), Qt::LeftButton, {},
                          BitsDelegate::segmentRect(cell, bits).center());
    }

private Q_SLOTS:
    void init()
    {
        m_edits.clear();
        m_model = std::make_unique<LayerModel>();
        m_model->reset(m_fixture.network, m_fixture.targets);
        m_model->setAssignment(BitAssignment::uniform(*m_fixture.network, 8, 8), m_fixture.costs());
        connect(m_model.get(), &LayerModel::editRequested, this,
                [this](const BitEdit& edit) { m_edits.push_back(edit); });
        m_table = std::make_unique<LayerTable>(m_model.get());
        m_table->resize(1000, 700);
        m_table->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_table.get(), patience_ms));
    }

    void cleanup()
    {
        m_table.reset();
        m_model.reset();
    }

    void modelKeepsItsContract()
    {
        LayerModel model;
        QAbstractItemModelTester tester(&model,
                                        QAbstractItemModelTester::FailureReportingMode::QtTest);
        model.reset(m_fixture.network, m_fixture.targets);
        model.setAssignment(BitAssignment::uniform(*m_fixture.network, 4, 2), m_fixture.costs());
        model.reset(nullptr, {});
        QCOMPARE(model.rowCount(), 0);
    }

    /// Row l takes 1000 (l+1) cycles at 100 MHz on A and twice that at 200 MHz on B: equal times.
    void sharesAreTimesNotCycles()
    {
        const int count = m_fixture.network->layerCount();
        for (int row = 0; row < count; ++row) {
            const auto shares =
                m_model->index(row, LayerModel::Share).data(LayerModel::ShareRole).toList();
            QCOMPARE(shares.size(), 2);
            for (const auto& share : shares)
                QCOMPARE(share.toDouble(), double(row + 1) / count);
        }
    }

    void clickOnASegmentAsksForTheWidth()
    {
        click(0, LayerModel::Weight, 4);
        QCOMPARE(m_edits, (std::vector<BitEdit>{{BitEdit::Kind::Weights, 0, 4}}));
        // The document has not answered: nothing changed, and the present width asks for nothing.
        click(0, LayerModel::Weight, 8);
        QCOMPARE(m_edits.size(), std::size_t(1));
        click(0, LayerModel::Out, 2);
        const ActivationGroups groups(*m_fixture.network);
        const int group = groups.groupOf(m_fixture.network->layer(0).output);
        QCOMPARE(m_edits.back(), (BitEdit{BitEdit::Kind::Activations, group, 2}));
    }

    void clickBesideTheSegmentsOnlySelects()
    {
        const auto cell = m_table->visualRect(m_model->index(1, LayerModel::Weight));
        QTest::mouseClick(m_table->viewport(), Qt::LeftButton, {}, cell.topLeft() + QPoint(2, 2));
        QVERIFY(m_edits.empty());
        QCOMPARE(m_table->currentIndex(), m_model->index(1, LayerModel::Weight));
    }

    void keysSetTheCurrentCell()
    {
        m_table->setCurrentIndex(m_model->index(3, LayerModel::Weight));
        for (const auto key : {Qt::Key_2, Qt::Key_4, Qt::Key_8, Qt::Key_3})
            QTest::keyClick(m_table.get(), key);
        QCOMPARE(m_edits, (std::vector<BitEdit>{{BitEdit::Kind::Weights, 3, 2},
                                                {BitEdit::Kind::Weights, 3, 4}}));
        m_table->setCurrentIndex(m_model->index(3, LayerModel::Name));
        QTest::keyClick(m_table.get(), Qt::Key_2);
        QCOMPARE(m_edits.size(), std::size_t(2));
    }

    void aLockedCellSaysSo()
    {
        QSignalSpy refused(m_table->findChild<BitsDelegate*>(), &BitsDelegate::refused);
        const auto input = m_model->index(0, LayerModel::In);
        QVERIFY(!input.data(LayerModel::LockRole).toString().isEmpty());
        m_table->setCurrentIndex(input);
        QTest::keyClick(m_table.get(), Qt::Key_4);
        QVERIFY(m_edits.empty());
        QCOMPARE(refused.count(), 1);
    }

    void columnsFillTheWidthAndHideWithTheirTarget()
    {
        const auto* header = m_table->horizontalHeader();
        QCOMPARE(header->length(), m_table->viewport()->width());
        m_table->setTargetVisible(1, false);
        QVERIFY(m_table->isColumnHidden(LayerModel::FirstTarget + 1));
        QCOMPARE(header->length(), m_table->viewport()->width());
        m_table->setTargetVisible(1, true);
        QVERIFY(!m_table->isColumnHidden(LayerModel::FirstTarget + 1));
    }

    /// A layer is marked for its own estimates; those that every layer shares are in the tool tip.
    void estimatesShow()
    {
        auto costs = m_fixture.costs();
        costs[0].layers[0].estimate_reason = "the overhead was not measured";
        costs[0].layers[1].estimate_reason = "kernel: a guess";
        costs[0].layers[1].estimated = true;
        m_model->setAssignment(BitAssignment::uniform(*m_fixture.network, 8, 8), costs);
        const auto cell = [&](int row, int role) {
            return m_model->index(row, LayerModel::FirstTarget).data(role).toString();
        };
        QVERIFY(!cell(0, Qt::DisplayRole).contains(u'~'));
        QVERIFY(cell(0, Qt::ToolTipRole).contains(QStringLiteral("the overhead was not measured")));
        QVERIFY(cell(1, Qt::DisplayRole).startsWith(u'~'));
        QVERIFY(cell(1, Qt::ToolTipRole).contains(QStringLiteral("~ unverified: kernel: a guess")));
        QVERIFY(!cell(2, Qt::ToolTipRole).contains(QStringLiteral("unverified")));
    }
};

QTEST_MAIN(TestLayerTable)
#include "tst_layer_table.moc"
