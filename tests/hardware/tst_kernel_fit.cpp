// SPDX-License-Identifier: Apache-2.0
// Fits of kernels whose cycles are made here, so that what the fit should find is known.
#include "core/hardware/fit/kernel_fit.h"
#include "core/hardware/profile/kernel_model.h"

#include <QtTest>

#include <cmath>
#include <initializer_list>
#include <vector>

using namespace bitdial;

namespace {

constexpr int cores = 8;

KernelWork conv(LayerBits bits, int channels, int size, int filters, int kernel)
{
    const int pad = kernel / 2;
    return {LayerKind::Conv,     bits, channels, size, size, filters, size, size, kernel, kernel,
            {pad, pad, pad, pad}};
}

/// Cycles of an invented cluster: im2col by the input's width, words by the weights', and results
/// of fewer than 8 bits cost a little more per pair and per single pixel.
KernelModel invented(LayerBits bits, double more_packing = 0)
{
    KernelModel model;
    const auto names = featureNames(LayerKind::Conv);
    const double words = 8.0 / bits.weight;
    const double packing = more_packing + (bits.out == 8 ? 0 : bits.out == 4 ? 3 : 5);
    for (std::size_t i = 0; i < names.size(); ++i) {
        double& value = model.coefficients[i];
        if (names[i] == "fixed")
            value = 500;
        else if (names[i] == "row")
            value = 40;
        else if (names[i] == "pixel")
            value = 12;
        else if (names[i].starts_with("copy"))
            value = 2.0 * 8 / bits.in;
        else if (names[i].ends_with("_word"))
            value = 6 * words;
        else if (names[i].ends_with("_behind"))
            value = 4 * words;
        else
            value = 20 + packing;
    }
    return model;
}

MeasuredCycles measured(const KernelWork& work)
{
    MeasuredCycles row;
    row.work = work;
    row.cores = cores;
    row.cycles = kernelCycles(invented(work.bits), work, cores);
    return row;
}

/// Shapes that tell the terms apart, of each of the kernels.
std::vector<MeasuredCycles> rowsOf(std::initializer_list<LayerBits> kernels)
{
    std::vector<MeasuredCycles> rows;
    for (const LayerBits bits : kernels)
        for (const int size : {5, 8, 11, 16, 23})
            for (const int channels : {16, 20, 32, 64})
                for (const int filters : {16, 24, 50})
                    for (const int kernel : {1, 3})
                        rows.push_back(measured(conv(bits, channels, size, filters, kernel)));
    return rows;
}

KernelCoefficients fit(const std::vector<MeasuredCycles>& rows)
{
    MeasuredRows pointers;
    for (const MeasuredCycles& row : rows)
        pointers.push_back(&row);
    return fitFamily(pointers, InnerLoop::SameForAllInputs);
}

/// Fitted over invented cycles, of a shape that no row has.
double ratio(const KernelCoefficients& fitted, LayerBits bits, double more_packing = 0)
{
    const KernelWork unseen = conv(bits, 48, 14, 96, 3);
    KernelModel model;
    model.coefficients = fitted.at({LayerKind::Conv, bits});
    return kernelCycles(model, unseen, cores) /
           kernelCycles(invented(bits, more_packing), unseen, cores);
}

bool closeTo1(double value, double tolerance)
{
    return std::abs(value - 1) < tolerance;
}

constexpr LayerBits wide{8, 8, 8};
constexpr LayerBits narrow_result{8, 8, 4};
constexpr LayerBits narrow_weight{8, 4, 8};
constexpr LayerBits narrow_both{8, 4, 4};

} // namespace

class TestKernelFit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsWhatIsThere()
    {
        const auto fitted = fit(rowsOf({wide, narrow_weight}));
        QCOMPARE(fitted.size(), std::size_t(2));
        QVERIFY(closeTo1(ratio(fitted, wide), 0.002));
        QVERIFY(closeTo1(ratio(fitted, narrow_weight), 0.002));
    }

    /// What narrow results cost more is seen beside 8-bit weights; 4-bit weights have no such rows.
    void kernelWithoutRows()
    {
        const auto fitted = fit(rowsOf({wide, narrow_result, narrow_weight}));
        QVERIFY(fitted.contains({LayerKind::Conv, narrow_both}));
        QVERIFY(closeTo1(ratio(fitted, narrow_both), 0.002));
        // Nothing was seen of results of 2 bits, nor of weights of 2.
        QVERIFY(!fitted.contains({LayerKind::Conv, {8, 8, 2}}));
        QVERIFY(!fitted.contains({LayerKind::Conv, {8, 2, 4}}));
    }

    /// Three rows that differ in size alone do not tell words from pairs: alone, the fit may take
    /// one for the other, and is far off where filters are many.
    void kernelWithFewRows()
    {
        auto rows = rowsOf({wide, narrow_result, narrow_weight});
        for (const int size : {8, 16, 24})
            rows.push_back(measured(conv(narrow_both, 16, size, 16, 1)));
        QVERIFY(closeTo1(ratio(fit(rows), narrow_both), 0.01));
    }

    /// Where a kernel's rows are many, they decide and not the rule.
    void manyRowsDecide()
    {
        constexpr double more_packing = 60;
        auto rows = rowsOf({wide, narrow_result, narrow_weight, narrow_both});
        for (MeasuredCycles& row : rows)
            if (row.work.bits == narrow_both)
                row.cycles = kernelCycles(invented(narrow_both, more_packing), row.work, cores);
        const auto fitted = fit(rows);
        QVERIFY(ratio(fitted, narrow_both) > 1.02);
        QVERIFY(closeTo1(ratio(fitted, narrow_both, more_packing), 0.002));
    }
};

QTEST_APPLESS_MAIN(TestKernelFit)
#include "tst_kernel_fit.moc"
