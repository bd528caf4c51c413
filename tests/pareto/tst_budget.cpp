// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network.h"
#include "core/pareto/budget.h"
#include "tests/hardware/test_networks.h"
#include "tests/support/error_of.h"

#include <QtTest>

#include <set>

using namespace bitdial;
using namespace bitdial::test;

namespace {

CostModel modelOn(const char* profile)
{
    return {residualNetwork(),
            openProfile(std::string(BITDIAL_SOURCE_DIR "/profiles/") + profile + ".json")};
}

} // namespace

class TestBudget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void axesHaveTheirNames();
    void activationsAreCounted();
    void costsAreTheTotals();
    void budgetsComeBackFromText();
    void wrongTextsAreRefused_data();
    void wrongTextsAreRefused();
    void theFirstExceededIsNamed();
    void budgetsAreCheckedBeforehand();
};

void TestBudget::axesHaveTheirNames()
{
    std::set<std::string> names;
    for (const CostAxis axis : costAxes()) {
        QCOMPARE(int(costAxisFromName(costAxisName(axis))), int(axis));
        names.insert(costAxisName(axis));
    }
    QCOMPARE(names.size(), costAxes().size());
    const auto error = errorOf([] { costAxisFromName("latency"); });
    QVERIFY(error.code == ErrorCode::Usage);
    QVERIFY(error.next.find("latency_ms") != std::string::npos);
}

/// By hand for the residual network at 8 and 4 bits: 1 x 28 x 28 in, 16 x 28 x 28 three times (the
/// second operand is alive until they are added), then 16 x 14 x 14, 48 x 14 x 14, 48, 10 of 32
/// bits.
void TestBudget::activationsAreCounted()
{
    const auto network = residualNetwork();
    const std::int64_t in = 28 * 28;
    const std::int64_t map = 16 * 28 * 28;
    const std::int64_t small = 16 * 14 * 14;
    const std::int64_t wide = 48 * 14 * 14;
    const auto eight = BitAssignment::uniform(*network, 8, 8);
    const auto four = BitAssignment::uniform(*network, 8, 4);
    QCOMPARE(activationBytes(*network, eight), in + 3 * map + small + wide + 48 + 10 * 4);
    QCOMPARE(activationBytes(*network, four),
             in + (3 * map + small + wide + 48) / 2 + std::int64_t(10 * 4));
    QCOMPARE(peakActivationBytes(*network, eight), 3 * map); // both operands and their sum
    QCOMPARE(peakActivationBytes(*network, four), 3 * map / 2);
}

void TestBudget::costsAreTheTotals()
{
    const auto model = modelOn("pulp-open-xpulpnn");
    const auto bits = BitAssignment::uniform(model.network(), 4, 4);
    const auto totals = model.totals(bits);
    const auto along = [&](CostAxis axis) {
        return costAlong(axis, model.network(), bits, totals).value_or(-1);
    };
    QCOMPARE(along(CostAxis::Latency), totals.latency_ms);
    QCOMPARE(along(CostAxis::WeightBytes), double(totals.weight_bytes));
    QCOMPARE(along(CostAxis::PeakL1Bytes), double(totals.peak_l1_bytes));
    QCOMPARE(along(CostAxis::PeakL2Bytes), double(totals.peak_l2_bytes));
    QCOMPARE(along(CostAxis::FlashBytes), double(totals.flash_bytes));
    QCOMPARE(along(CostAxis::Bops), totals.bops);
    QCOMPARE(along(CostAxis::Energy), totals.energy_uj.value_or(-1));
    for (const CostAxis axis : costAxes())
        if (isTheSameOnAllTargets(axis)) {
            const auto other = modelOn("gap8");
            QCOMPARE(costAlong(axis, other.network(), bits, other.totals(bits)).value(),
                     along(axis));
        }
}

void TestBudget::budgetsComeBackFromText()
{
    const auto budget = budgetFromText("pulp-open-xpulpv2:weight_bytes=2e5");
    QVERIFY((budget == Budget{"pulp-open-xpulpv2", CostAxis::WeightBytes, 200000}));
    for (const CostAxis axis : costAxes())
        for (const char* profile : {"", "some target"})
            for (const double most : {5.0, 0.1, 1e9}) {
                const Budget each{profile, axis, most};
                QVERIFY(budgetFromText(budgetText(each)) == each);
            }
}

void TestBudget::wrongTextsAreRefused_data()
{
    QTest::addColumn<QString>("text");
    for (const char* text :
         {"latency_ms", "latency=5", "latency_ms=", "latency_ms=5ms", "latency_ms=0",
          "latency_ms=-1", "latency_ms=inf", "latency_ms=nan", "=5", "a:b:=5", ""})
        QTest::newRow(text) << QString::fromLatin1(text);
}

void TestBudget::wrongTextsAreRefused()
{
    QFETCH(QString, text);
    const auto error = errorOf([&] { budgetFromText(text.toStdString()); });
    QVERIFY(error.code == ErrorCode::Usage);
}

void TestBudget::theFirstExceededIsNamed()
{
    const auto model = modelOn("pulp-open-xpulpnn");
    const auto bits = BitAssignment::uniform(model.network(), 8, 8);
    const auto totals = model.totals(bits);
    const std::vector<Budget> budgets = {{"pulp-open-xpulpv2", CostAxis::Latency, 1e-9},
                                         {"", CostAxis::Latency, totals.latency_ms},
                                         {"", CostAxis::Bops, totals.bops * 0.99},
                                         {"", CostAxis::WeightBytes, 1}};
    QCOMPARE(exceededBudget(budgets, model, bits, totals), &budgets[2]);
    QVERIFY(exceededBudget(std::span(budgets).first(2), model, bits, totals) == nullptr);
}

void TestBudget::budgetsAreCheckedBeforehand()
{
    std::vector<CostModel> models;
    models.push_back(modelOn("pulp-open-xpulpnn"));
    const std::vector<Budget> fine = {{"pulp-open-xpulpnn", CostAxis::Latency, 1}};
    checkBudgets(fine, models);
    const std::vector<Budget> other = {{"gap8", CostAxis::Latency, 1}};
    QVERIFY(!errorOf([&] { checkBudgets(other, models); }).what.empty());
    // A profile without power figures has no energy to limit.
    for (const char* name : {"pulp-open-xpulpnn", "rv32imc"}) {
        std::vector<CostModel> one;
        one.push_back(modelOn(name));
        const auto wide = BitAssignment::uniform(one[0].network(), 8, 8);
        const std::vector<Budget> energy = {{"", CostAxis::Energy, 1}};
        QCOMPARE(!errorOf([&] { checkBudgets(energy, one); }).what.empty(),
                 !one[0].totals(wide).energy_uj.has_value());
    }
}

QTEST_GUILESS_MAIN(TestBudget)
#include "tst_budget.moc"
