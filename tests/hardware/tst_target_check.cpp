// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/target_check.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network_check.h"
#include "core/network/open/open_network.h"

#include <QtTest>

using namespace bitdial;

namespace {

std::shared_ptr<const HardwareProfile> xpulpnn()
{
    return openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json");
}

/// input 2x8x8 -> dilated conv 4x8x8 -> conv 4x8x8, and their sum.
NetworkDescription dilatedResidual()
{
    NetworkDescription d;
    d.name = "dilated";
    d.tensors = {{"input", {2, 8, 8}, -1, {}},
                 {"a", {4, 8, 8}, -1, {}},
                 {"b", {4, 8, 8}, -1, {}},
                 {"sum", {4, 8, 8}, -1, {}}};
    Layer conv;
    conv.name = "wide";
    conv.inputs = {0};
    conv.output = 1;
    conv.geometry = {{2, 8, 8}, {4, 8, 8}, 3, 3, 1, 1, {2, 2, 2, 2}};
    conv.geometry.dilation_y = conv.geometry.dilation_x = 2;
    Layer plain = conv;
    plain.name = "plain";
    plain.inputs = {1};
    plain.output = 2;
    plain.geometry = {{4, 8, 8}, {4, 8, 8}, 3, 3, 1, 1, {1, 1, 1, 1}};
    Layer add;
    add.name = "add";
    add.kind = LayerKind::Add;
    add.inputs = {1, 2};
    add.output = 3;
    add.geometry.input = add.geometry.output = {4, 8, 8};
    d.layers = {conv, plain, add};
    d.output = 3;
    return d;
}

} // namespace

class TestTargetCheck : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLayerWithoutKernelIsNamedAndNeverCostsNothing()
    {
        const auto network = std::make_shared<const Network>(dilatedResidual(), nullptr);
        const CostModel model(network, xpulpnn());
        const auto check = checkTarget(model);
        QVERIFY(!check.runs());
        QCOMPARE(check.refusals.size(), std::size_t(1));
        QCOMPARE(check.refusals[0].layer, 0);
        QVERIFY(check.refusals[0].reason.find("dilation") != std::string::npos);
        const auto cost = model.cost(BitAssignment::uniform(*network, 8, 8));
        QVERIFY(cost.infeasible_reason.find("wide") != std::string::npos);
        QVERIFY(!model.hasKernel(0, {8, 8, 8}) && model.hasKernel(1, {8, 8, 8}));
    }

    void aNetworkOfKernelsRuns()
    {
        const CostModel model(buildZooNetwork("zoo:resnet8"), xpulpnn());
        QVERIFY(checkTarget(model).runs());
    }

    /// Counted by hand: while the sum is made, a, b and the sum live.
    void factsCountWhatLivesAtOnce()
    {
        const Network network(dilatedResidual(), nullptr);
        const auto facts = networkFacts(network);
        QCOMPARE(facts.peak_activations, std::int64_t(3 * 4 * 8 * 8));
        QCOMPARE(facts.peak_layer, 2);
        QCOMPARE(facts.weights, std::int64_t(9 * (2 * 4 + 4 * 4)));
        QCOMPARE(facts.macs, std::int64_t(64 * 9 * (2 * 4 + 4 * 4)));
    }
};

QTEST_GUILESS_MAIN(TestTargetCheck)
#include "tst_target_check.moc"
