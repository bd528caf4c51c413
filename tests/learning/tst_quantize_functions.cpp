// SPDX-License-Identifier: Apache-2.0
#include "core/learning/quantize_functions.h"

#include <ATen/ATen.h>

#include <QtTest>

#include <cmath>
#include <random>

using namespace bitdial;

namespace {

double onGrid(double x, double step, IntegerRange range)
{
    return step * std::clamp(std::floor(x / step + 0.5), double(range.low), double(range.high));
}

/// Values that lie away from the borders of the grids, where float and double might round apart.
std::vector<float> valuesFor(int count, unsigned seed, float low, float high)
{
    std::mt19937 random(seed);
    std::uniform_real_distribution<float> number(low, high);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& v : values)
        v = number(random);
    return values;
}

at::Tensor tensorOf(const std::vector<float>& values, std::int64_t rows)
{
    return at::tensor(at::ArrayRef<float>(values), at::kFloat).reshape({rows, -1});
}

} // namespace

class TestQuantizeFunctions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void learnableValuesAndGradients_data();
    void learnableValuesAndGradients();
    void gatedValuesAndGradients_data();
    void gatedValuesAndGradients();
    void gatedStepsShareTheClip();
};

void TestQuantizeFunctions::learnableValuesAndGradients_data()
{
    QTest::addColumn<int>("bits");
    QTest::addColumn<bool>("is_signed");
    QTest::addColumn<bool>("per_row");
    for (const int bits : {2, 4, 8})
        for (const bool is_signed : {false, true})
            for (const bool per_row : {false, true})
                QTest::addRow("%d %d %d", bits, is_signed, per_row) << bits << is_signed << per_row;
}

/// Against equation 3 of LSQ (Esser 2020), element by element in double.
void TestQuantizeFunctions::learnableValuesAndGradients()
{
    QFETCH(int, bits);
    QFETCH(bool, is_signed);
    QFETCH(bool, per_row);
    const auto range = integerRange(bits, is_signed);
    const std::size_t rows = 3;
    const std::size_t length = 50;
    const auto values = valuesFor(int(rows * length), 11, -1.5F, 1.5F);
    const auto weights = valuesFor(int(rows * length), 12, -1, 1);
    std::vector<float> steps = {0.013F, 0.11F, 0.37F};
    steps.resize(per_row ? 3 : 1);
    const auto x = tensorOf(values, 3).set_requires_grad(true);
    const auto scale = at::tensor(at::ArrayRef<float>(steps), at::kFloat).set_requires_grad(true);
    const auto y = learnableQuantize(x, scale, range);
    (y * tensorOf(weights, 3)).sum().backward();
    std::vector<double> to_scale(steps.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t row = per_row ? i / length : 0;
        const double step = steps[row];
        const double v = double(values[i]) / step;
        const bool inside = std::floor(v + 0.5) >= range.low && std::floor(v + 0.5) <= range.high;
        const double expected = onGrid(double(values[i]), step, range);
        QVERIFY(std::abs(double(y.data_ptr<float>()[i]) - expected) < 1e-5);
        QCOMPARE(x.grad().data_ptr<float>()[i], inside ? weights[i] : 0.0F);
        const double q = expected / step;
        to_scale[row] += double(weights[i]) * (inside ? q - v : q);
    }
    const double elements = double(per_row ? length : rows * length);
    for (std::size_t r = 0; r < steps.size(); ++r) {
        const double expected = to_scale[r] / std::sqrt(elements * range.high);
        QVERIFY(std::abs(double(scale.grad().data_ptr<float>()[r]) - expected) <
                1e-3 * (1 + std::abs(expected)));
    }
}

void TestQuantizeFunctions::gatedValuesAndGradients_data()
{
    QTest::addColumn<bool>("is_signed");
    QTest::addColumn<bool>("per_row");
    for (const bool is_signed : {false, true})
        for (const bool per_row : {false, true})
            QTest::addRow("%d %d", is_signed, per_row) << is_signed << per_row;
}

void TestQuantizeFunctions::gatedValuesAndGradients()
{
    QFETCH(bool, is_signed);
    QFETCH(bool, per_row);
    const std::size_t rows = 4;
    const std::size_t length = 40;
    const auto values = valuesFor(int(rows * length), 21, is_signed ? -1.2F : 0, 1.2F);
    const auto weights = valuesFor(int(rows * length), 22, -1, 1);
    const auto draws = valuesFor(int(2 * (per_row ? rows : 1)), 23, 0.1F, 0.9F);
    const float clip = 0.93F;
    const auto x = tensorOf(values, 4).set_requires_grad(true);
    const auto gates =
        tensorOf(draws, per_row ? 4 : 1).contiguous().detach().set_requires_grad(true);
    const auto y = gatedQuantize(x, gates, gatedSteps({clip}, is_signed));
    (y * tensorOf(weights, 4)).sum().backward();
    std::vector<double> to_gates(draws.size(), 0);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const std::size_t g = per_row ? 2 * (i / length) : 0;
        double q[3];
        for (int k = 0; k < 3; ++k) {
            const auto range = integerRange(2 << k, is_signed);
            q[k] = onGrid(double(values[i]), double(clip) / (is_signed ? -range.low : range.high),
                          range);
        }
        const double z1 = draws[g];
        const double z2 = draws[g + 1];
        const double expected = q[0] + z1 * (q[1] - q[0]) + z1 * z2 * (q[2] - q[1]);
        QVERIFY(std::abs(double(y.data_ptr<float>()[i]) - expected) < 1e-5);
        to_gates[g] += double(weights[i]) * ((q[1] - q[0]) + z2 * (q[2] - q[1]));
        to_gates[g + 1] += double(weights[i]) * z1 * (q[2] - q[1]);
        const auto two = integerRange(2, is_signed);
        const double v = double(values[i]) / (double(clip) / (is_signed ? -two.low : two.high));
        const bool inside = std::floor(v + 0.5) >= two.low && std::floor(v + 0.5) <= two.high;
        QCOMPARE(x.grad().data_ptr<float>()[i], inside ? weights[i] : 0.0F);
    }
    for (std::size_t g = 0; g < draws.size(); ++g)
        QVERIFY(std::abs(double(gates.grad().data_ptr<float>()[g]) - to_gates[g]) < 1e-3);
}

void TestQuantizeFunctions::gatedStepsShareTheClip()
{
    const auto steps = gatedSteps({3.0F, 0.5F}, false);
    for (int k = 0; k < 3; ++k) {
        const float high = float(integerRange(2 << k, false).high);
        QCOMPARE(steps.scales.data_ptr<float>()[k] * high, 3.0F);
        QCOMPARE(steps.scales.data_ptr<float>()[3 + k] * high, 0.5F);
    }
}

QTEST_GUILESS_MAIN(TestQuantizeFunctions)
#include "tst_quantize_functions.moc"
