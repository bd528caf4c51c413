// SPDX-License-Identifier: Apache-2.0
// Blocks that live together may not overlap, arenas hold what was promised, and names in C are
// legal and unique.
#include "core/base/error.h"
#include "core/deployment/pulp_nn/c_names.h"
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/hardware/profile/fields.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"

#include <QtTest>

#include <algorithm>
#include <cctype>
#include <random>

using namespace bitdial;
using namespace bitdial::test;

namespace {

std::vector<LiveBlock> randomBlocks(std::mt19937& random)
{
    std::vector<LiveBlock> blocks(random() % 12);
    for (auto& block : blocks) {
        block.bytes = std::int64_t(random() % 200);
        block.first = int(random() % 10);
        block.last = block.first + int(random() % 5);
    }
    return blocks;
}

/// Bytes of the blocks that live at one time, the most.
std::int64_t mostAlive(const std::vector<LiveBlock>& blocks)
{
    std::int64_t most = 0;
    for (int time = 0; time < 20; ++time) {
        std::int64_t alive = 0;
        for (const auto& block : blocks)
            alive += block.first <= time && time <= block.last ? block.bytes : 0;
        most = std::max(most, alive);
    }
    return most;
}

bool isIdentifier(const std::string& name)
{
    return !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
           std::ranges::all_of(name, [](char c) {
               return c == '_' || std::isalnum(static_cast<unsigned char>(c)) != 0;
           });
}

} // namespace

class TestMemoryMap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void livingBlocksDoNotOverlap();
    void chainNeedsNoMoreThanItsPeak();
    void tensorsDoNotOverlap_data();
    void tensorsDoNotOverlap();
    void tooLittleL2();
    void namesAreLegalAndUnique();
    void textIsSafe();
};

void TestMemoryMap::livingBlocksDoNotOverlap()
{
    std::mt19937 random(3);
    for (int i = 0; i < 500; ++i) {
        const auto blocks = randomBlocks(random);
        const Placement placed = placeByLife(blocks);
        QCOMPARE(placed.offsets.size(), blocks.size());
        for (std::size_t a = 0; a < blocks.size(); ++a) {
            QCOMPARE(placed.offsets[a] % 4, 0);
            QVERIFY(placed.offsets[a] >= 0);
            QVERIFY(placed.offsets[a] + blocks[a].bytes <= placed.bytes);
            for (std::size_t b = 0; b < a; ++b) {
                const bool apart = blocks[a].last < blocks[b].first ||
                                   blocks[b].last < blocks[a].first ||
                                   placed.offsets[a] + blocks[a].bytes <= placed.offsets[b] ||
                                   placed.offsets[b] + blocks[b].bytes <= placed.offsets[a];
                QVERIFY(apart);
            }
        }
        QVERIFY(placed.bytes >= mostAlive(blocks));
        // What gaps and alignment may cost.
        QVERIFY(placed.bytes <= 2 * mostAlive(blocks) + 4 * std::int64_t(blocks.size()));
    }
}

void TestMemoryMap::chainNeedsNoMoreThanItsPeak()
{
    std::vector<LiveBlock> chain;
    for (int i = 0; i < 10; ++i)
        chain.push_back({100 + 40 * (i % 3), i, i + 1});
    QCOMPARE(placeByLife(chain).bytes, mostAlive(chain));
}

void TestMemoryMap::tensorsDoNotOverlap_data()
{
    QTest::addColumn<std::string>("spec");
    QTest::addColumn<std::string>("profile");
    QTest::addColumn<bool>("weights_in_l3");
    QTest::addColumn<bool>("tensors_in_l3");
    const std::string resnet = "zoo:resnet8?resolution=28&channels=1";
    const std::string mobilenet = "zoo:mobilenet-v1?width=0.25&resolution=96&classes=10";
    QTest::newRow("all in L2") << resnet << std::string("pulp-open-xpulpv2") << false << false;
    QTest::newRow("weights in L3")
        << resnet << std::string("pulp-open-xpulpv2;memory.l2.bytes=150000") << true << false;
    QTest::newRow("tensors too") << mobilenet
                                 << std::string("pulp-open-xpulpv2;memory.l2.bytes=140000") << true
                                 << true;
}

