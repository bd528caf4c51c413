// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/called_geometry.h"
#include "core/hardware/profile/hardware_profile.h"

#include <QtTest>

using namespace bitdial;

namespace {

Layer windowLayer(LayerKind kind, int kernel_height, int kernel_width)
{
    Layer layer;
    layer.kind = kind;
    auto& g = layer.geometry;
    g.input = {8, 20, 20};
    g.kernel_height = kernel_height;
    g.kernel_width = kernel_width;
    g.padding = {1, 0, 1, 0};
    g.output = {8, 23 - kernel_height, 21 - kernel_width};
    return layer;
}

int outputs(int length, int kernel, int before, int after, int stride)
{
    return (length + before + after - kernel) / stride + 1;
}

} // namespace

/// Windows of depthwise convolutions by what the library computes rightly: at least two columns and
/// four taps; with XpulpNN 0 or 1 taps beyond a multiple of 4.
class TestCalledGeometry : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void windows_data()
    {
        QTest::addColumn<int>("height");
        QTest::addColumn<int>("width");
        QTest::addColumn<QSize>("v2"); // columns, rows
        QTest::addColumn<QSize>("nn");
        const auto row = [](int height, int width, QSize v2, QSize nn) {
            QTest::addRow("%dx%d", height, width) << height << width << v2 << nn;
        };
        row(1, 1, {2, 2}, {2, 2});
        row(1, 3, {3, 2}, {3, 3});
        row(3, 1, {2, 3}, {2, 4});
        row(4, 1, {2, 4}, {2, 4});
        row(5, 1, {2, 5}, {2, 6});
        row(3, 2, {2, 3}, {2, 4});
        row(2, 3, {3, 2}, {3, 3});
        row(2, 2, {2, 2}, {2, 2});
        row(3, 3, {3, 3}, {3, 3});
        row(3, 5, {5, 3}, {5, 4});
        row(7, 7, {7, 7}, {7, 7});
    }

    void windows()
    {
        QFETCH(const int, height);
        QFETCH(const int, width);
        QFETCH(const QSize, v2);
        QFETCH(const QSize, nn);
        const LayerBits bits{8, 8, 8};
        const Layer layer = windowLayer(LayerKind::DepthwiseConv, height, width);
        const auto& own = layer.geometry;
        for (const auto& [name, expected] :
             {std::pair("pulp-open-xpulpv2", v2), std::pair("pulp-open-xpulpnn", nn)}) {
            const auto profile = openProfile(name);
            const LayerGeometry called = calledGeometry(layer, bits, profile->fields());
            QCOMPARE(QSize(called.kernel_width, called.kernel_height), expected);
            for (const int stride : {1, 2, 3}) {
                QCOMPARE(outputs(20, called.kernel_height, called.padding.top,
                                 called.padding.bottom, stride),
                         outputs(20, height, own.padding.top, own.padding.bottom, stride));
                QCOMPARE(outputs(20, called.kernel_width, called.padding.left, called.padding.right,
                                 stride),
                         outputs(20, width, own.padding.left, own.padding.right, stride));
            }
            QCOMPARE(called.padding.top, own.padding.top);
            QCOMPARE(called.padding.left, own.padding.left);
            // Convolutions have no such limits, nor has a target without these kernels.
            const Layer conv = windowLayer(LayerKind::Conv, height, width);
            QVERIFY(calledGeometry(conv, bits, profile->fields()) == conv.geometry);
            QVERIFY(calledGeometry(layer, bits, openProfile("rv32imc")->fields()) == own);
        }
    }

    /// Each width by its own kernel: cores and an accelerator can share a layer kind.
    void acceleratorsHaveTheirOwnRules()
    {
        auto fields = openProfile("pulp-open-xpulpv2")->fields();
        fields.kernels.at({LayerKind::DepthwiseConv, {2, 2, 2}}).array.emplace();
        const Layer layer = windowLayer(LayerKind::DepthwiseConv, 4, 1);
        QVERIFY(calledGeometry(layer, {2, 2, 2}, fields) == layer.geometry);
        QCOMPARE(calledGeometry(layer, {8, 8, 8}, fields).kernel_width, 2);
    }
};

QTEST_GUILESS_MAIN(TestCalledGeometry)
#include "tst_called_geometry.moc"
