// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/requantization.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace bitdial;

namespace {

std::int64_t roundHalfUp(long double x)
{
    return std::int64_t(std::floor(x + 0.5L));
}

/// Whether a shift keeps every channel within 32 bits, by direct evaluation at both ends.
bool shiftFits(const std::vector<ChannelScaling>& channels, int shift)
{
    for (const auto& c : channels) {
        const long double unit = std::ldexp(1.0L, shift);
        const bool used = c.acc_low != 0 || c.acc_high != 0;
        const long double kappa = used ? std::floor(unit * c.multiplier + 0.5L) : 0;
        const long double lambda =
            std::floor(unit * c.offset + 0.5L) + (shift > 0 ? std::ldexp(1.0L, shift - 1) : 0);
        for (const long double value :
             {kappa, lambda, kappa * c.acc_low + lambda, kappa * c.acc_high + lambda})
            if (std::abs(value) >= std::ldexp(1.0L, 31))
                return false;
    }
    return true;
}

} // namespace

class TestRequantization : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void largestShiftWithoutOverflow()
    {
        std::mt19937 random(7);
        std::uniform_real_distribution<double> unit(-1, 1);
        int with_result = 0;
        for (int trial = 0; trial < 2000; ++trial) {
            std::vector<ChannelScaling> channels(1 + std::size_t(trial) % 5);
            const double size = std::exp2(12 * unit(random));
            for (auto& c : channels) {
                c.multiplier = size * unit(random);
                c.offset = 300 * unit(random);
                c.acc_low = -std::int64_t(std::exp2(14 + 12 * unit(random)));
                c.acc_high = std::int64_t(std::exp2(14 + 12 * unit(random)));
            }
            if (trial % 7 == 0)
                channels[0].acc_low = channels[0].acc_high = 0;
            const auto result = chooseRequantization(channels);
            if (!result) {
                QVERIFY(!shiftFits(channels, 0));
                continue;
            }
            ++with_result;
            QVERIFY(shiftFits(channels, result->shift));
            QVERIFY(result->shift == 31 || !shiftFits(channels, result->shift + 1));
            for (std::size_t i = 0; i < channels.size(); ++i) {
                const auto unit_step = std::ldexp(1.0L, result->shift);
                const std::int64_t half = result->shift > 0 ? 1LL << (result->shift - 1) : 0;
                QCOMPARE(std::int64_t(result->lambda[i]),
                         roundHalfUp(unit_step * channels[i].offset) + half);
                if (channels[i].acc_high != 0)
                    QCOMPARE(std::int64_t(result->kappa[i]),
                             roundHalfUp(unit_step * channels[i].multiplier));
                else
                    QCOMPARE(result->kappa[i], 0);
            }
        }
        QVERIFY(with_result > 1000);
    }

    void errorIsWithinTheDocumentedBound()
    {
        // kappa is off by at most half a step, lambda too: acc / 2^(shift+1) + 2^-(shift+1) steps.
        std::mt19937 random(8);
        std::uniform_real_distribution<double> unit(0, 1);
        for (int trial = 0; trial < 200; ++trial) {
            const ChannelScaling c{unit(random) / 4096, 40 * unit(random) - 20, -300000, 400000};
            const auto r = chooseRequantization(std::span(&c, 1));
            QVERIFY(r);
            for (std::int64_t acc = c.acc_low; acc <= c.acc_high; acc += 7919) {
                const double exact = c.multiplier * double(acc) + c.offset;
                const auto found = (r->kappa[0] * acc + r->lambda[0]) >> r->shift;
                const double slack = (std::abs(double(acc)) + 1) * std::exp2(-r->shift - 1);
                QVERIFY(std::abs(double(found) - exact) <= 0.5 + slack + 1e-9);
                QVERIFY(slack < 0.3); // what 31 bits give for accumulators of this size
            }
        }
    }

    /// Against every third accumulator: the bound holds, and is mostly less than twice what
    /// happens.
    void errorIsBounded()
    {
        std::mt19937 random(9);
        std::uniform_real_distribution<double> unit(-1, 1);
        int tight = 0;
        for (int trial = 0; trial < 300; ++trial) {
            const IntegerRange clip = trial % 2 ? IntegerRange{0, 255} : IntegerRange{-8, 7};
            std::vector<ChannelScaling> channels(3);
            for (auto& c : channels)
                c = {std::exp2(4 * unit(random) - 8) * (unit(random) < 0 ? -1 : 1),
                     20 * unit(random), -20000, 30000};
            const auto full = chooseRequantization(channels);
            QVERIFY(full);
            // Fewer digits, as larger accumulators would leave.
            Requantization r;
            r.shift = full->shift - 10;
            for (const auto& c : channels) {
                r.kappa.push_back(int(std::floor(std::ldexp(c.multiplier, r.shift) + 0.5)));
                r.lambda.push_back(int(std::floor(std::ldexp(c.offset, r.shift) + 0.5)));
            }
            double largest = 0;
            const auto clipped = [&clip](double x) {
                return std::clamp(x, double(clip.low), double(clip.high));
            };
            for (std::size_t i = 0; i < channels.size(); ++i)
                for (std::int64_t acc = -20000; acc <= 30000; acc += 3)
                    largest = std::max(
                        largest,
                        std::abs(
                            clipped(channels[i].multiplier * double(acc) + channels[i].offset) -
                            clipped(std::ldexp(double(r.kappa[i] * acc + r.lambda[i]), -r.shift))));
            const double bound = requantizationError(channels, r, clip);
            QVERIFY2(largest <= bound * (1 + 1e-9) + 1e-12,
                     qPrintable(QStringLiteral("%1 of %2").arg(largest).arg(bound)));
            tight += largest * 2 > bound;
        }
        QVERIFY2(tight > 150, qPrintable(QString::number(tight)));
    }

    void nothingFits()
    {
        const ChannelScaling offset{0.1, 3e9, -100, 100};
        QVERIFY(!chooseRequantization(std::span(&offset, 1)));
        const ChannelScaling not_a_number{std::nan(""), 0, -100, 100};
        QVERIFY(!chooseRequantization(std::span(&not_a_number, 1)));
    }
};

QTEST_GUILESS_MAIN(TestRequantization)
#include "tst_requantization.moc"
