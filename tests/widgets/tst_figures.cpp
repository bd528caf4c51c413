// SPDX-License-Identifier: Apache-2.0
#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"

#include <QLocale>
#include <QtTest>

using namespace bitdial;

class TestFigures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { QLocale::setDefault(QLocale(QLocale::English, QLocale::UnitedStates)); }

    void figures_data()
    {
        QTest::addColumn<QString>("shown");
        QTest::addColumn<QString>("expected");
        const auto row = [](const char* name, const QString& shown, const char16_t* expected) {
            QTest::newRow(name) << shown << QString::fromUtf16(expected);
        };
        row("small ms", milliseconds(1.0512), u"1.05 ms");
        row("medium ms", milliseconds(12.34), u"12.3 ms");
        row("large ms", milliseconds(1234.4), u"1,234 ms");
        row("cycles", shortCount(99800), u"100 k");
        row("few cycles", shortCount(9100), u"9.1 k");
        row("millions", shortCount(1.2362e6), u"1.24 M");
        row("bytes", kilobytes(41230), u"41 kB");
        row("few bytes", kilobytes(930), u"0.9 kB");
        row("percent", percent(0.9294), u"92.9 %");
        row("minus", signedNumber(-28.14), u"\u221228.1");
        row("plus", signedNumber(0.31), u"+0.3");
        row("no sign for nothing", signedNumber(-0.04), u"0.0");
        row("minutes", timeLeft(180, 360), u"about 5 min left (3–6)");
        row("seconds", timeLeft(15, 25), u"about 20 s left (15–25)");
        row("one figure", timeLeft(20, 20), u"about 20 s left");
        row("unknown", timeLeft(-1, 0), u"");
    }
    void figures()
    {
        QFETCH(QString, shown);
        QTEST(shown, "expected");
    }

    /// Wilson's interval of 9290 in 10,000, computed by hand: 92.38 … 93.39 %.
    void anAccuracyIsNeverBare()
    {
        const Accuracy accuracy{Rung::Integer, DataRole::Test, 9290, 10000};
        QCOMPARE(
            accuracyText(accuracy),
            QStringLiteral("92.90 % (integer, test, n = 10,000; 95 % interval 92.4 … 93.4 %)"));
    }

    void origins()
    {
        Provenance from;
        from.method = "free-bits";
        from.role = PointRole::Refined;
        QCOMPARE(originText(from), QStringLiteral("free-bits, stage 2"));
        from = {};
        from.method = "hand";
        from.role = PointRole::Hand;
        QCOMPARE(originText(from), QStringLiteral("hand-made"));
    }
};

QTEST_GUILESS_MAIN(TestFigures)
#include "tst_figures.moc"
