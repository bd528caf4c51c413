// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network.h"
#include "core/pareto/search_space.h"
#include "tests/hardware/test_networks.h"
#include "tests/support/error_of.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QRegularExpression>
#include <QtTest>

#include <functional>

using namespace bitdial;
using namespace bitdial::test;

namespace {

QByteArray profileText(const char* name)
{
    QFile file(QStringLiteral(BITDIAL_SOURCE_DIR "/profiles/%1.json").arg(QLatin1String(name)));
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

/// A target without some of the kernels of another.
std::shared_ptr<const HardwareProfile>
without(const char* name, const std::function<bool(const QJsonObject& kernel)>& dropped)
{
    auto profile = QJsonDocument::fromJson(profileText(name)).object();
    QJsonArray kept;
    for (const auto& kernel : profile["kernels"].toArray())
        if (!dropped(kernel.toObject()))
            kept.append(kernel);
    profile["kernels"] = kept;
    return parseProfile(QJsonDocument(profile).toJson().toStdString(), name);
}

std::shared_ptr<const HardwareProfile> whole(const char* name)
{
    return parseProfile(profileText(name).toStdString(), name);
}

WidthSet widths(std::initializer_list<int> all)
{
    WidthSet set;
    for (const int bits : all)
        set.add(bits);
    return set;
}

} // namespace

class TestSearchSpace : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void widthSetsAreSets();
    void kernelsDecide();
    void targetsAreUnited();
    void aTargetWithoutKernelsIsRefused();
    void patternsMatchAsRegularExpressionsDo();
    void locksNameWhatTheySay();
    void theLaterLockHolds();
    void wrongLocksAreRefused_data();
    void wrongLocksAreRefused();
    void assignmentsAreBroughtIn();
};

void TestSearchSpace::widthSetsAreSets()
{
    for (int mask = 0; mask < 8; ++mask) {
        std::vector<int> members;
        WidthSet set;
        for (int i = 0; i < 3; ++i)
            if ((mask >> i) % 2 == 1) {
                members.push_back(2 << i);
                set.add(2 << i);
            }
        QCOMPARE(set.empty(), members.empty());
        QCOMPARE(set.narrowest(), members.empty() ? 0 : members.front());
        QCOMPARE(set.widest(), members.empty() ? 0 : members.back());
        for (int bits = 1; bits <= 9; ++bits) {
            QCOMPARE(set.has(bits) && isQuantizedWidth(bits),
                     std::ranges::find(members, bits) != members.end());
            const auto above = std::ranges::lower_bound(members, bits);
            QCOMPARE(set.atLeast(bits),
                     above != members.end() ? *above : (members.empty() ? 0 : members.back()));
        }
    }
}

/// Every width in the space is one of some kernel for each layer that it concerns, and none else.
void TestSearchSpace::kernelsDecide()
{
    const auto network = residualNetwork();
    const auto no_two = without("pulp-open-xpulpnn", [](const QJsonObject& kernel) {
        return kernel["kind"] == "depthwise" && kernel["in_bits"] == 2;
    });
    const CostModel model(network, no_two);
    const auto space = SearchSpace::ofTarget(model);
    for (int g = 0; g < space.groups().count(); ++g) {
        const auto& members = space.groups().members(g);
        if (space.groups().isFixed(g)) {
            QVERIFY(space.groupWidths(g).empty());
            continue;
        }
        bool read_by_depthwise = false;
        for (const int tensor : members)
            for (const int reader : network->tensor(tensor).consumers)
                read_by_depthwise =
                    read_by_depthwise || network->layer(reader).kind == LayerKind::DepthwiseConv;
        QVERIFY(space.groupWidths(g) == (read_by_depthwise ? widths({4, 8}) : WidthSet::all()));
    }
    for (int i = 0; i < network->layerCount(); ++i)
        QVERIFY(space.weightWidths(i) ==
                (network->layer(i).hasWeights() ? WidthSet::all() : WidthSet()));
    QVERIFY(!space.isWhole());
    QVERIFY(SearchSpace::ofTarget(CostModel(network, whole("pulp-open-xpulpnn"))).isWhole());
}

void TestSearchSpace::targetsAreUnited()
{
    const auto network = residualNetwork();
    const auto only = [](int bits) {
        return [bits](const QJsonObject& kernel) {
            return kernel.contains("weight_bits") && kernel["weight_bits"] != bits &&
                   kernel["weight_bits"] != 0;
        };
    };
    std::vector<CostModel> models;
    models.emplace_back(network, without("pulp-open-xpulpnn", only(4)));
    models.emplace_back(network, without("pulp-open-xpulpnn", only(8)));
    const auto space = SearchSpace::ofTargets(models);
    for (int i = 0; i < network->layerCount(); ++i)
        if (network->layer(i).hasWeights()) {
            QVERIFY(space.weightWidths(i) == widths({4, 8}));
            QVERIFY(SearchSpace::ofTarget(models[0]).weightWidths(i) == widths({4}));
        }
}

void TestSearchSpace::aTargetWithoutKernelsIsRefused()
{
    const auto network = residualNetwork();
    const auto none = without("pulp-open-xpulpnn", [](const QJsonObject& kernel) {
        return kernel["kind"] == "depthwise";
    });
    const CostModel refused(network, none);
    const auto error = errorOf([&] { SearchSpace::ofTarget(refused); });
    QVERIFY(error.code == ErrorCode::Infeasible);
    QVERIFY(error.where.find("layer3") != std::string::npos);
    // Beside one that can, it has no say.
    std::vector<CostModel> models;
    models.emplace_back(network, none);
    models.emplace_back(network, whole("pulp-open-xpulpv2"));
    QVERIFY(SearchSpace::ofTargets(models).isWhole());
    models.pop_back();
    QVERIFY(!errorOf([&] { SearchSpace::ofTargets(models); }).what.empty());
}

