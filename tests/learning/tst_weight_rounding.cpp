// SPDX-License-Identifier: Apache-2.0
#include "core/learning/weight_rounding.h"

#include <ATen/ATen.h>

#include <QtTest>

#include <cmath>
#include <limits>
#include <random>

using namespace bitdial;

namespace {

at::Tensor randomTensor(at::IntArrayRef sizes, unsigned seed)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    at::Tensor values = at::empty(sizes, at::kDouble);
    for (std::int64_t i = 0; i < values.numel(); ++i)
        values.data_ptr<double>()[i] = normal(random);
    return values;
}

/// Of columns that go with each other, as those of a picture do.
at::Tensor correlated(int k, unsigned seed)
{
    const at::Tensor mixed = randomTensor({4 * k, k}, seed) +
                             2 * randomTensor({4 * k, 1}, seed + 1) * at::ones({1, k}, at::kDouble);
    return at::matmul(mixed.t(), mixed) / (4 * k);
}

/// The least error of one row over all integers, each with its best step.
double leastError(const at::Tensor& weights, const at::Tensor& covariance, IntegerRange range)
{
    const auto k = weights.size(0);
    const int widths = range.high - range.low + 1;
    const auto combinations = std::int64_t(std::pow(widths, k));
    double least = std::numeric_limits<double>::infinity();
    for (std::int64_t code = 0; code < combinations; ++code) {
        at::Tensor q = at::empty({k}, at::kDouble);
        auto rest = code;
        for (std::int64_t j = 0; j < k; ++j, rest /= widths)
            q.data_ptr<double>()[j] = range.low + double(rest % widths);
        const auto through = at::matmul(covariance, q);
        const double own = at::dot(q, through).item<double>();
        const double step = own > 0 ? at::dot(weights, through).item<double>() / own : 0;
        const at::Tensor lost = weights - q * std::max(0.0, step);
        least = std::min(least, at::dot(lost, at::matmul(covariance, lost)).item<double>());
    }
    return least;
}

/// The best step for each row among many, each weight to the nearest integer.
double plainError(const at::Tensor& weights, const at::Tensor& covariance, IntegerRange range)
{
    double sum = 0;
    for (std::int64_t row = 0; row < weights.size(0); ++row) {
        const at::Tensor w = weights.slice(0, row, row + 1);
        double least = std::numeric_limits<double>::infinity();
        const double top = w.abs().max().item<double>() / -range.low;
        for (int i = 20; i <= 120; ++i) {
            const double step = top * i / 100;
            const at::Tensor q = at::clamp(at::floor(w / step + 0.5), range.low, range.high);
            least = std::min(
                least,
                roundingError(w, {q, at::full({1}, step, at::kDouble)}, covariance).item<double>());
        }
        sum += least;
    }
    return sum;
}

bool isWhole(const at::Tensor& integers, IntegerRange range)
{
    return at::equal(integers, integers.round()) && integers.min().item<double>() >= range.low &&
           integers.max().item<double>() <= range.high;
}

} // namespace

class TestWeightRounding : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void refittingFindsTheWeightsBehindTheTargets();
    void strengthIsChosenOnOtherData();
    void rowsAreNearTheBestThereIs();
    void channelsAreNearTheBestThereIs();
    void carryingErrorsOnBeatsNearest();
    void rowsCanShareAStep();
    void whatIsConstantOrZeroIsNoTrouble();
};

void TestWeightRounding::refittingFindsTheWeightsBehindTheTargets()
{
    const auto covariance = correlated(6, 1);
    const auto behind = randomTensor({3, 6}, 2);
    const auto start = randomTensor({3, 6}, 3);
    const LayerMoments moments{covariance, at::matmul(behind - start, covariance)};
    QVERIFY(at::allclose(refitted(start, moments, 1e-12), behind, 1e-6, 1e-6));
    QVERIFY(at::equal(refitted(start, moments, std::numeric_limits<double>::infinity()), start));
    // With strength in between, part of the way.
    const auto some = refitted(start, moments, 1);
    const double left = (some - behind).norm().item<double>();
    QVERIFY(left > 1e-3 && left < (start - behind).norm().item<double>());
    // Depthwise: the same, channel by channel.
    const auto cross = at::matmul(behind.unsqueeze(1), covariance).squeeze(1); // targets', whole
    const auto channels =
        refittedChannels(start, {covariance.unsqueeze(0).expand({3, 6, 6}), cross}, 1e-12);
    QVERIFY(at::allclose(channels, behind, 1e-6, 1e-6));
}