void TestMemoryMap::tensorsDoNotOverlap()
{
    QFETCH(const std::string, spec);
    QFETCH(const std::string, profile);
    const auto network = randomZooNetwork(spec, 4);
    const auto request = randomRequest(network, assignmentOf(*network, "8"), profile, 1, false, 4);
    const auto plan = planExport(request.network, request.profile);
    const auto& map = plan.memory;
    QTEST(map.weights_in_l3, "weights_in_l3");
    QTEST(std::ranges::count(map.tensor_in_l3, char(1)) > 0, "tensors_in_l3");
    const auto& fields = plan.profile->fields();
    QVERIFY(map.l2Bytes() <= fields.l2.usableBytes());
    QVERIFY(map.l3_bytes <= fields.l3.bytes);
    // Layer by layer: what it reads, what it writes, and what later layers still read.
    for (const auto& layer : network->layers()) {
        std::vector<std::pair<std::int64_t, std::int64_t>> alive[2];
        for (int t = 0; t < network->tensorCount(); ++t) {
            const auto& tensor = network->tensor(t);
            const int index = int(&layer - network->layers().data());
            const bool needed =
                tensor.producer == index ||
                (tensor.producer < index &&
                 std::ranges::any_of(tensor.consumers, [&](int c) { return c >= index; }));
            if (!needed || map.tensor_in_l1[std::size_t(t)] != 0)
                continue;
            const bool in_l3 = map.tensor_in_l3[std::size_t(t)] != 0;
            const auto begin = map.tensor_offsets[std::size_t(t)];
            const auto end = begin + plan.tensor(t).bytes;
            alive[in_l3 ? 1 : 0].emplace_back(begin, end);
            QVERIFY(begin >= (in_l3 ? map.l3_weight_bytes : 0));
            QVERIFY(end <= (in_l3 ? map.l3_bytes : map.l2_tensor_bytes));
        }
        for (auto& level : alive) {
            std::ranges::sort(level);
            for (std::size_t i = 1; i < level.size(); ++i)
                QVERIFY(level[i - 1].second <= level[i].first);
        }
    }
}

void TestMemoryMap::tooLittleL2()
{
    const auto network = randomZooNetwork("zoo:resnet8?resolution=28&channels=1", 4);
    const auto request = randomRequest(network, assignmentOf(*network, "8"),
                                       "pulp-open-xpulpv2;memory.l2.bytes=90400", 1, false, 4);
    try {
        planExport(request.network, request.profile);
        QFAIL("it was planned");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Infeasible);
        QVERIFY2(error.details().why.find("L2") != std::string::npos, error.what());
    }
}

void TestMemoryMap::namesAreLegalAndUnique()
{
    const std::vector<std::string> names = {"a/b:0",
                                            "a_b_0",
                                            "a.b.0",
                                            "int",
                                            "main",
                                            "",
                                            "1",
                                            "_1",
                                            "layer_1_",
                                            "\xc3\xa4*/",
                                            std::string(10000, 'x'),
                                            std::string(10000, 'x') + "y",
                                            "run_layer_2_int"};
    for (const auto& name : names)
        for (const int index : {0, 1, 11, 111}) {
            const std::string identifier = layerIdentifier(index, name);
            QVERIFY2(isIdentifier(identifier), identifier.c_str());
            QVERIFY(identifier.size() <= 60);
            // Of two layers never the same, whatever their names are.
            for (const auto& other : names)
                for (const int place : {0, 1, 11, 111})
                    if (place != index)
                        QVERIFY(layerIdentifier(place, other) != identifier);
        }
}

void TestMemoryMap::textIsSafe()
{
    QCOMPARE(cSafe("a*/b\"\\\n?%\xc3\xa4"), std::string("a_/b_______"));
    QVERIFY(cSafe(std::string(10000, 'x')).size() < 210);
}

QTEST_GUILESS_MAIN(TestMemoryMap)
#include "tst_memory_map.moc"
