// SPDX-License-Identifier: Apache-2.0
#include "network_fixture.h"

#include "core/base/error.h"
#include "core/quantization/bit_assignment.h"

#include <QtTest>

#include <set>

using namespace bitdial;
using namespace bitdial::test;

namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to)
{
    const auto position = text.find(from);
    return position == std::string::npos ? text : text.replace(position, from.size(), to);
}

/// The error that reading gives, or one with empty fields when there is none.
ErrorDetails errorOf(const Network& network, const std::string& json)
{
    try {
        fromBitsJson(network, json, "bits.json");
    } catch (const Error& error) {
        return error.details();
    }
    return {};
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

class TestBitAssignment : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void uniformHasFixedEnds()
    {
        const auto network = everyKindNetwork(1);
        const auto bits = BitAssignment::uniform(*network, 4, 2);
        QCOMPARE(bits.activationBits(network->input()), 8);
        QCOMPARE(bits.activationBits(network->output()), 32);
        for (int i = 0; i < network->layerCount(); ++i)
            QCOMPARE(bits.weightBits(i), network->layer(i).hasWeights() ? 4 : 0);
        QCOMPARE(bits.layerBits(*network, 0), (LayerBits{8, 4, 2}));
        QCOMPARE(bits.layerBits(*network, network->layerCount() - 1), (LayerBits{2, 4, 32}));
        QCOMPARE(bits.layerBits(*network, 4), (LayerBits{2, 0, 2})); // an add
        QVERIFY_EXCEPTION_THROWN(BitAssignment::uniform(*network, 3, 8), Error);
    }

    void equalityAndHash()
    {
        const auto network = everyKindNetwork(1);
        std::set<std::size_t> hashes;
        for (int w : {2, 4, 8})
            for (int a : {2, 4, 8})
                hashes.insert(BitAssignment::uniform(*network, w, a).hash());
        QCOMPARE(int(hashes.size()), 9);
        QCOMPARE(BitAssignment::uniform(*network, 4, 8).hash(),
                 parseUniform(*network, "w4a8").hash());
        QCOMPARE(BitAssignment::uniform(*network, 4, 8), parseUniform(*network, "w4a8"));
        for (const char* text : {"", "w4", "w3a8", "a8w4", "w4a8 ", "W4A8"})
            QVERIFY_EXCEPTION_THROWN(parseUniform(*network, text), Error);
    }

    void groupsFollowAddsAndMaxPools()
    {
        const auto network = everyKindNetwork(1);
        const ActivationGroups groups(*network);
        std::vector<int> seen(std::size_t(network->tensorCount()), 0);
        for (int g = 0; g < groups.count(); ++g)
            for (const int t : groups.members(g)) {
                QCOMPARE(groups.groupOf(t), g);
                ++seen[std::size_t(t)];
            }
        QVERIFY(std::ranges::all_of(seen, [](int n) { return n == 1; }));
        // left, right, signed sum and unsigned sum hang together through three adds.
        for (const auto& layer : network->layers()) {
            if (layer.kind == LayerKind::Add)
                QCOMPARE(groups.groupOf(layer.inputs[0]), groups.groupOf(layer.inputs[1]));
            if (layer.kind == LayerKind::MaxPool)
                QCOMPARE(groups.groupOf(layer.inputs[0]), groups.groupOf(layer.output));
        }
        QCOMPARE(groups.groupOf(3), groups.groupOf(4));
        QCOMPARE(groups.groupOf(5), groups.groupOf(3));
        QVERIFY(groups.groupOf(1) != groups.groupOf(2));
        QVERIFY(groups.isFixed(groups.groupOf(network->input())));
        QVERIFY(groups.isFixed(groups.groupOf(network->output())));
        QVERIFY(!groups.isFixed(groups.groupOf(1)));

        auto bits = BitAssignment::uniform(*network, 8, 8);
        groups.setBits(bits, groups.groupOf(3), 2);
        for (const int t : groups.members(groups.groupOf(3)))
            QCOMPARE(bits.activationBits(t), 2);
        QVERIFY_EXCEPTION_THROWN(groups.setBits(bits, groups.groupOf(0), 4), Error);
    }

    void tensorsTiedToTheInputStayAtEight()
    {
        NetworkBuilder b({4, 5, 5});
        const int conv = b.conv(0, 4, 3, 1, {1, 1, 1, 1}, Activation::None);
        const int sum = b.add(0, conv, Activation::Relu);
        const auto network = b.build(b.averagePool(sum, 5, 1)); // no linear layer makes the output
        const ActivationGroups groups(*network);
        const auto bits = BitAssignment::uniform(*network, 2, 2);
        QVERIFY(groups.isFixed(groups.groupOf(conv)));
        QCOMPARE(bits.activationBits(conv), 8);
        QCOMPARE(bits.activationBits(sum), 2);
        QCOMPARE(bits.activationBits(network->output()), 8);
        QCOMPARE(bits.layerBits(*network, 2).out, 8);
        QCOMPARE(fromBitsJson(*network, toBitsJson(*network, bits), "x"), bits);
    }

    void jsonRoundTrip()
    {
        const auto network = everyKindNetwork(3);
        const ActivationGroups groups(*network);
        auto bits = BitAssignment::uniform(*network, 8, 8);
        const int widths[] = {2, 4, 8};
        for (int i = 0; i < network->layerCount(); ++i)
            if (network->layer(i).hasWeights())
                bits.setWeightBits(i, widths[i % 3]);
        for (int g = 0; g < groups.count(); ++g)
            if (!groups.isFixed(g))
                groups.setBits(bits, g, widths[(g + 1) % 3]);
        const std::string json = toBitsJson(*network, bits);
        QVERIFY(!contains(json, "\n"));
        QVERIFY(
            json.starts_with("{\"schema\":\"bitdial.bits/1\",\"network\":\"" + network->hash()));
        QCOMPARE(fromBitsJson(*network, json, "bits.json"), bits);
        QCOMPARE(fromBitsJson(*network, replaced(json, "\"input\":8,", ""), "bits.json"), bits);
    }

    void errors_data()
    {
        QTest::addColumn<QString>("from");
        QTest::addColumn<QString>("to");
        QTest::addColumn<QString>("why");
        QTest::addColumn<QString>("next");
        const auto row = [](const char* name, const char* from, const char* to, const char* why,
                            const char* next) { QTest::newRow(name) << from << to << why << next; };
        row("unknown layer", "\"layer0\"", "\"layerO\"", "no layer 'layerO'", "'layer0'");
        row("unknown tensor", "\"t1\"", "\"tt1\"", "no tensor 'tt1'", "'t1'");
        row("width", "\"layer0\":8", "\"layer0\":3", "its width is 3", "8, 4 or 2");
        row("width type", "\"layer0\":8", "\"layer0\":\"8\"", "its width is \"8\"", "8, 4 or 2");
        row("width fraction", "\"layer0\":8", "\"layer0\":8.0", "its width is 8.0", "8, 4 or 2");
        row("huge width", "\"t1\":8", "\"t1\":18446744073709551618", "its width is", "8, 4 or 2");
        row("missing layer", "\"layer0\":8,", "", "layer 'layer0' is missing", "Add it");
        row("missing tensor", "\"t1\":8,", "", "tensor 't1' is missing", "Add it");
        row("tied", "\"t3\":8", "\"t3\":4", "must have one width", "same width");
        row("input", "\"input\":8", "\"input\":4", "fixed at 8", "leave it out");
        row("output", "\"input\":8", "\"t14\":8", "fixed at 32", "leave it out");
        row("key", "\"weights\"", "\"weight\"", "'weight' is unknown", "'weights'");
        row("schema", "bits/1", "bits/2", "schema", "schema");
        row("twice", "\"layer0\":8", "\"layer0\":8,\"layer0\":4", "'layer0' occurs twice", "one");
        row("json", "{\"schema\"", "{schema", "line 1", "Correct");
        row("type", "\"weights\":{", "\"weights\":4,\"x\":{", "'x' is unknown", "");
    }
    void errors()
    {
        QFETCH(QString, from);
        QFETCH(QString, to);
        QFETCH(QString, why);
        QFETCH(QString, next);
        const auto network = everyKindNetwork(3);
        const auto json = toBitsJson(*network, BitAssignment::uniform(*network, 8, 8));
        QVERIFY(contains(json, from.toStdString()));
        const auto error = errorOf(*network, replaced(json, from.toStdString(), to.toStdString()));
        QCOMPARE(error.code, ErrorCode::BadInput);
        QVERIFY2(contains(error.why, why.toStdString()), error.why.c_str());
        QVERIFY2(contains(error.next, next.toStdString()), error.next.c_str());
        QVERIFY(error.where.starts_with("bits.json"));
    }

    void otherNetworkIsRefused()
    {
        const auto network = everyKindNetwork(3);
        const auto json = toBitsJson(*network, BitAssignment::uniform(*network, 8, 8));
        QVERIFY(contains(errorOf(*everyKindNetwork(4), json).why, "another network"));
        for (const char* text : {"", "[]", "null", "{}", "{\"schema\":1}"})
            QCOMPARE(errorOf(*network, text).code, ErrorCode::BadInput);
    }
};

QTEST_GUILESS_MAIN(TestBitAssignment)
#include "tst_bit_assignment.moc"