void TestWeightRounding::strengthIsChosenOnOtherData()
{
    constexpr double strengths[] = {0.02, 0.1, 0.5, 2, 10};
    const auto covariance = correlated(6, 4);
    const auto start = randomTensor({3, 6}, 5);
    const auto change = randomTensor({3, 6}, 6);
    const LayerMoments truth{covariance, at::matmul(change, covariance)};
    QCOMPARE(chosenStrength(start, truth, truth, strengths), 0.02);
    // What holds for the one part alone is left alone.
    const LayerMoments opposite{covariance, -at::matmul(change, covariance)};
    QVERIFY(std::isinf(chosenStrength(start, truth, opposite, strengths)));
    // The change of the residual is that of the residual itself.
    const auto x = randomTensor({50, 6}, 7);
    const auto y = randomTensor({50, 3}, 8);
    const auto residual = [&](const at::Tensor& w) {
        return (y - at::matmul(x, w.t())).square().sum().item<double>() / 50;
    };
    const auto c = at::matmul(x.t(), x) / 50;
    const LayerMoments seen{c, at::matmul((y - at::matmul(x, start.t())).t(), x) / 50};
    QVERIFY(std::abs(changedResidual(change, seen) - (residual(start + change) - residual(start))) <
            1e-9);
}

void TestWeightRounding::rowsAreNearTheBestThereIs()
{
    const IntegerRange range{-2, 1};
    double found = 0;
    double best = 0;
    for (unsigned seed = 0; seed < 20; ++seed) {
        const auto covariance = correlated(4, 10 + seed);
        const auto weights = randomTensor({1, 4}, 50 + seed);
        const auto rows = roundedRows(weights, covariance, range);
        QVERIFY(isWhole(rows.integers, range));
        const double error = roundingError(weights, rows, covariance).item<double>();
        const double least = leastError(weights[0], covariance, range);
        QVERIFY(error >= least - 1e-9);
        found += error;
        best += least;
    }
    QVERIFY2(found < 1.5 * best, qPrintable(QString::number(found / best)));
}

void TestWeightRounding::channelsAreNearTheBestThereIs()
{
    const IntegerRange range{-2, 1};
    std::vector<at::Tensor> covariances;
    for (unsigned seed = 0; seed < 20; ++seed)
        covariances.push_back(correlated(4, 100 + seed));
    const auto stacked = at::stack(covariances);
    const auto weights = randomTensor({20, 4}, 9);
    const auto rows = roundedChannels(weights, stacked, range);
    QVERIFY(isWhole(rows.integers, range));
    double found = 0;
    double best = 0;
    for (int c = 0; c < 20; ++c) {
        const auto lost = weights[c] - rows.integers[c] * rows.steps[c];
        const double error = at::dot(lost, at::matmul(stacked[c], lost)).item<double>();
        const double least = leastError(weights[c], stacked[c], range);
        QVERIFY(error >= least - 1e-9);
        found += error;
        best += least;
    }
    QVERIFY2(found < 1.2 * best, qPrintable(QString::number(found / best)));
}

void TestWeightRounding::carryingErrorsOnBeatsNearest()
{
    for (const int bits : {4, 8}) {
        const auto range = integerRange(bits, true);
        // A few things move all columns, as a few features do in a network.
        const auto columns = at::matmul(randomTensor({200, 5}, 29), randomTensor({5, 40}, 30)) +
                             0.1 * randomTensor({200, 40}, 32);
        const auto covariance = at::matmul(columns.t(), columns) / 200;
        const auto weights = randomTensor({8, 40}, 31);
        const auto rows = roundedRows(weights, covariance, range);
        QVERIFY(isWhole(rows.integers, range));
        const double error = roundingError(weights, rows, covariance).sum().item<double>();
        const double plain = plainError(weights, covariance, range);
        QVERIFY2(error < 0.5 * plain, qPrintable(QString::number(error / plain)));
    }
}

void TestWeightRounding::rowsCanShareAStep()
{
    RoundingOptions options;
    options.one_step = true;
    const auto covariance = correlated(12, 40);
    const auto weights = randomTensor({5, 12}, 41);
    const auto rows = roundedRows(weights, covariance, integerRange(8, true), options);
    QVERIFY((rows.steps == rows.steps[0]).all().item<bool>());
    const double error = roundingError(weights, rows, covariance).sum().item<double>();
    const auto apart = roundedRows(weights, covariance, integerRange(8, true));
    QVERIFY(error >= roundingError(weights, apart, covariance).sum().item<double>() * 0.99);
    QVERIFY(error < plainError(weights, covariance, integerRange(4, true)));
}

/// A channel that is always 0 has no variance, and a row may be of zeros.
void TestWeightRounding::whatIsConstantOrZeroIsNoTrouble()
{
    auto covariance = correlated(5, 60);
    covariance[2].fill_(0);
    covariance.select(1, 2).fill_(0);
    auto weights = randomTensor({3, 5}, 61);
    weights[1].fill_(0);
    for (const bool nothing_varies : {false, true}) {
        if (nothing_varies)
            covariance.zero_();
        const auto rows = roundedRows(weights, covariance, integerRange(4, true));
        QVERIFY(isWhole(rows.integers, integerRange(4, true)));
        QVERIFY(at::isfinite(rows.steps).all().item<bool>());
        QVERIFY(at::equal(rows.integers[1], at::zeros({5}, at::kDouble)));
        const LayerMoments moments{covariance, at::zeros({3, 5}, at::kDouble)};
        QVERIFY(at::equal(refitted(weights, moments, 0.1), weights));
    }
}

QTEST_GUILESS_MAIN(TestWeightRounding)
#include "tst_weight_rounding.moc"