/// Against Qt's wildcards.
void TestSearchSpace::patternsMatchAsRegularExpressionsDo()
{
    const auto network = residualNetwork(); // layer0 .. layer6, t0 .. t6
    const ActivationGroups groups(*network);
    for (const char* pattern : {"layer*", "*3", "l?yer4", "*", "**e**6", "layer", "?", "t?",
                                "*ye*5", "layer0*", "a*b*c", "*r?"}) {
        const auto wildcard =
            QRegularExpression::fromWildcard(QString::fromLatin1(pattern), Qt::CaseSensitive);
        std::vector<int> expected;
        for (int i = 0; i < network->layerCount(); ++i)
            if (network->layer(i).hasWeights() &&
                wildcard.match(QString::fromStdString(network->layer(i).name)).hasMatch())
                expected.push_back(i);
        std::vector<int> found;
        try {
            found = tensorsOf({std::string("weights:") + pattern, 8}, *network, groups).weights;
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::Usage);
        }
        QVERIFY2(found == expected, pattern);
    }
}

void TestSearchSpace::locksNameWhatTheySay()
{
    const auto network = residualNetwork();
    const SearchSpace space(*network);
    const auto& groups = space.groups();
    const auto lock = [&](const char* text) {
        return space.locked(std::vector{lockFromText(text)});
    };
    const auto first = lock("first");
    QVERIFY(first.weightWidths(0) == WidthSet::only(8)); // its input is fixed
    QVERIFY(first.weightWidths(1) == WidthSet::all());
    const auto last = lock("last=4");
    QVERIFY(last.weightWidths(6) == WidthSet::only(4));
    QVERIFY(last.groupWidths(groups.groupOf(network->layer(6).inputs[0])) == WidthSet::only(4));
    const auto depthwise = lock("weights:depthwise=2");
    QVERIFY(depthwise.weightWidths(3) == WidthSet::only(2));
    QVERIFY(depthwise.groupWidths(groups.groupOf(network->layer(3).inputs[0])) == WidthSet::all());
    // Operands of an addition are one group.
    const auto tensor = lock("activations:t1=4");
    QVERIFY(tensor.groupWidths(groups.groupOf(network->layer(0).output)) == WidthSet::only(4));
    QVERIFY(tensor.weightWidths(1) == WidthSet::all());
}

void TestSearchSpace::theLaterLockHolds()
{
    const auto network = residualNetwork();
    const std::vector<WidthLock> locks = {lockFromText("layer*=4"), lockFromText("layer1=8")};
    const auto space = SearchSpace(*network).locked(locks);
    QVERIFY(space.weightWidths(1) == WidthSet::only(8));
    QVERIFY(space.weightWidths(4) == WidthSet::only(4));
    for (const auto& lock : locks)
        QVERIFY(lockFromText(lockText(lock)) == lock);
}

void TestSearchSpace::wrongLocksAreRefused_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("said");
    QTest::newRow("nothing of that name") << "layre1=4"
                                          << "layer1";
    QTest::newRow("no width") << "first=3"
                              << "2, 4 and 8";
    QTest::newRow("empty width") << "first="
                                 << "2, 4 and 8";
    QTest::newRow("no pattern") << "=4"
                                << "names nothing";
    QTest::newRow("nothing") << ""
                             << "names nothing";
    QTest::newRow("only what is fixed") << "activations:input"
                                        << "no width of its own";
}

void TestSearchSpace::wrongLocksAreRefused()
{
    QFETCH(QString, text);
    QFETCH(QString, said);
    const auto network = residualNetwork();
    const auto error = errorOf([&] {
        return SearchSpace(*network).locked(std::vector{lockFromText(text.toStdString())});
    });
    QVERIFY(error.code == ErrorCode::Usage);
    const auto& details = error;
    QVERIFY2(QString::fromStdString(details.why + details.next).contains(said),
             (details.why + details.next).c_str());
}

void TestSearchSpace::assignmentsAreBroughtIn()
{
    const auto network = residualNetwork();
    const CostModel model(network, without("pulp-open-xpulpnn", [](const QJsonObject& kernel) {
                              return kernel["kind"] == "depthwise" && kernel["in_bits"] == 2;
                          }));
    const auto space = SearchSpace::ofTarget(model).locked(std::vector{lockFromText("first=4")});
    const auto narrow = BitAssignment::uniform(*network, 2, 2);
    QVERIFY(!space.holds(narrow));
    const auto brought = space.brought(narrow);
    QVERIFY(space.holds(brought));
    QCOMPARE(brought.weightBits(0), 4);
    QCOMPARE(brought.weightBits(1), 2);
    QCOMPARE(brought.activationBits(network->layer(3).inputs[0]), 4);
    QCOMPARE(space.brought(BitAssignment::uniform(*network, 8, 8)).weightBits(0), 4);
    QVERIFY(SearchSpace(*network).brought(narrow) == narrow);
}

QTEST_GUILESS_MAIN(TestSearchSpace)
#include "tst_search_space.moc"
