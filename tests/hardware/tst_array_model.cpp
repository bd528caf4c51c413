// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/kernel_model.h"

#include <QtTest>

#include <algorithm>
#include <random>

using namespace bitdial;

namespace {

/// Walks over the tiles as a machine does and counts.
WorkFeatures countByLoops(const KernelWork& work, const ArrayShape& shape)
{
    const bool reduces = work.kind == LayerKind::Conv || work.kind == LayerKind::Linear;
    const int inputs = reduces ? work.in_channels : 1;
    const int taps = work.kernel_height * work.kernel_width;
    WorkFeatures counts{1};
    for (int y = 0; y < work.out_height; y += shape.rows)
        for (int x = 0; x < work.out_width; x += shape.columns)
            for (int c = 0; c < work.out_channels; c += shape.out_channels) {
                const int channels = std::min(shape.out_channels, work.out_channels - c);
                counts[1] += 1;
                counts[2] += channels;
                for (int i = 0; i < inputs; i += shape.in_channels)
                    for (int t = 0; t < taps; t += shape.taps) {
                        counts[3] += 1;
                        counts[4] += channels;
                    }
            }
    return counts;
}

} // namespace

class TestArrayModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void countsEqualLoops()
    {
        std::mt19937 random(7);
        const auto pick = [&](int least, int most) {
            return std::uniform_int_distribution<int>(least, most)(random);
        };
        for (int i = 0; i < 500; ++i) {
            constexpr LayerKind kinds[] = {LayerKind::Conv, LayerKind::DepthwiseConv,
                                           LayerKind::Linear, LayerKind::Add,
                                           LayerKind::AveragePool};
            KernelWork work;
            work.kind = kinds[pick(0, 4)];
            work.in_channels = pick(1, 70);
            work.out_channels = pick(1, 70);
            work.out_height = pick(1, 12);
            work.out_width = pick(1, 12);
            work.kernel_height = pick(1, 5);
            work.kernel_width = pick(1, 5);
            const ArrayShape shape{pick(1, 6), pick(1, 6), pick(1, 40), pick(1, 40), pick(1, 9)};
            QCOMPARE(arrayWork(work, shape), countByLoops(work, shape));
        }
    }

    /// A kernel with an array ignores the cores; 1x1 kernels go their own way where there is one.
    void kernelsChooseTheirModel()
    {
        KernelModel model;
        model.array = ArrayMode{{3, 3, 32, 16, 9}, {0, 0, 0, 45, 8}};
        const KernelWork conv{LayerKind::Conv, {8, 8, 8}, 16, 3, 3, 32, 3, 3, 3, 3, {1, 1, 1, 1}};
        KernelWork pointwise = conv;
        pointwise.kernel_height = pointwise.kernel_width = 1;
        QCOMPARE(kernelCycles(model, conv, 8), 45.0 + 8 * 32);
        QCOMPARE(kernelCycles(model, conv, 1), 45.0 + 8 * 32);
        QCOMPARE(kernelCycles(model, pointwise, 8), 45.0 + 8 * 32);
        model.pointwise = ArrayMode{{3, 3, 32, 16, 1}, {0, 0, 0, 33, 1}};
        QCOMPARE(kernelCycles(model, conv, 8), 45.0 + 8 * 32);
        QCOMPARE(kernelCycles(model, pointwise, 8), 33.0 + 32);
    }
};

QTEST_GUILESS_MAIN(TestArrayModel)
#include "tst_array_model.moc"
