// SPDX-License-Identifier: Apache-2.0
#include "core/report/axis_scale.h"

#include <QtTest>

#include <cmath>
#include <random>

using bitdial::AxisScale;

class TestAxisScale : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void knownScales()
    {
        const auto top1 = AxisScale::covering(88.4, 93.9, 7, 1);
        QCOMPARE(top1.low, 88.0);
        QCOMPARE(top1.high, 94.0);
        QCOMPARE(top1.step, 1.0);
        QCOMPARE(top1.decimals(), 0);
        const auto latency = AxisScale::covering(0.62, 2.17, 8, 0.1);
        QCOMPARE(latency.step, 0.2);
        QCOMPARE(latency.decimals(), 1);
        QCOMPARE(latency.ticks().size(), std::size_t(9));
        QCOMPARE(latency.fraction(1.4), 0.5);
    }

    void oneValueGetsARange()
    {
        const auto scale = AxisScale::covering(93, 93, 6, 1);
        QVERIFY(scale.low <= 92.5 && scale.high >= 93.5);
    }

    /// The definition: covers, round ends and steps, few enough steps, and no finer round step
    /// would do.
    void everyScaleIsRoundAndCovers()
    {
        std::mt19937 random(5);
        for (int i = 0; i < 2000; ++i) {
            const double size = std::pow(10.0, int(random() % 9) - 4);
            const double low = (int(random() % 2000) - 1000) / 1000.0 * size;
            const double high = low + (1 + int(random() % 1000)) / 1000.0 * size;
            const int most = 2 + int(random() % 9);
            const auto scale = AxisScale::covering(low, high, most, size * 1e-4);
            const double hair = 1e-6 * scale.step;
            QVERIFY(scale.low <= low + hair && scale.high >= high - hair);
            QVERIFY(scale.steps() >= 1 && scale.steps() <= most);
            const double leading =
                scale.step / std::pow(10, std::floor(std::log10(scale.step) + 1e-9));
            QVERIFY(std::abs(leading - 1) < 1e-6 || std::abs(leading - 2) < 1e-6 ||
                    std::abs(leading - 5) < 1e-6);
            for (const double tick : scale.ticks()) {
                QVERIFY(std::abs(tick / scale.step - std::round(tick / scale.step)) < 1e-6);
                const double shown = QString::number(tick, 'f', scale.decimals()).toDouble();
                QVERIFY(std::abs(shown - tick) < hair);
            }
            const double finer = std::abs(leading - 5) < 1e-6 ? scale.step / 2.5 : scale.step / 2;
            QVERIFY(std::ceil(high / finer - 1e-6) - std::floor(low / finer + 1e-6) > most);
        }
    }
};

QTEST_GUILESS_MAIN(TestAxisScale)
#include "tst_axis_scale.moc"
