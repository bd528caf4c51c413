// SPDX-License-Identifier: Apache-2.0
#include "widgets/models/node_model.h"

#include <QAbstractItemModelTester>
#include <QtTest>

using namespace bitdial;

class TestNodeModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysWhatBecameOfEveryNode()
    {
        NodeModel model;
        const QAbstractItemModelTester tester(&model);
        model.setNodes({{"conv1", "Conv", NodeFate::Quantizable, "conv layer"},
                        {"bn1", "BatchNormalization", NodeFate::Fused, "into 'conv1'"},
                        {"<b>odd", "Einsum", NodeFate::Unsupported, "not supported"}});
        QCOMPARE(model.rowCount(), 3);
        const auto text = [&](int row, int column) {
            return model.index(row, column).data().toString();
        };
        QCOMPARE(text(0, NodeModel::Name), QStringLiteral("conv1"));
        QCOMPARE(text(0, NodeModel::Fate), QStringLiteral("layer"));
        QCOMPARE(text(1, NodeModel::Detail), QStringLiteral("into 'conv1'"));
        QCOMPARE(text(2, NodeModel::Operator), QStringLiteral("Einsum"));
        QCOMPARE(text(2, NodeModel::Fate), QStringLiteral("unsupported"));
        QCOMPARE(model.index(2, 0).data(Qt::ToolTipRole).toString(),
                 QStringLiteral("&lt;b&gt;odd"));
        model.setNodes({});
        QCOMPARE(model.rowCount(), 0);
    }
};

QTEST_GUILESS_MAIN(TestNodeModel)
#include "tst_node_model.moc"
