// SPDX-License-Identifier: Apache-2.0
// Spans of tiles against windows walked one by one, buffers that may not overlap, and that an
// export runs in the tiles that the cost model promises.
#include "core/base/error.h"
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/fields.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"

#include <QtTest>

#include <algorithm>
#include <random>

using namespace bitdial;
using namespace bitdial::test;

namespace {

int pick(std::mt19937& random, int low, int high)
{
    return low + int(random() % unsigned(high - low + 1));
}

TiledAxis randomAxis(std::mt19937& random)
{
    TiledAxis axis;
    for (;;) {
        axis.in_length = pick(random, 1, 30);
        axis.kernel = pick(random, 1, 6);
        axis.stride = pick(random, 1, 4);
        axis.padding_before = pick(random, 0, 4);
        const int reach = axis.in_length + axis.padding_before + pick(random, 0, 4) - axis.kernel;
        if (reach < 0)
            continue;
        axis.out_length = reach / axis.stride + 1;
        axis.tile_size = pick(random, 1, axis.out_length);
        return axis;
    }
}

/// Every input position that the tile's windows touch, one by one.
TileSpan walkedSpan(const TiledAxis& axis, int tile)
{
    TileSpan span;
    span.out_begin = tile * axis.tile_size;
    span.out_size = std::min(axis.out_length, span.out_begin + axis.tile_size) - span.out_begin;
    std::vector<int> touched;
    for (int out = span.out_begin; out < span.out_begin + span.out_size; ++out)
        for (int k = 0; k < axis.kernel; ++k)
            touched.push_back(out * axis.stride - axis.padding_before + k);
    const int from = std::ranges::min(touched);
    const int to = std::ranges::max(touched) + 1;
    bool any = false;
    for (int at = from; at < to; ++at) {
        if (at < 0)
            ++span.before;
        else if (at >= axis.in_length)
            ++span.after;
        else {
            span.in_begin = any ? span.in_begin : at;
            any = true;
            ++span.in_size;
        }
    }
    return span;
}

/// All buffers of a tile plan, each copy for itself, as (begin, end). A resident input is what the
/// layer before wrote.
std::vector<std::pair<std::int64_t, std::int64_t>> intervals(const TilePlan& plan,
                                                             const TilePlan* before)
{
    std::vector<TileBuffer> buffers = plan.inputs;
    for (std::size_t k = 0; k < buffers.size(); ++k)
        if (before != nullptr && plan.link.resident[k])
            buffers[k].bytes = before->output.bytes;
    if (before != nullptr && plan.link.resident[0] && plan.link.resident[1])
        buffers.pop_back(); // the same
    for (const auto& buffer :
         {plan.spread, plan.parameters, plan.output, plan.scratch, plan.weight_scratch})
        buffers.push_back(buffer);
    std::vector<std::pair<std::int64_t, std::int64_t>> all;
    for (const TileBuffer& buffer : buffers) {
        if (buffer.bytes == 0)
            continue;
        all.emplace_back(buffer.offset, buffer.offset + buffer.bytes);
        if (buffer.second != 0)
            all.emplace_back(buffer.offset + buffer.second,
                             buffer.offset + buffer.second + buffer.bytes);
    }
    if (plan.tiling.l1.table > 0)
        all.emplace_back(plan.table_offset, plan.table_offset + plan.tiling.l1.table);
    std::ranges::sort(all);
    return all;
}

ExportPlan planFor(unsigned seed, const std::string& profile)
{
    const auto network = everyKindNetwork(seed);
    const auto request = randomRequest(
        network, assignmentOf(*network, "mixed" + std::to_string(seed)), profile, 1, false, seed);
    return planExport(request.network, request.profile);
}

/// Why an export is not planned; empty where it is.
ErrorDetails refusal(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                     const std::string& profile)
{
    const auto request = randomRequest(network, bits, profile, 1, false, 1);
    try {
        planExport(request.network, request.profile);
    } catch (const Error& error) {
        return error.details();
    }
    return {};
}

} // namespace

class TestTilePlan : public QObject {
    Q_OBJECT

    static void checkBuffers(const ExportPlan& plan);

private Q_SLOTS:
    void spansAreWhatWindowsTouch();
    void buffersDoNotOverlap_data();
    void buffersDoNotOverlap();
    void residentInputIsReadFurther_data();
    void residentInputIsReadFurther();
    void tilesArePromisedOnes_data();
    void tilesArePromisedOnes();
    void depthwiseBorders_data();
    void depthwiseBorders();
    void bordersThatGrowWithTheTile();
    void missingKernelNamesTheLayer();
    void widensWeightsWhereTheKernelIsWrong_data();
    void widensWeightsWhereTheKernelIsWrong();
    void equalLayersDifferBySign();
    void refusesOtherTargets();
};

void TestTilePlan::spansAreWhatWindowsTouch()
{
    std::mt19937 random(7);
    for (int i = 0; i < 2000; ++i) {
        const TiledAxis axis = randomAxis(random);
        int covered = 0;
        for (int tile = 0; tile < axis.tiles(); ++tile) {
            const TileSpan span = axis.span(tile);
            const TileSpan walked = walkedSpan(axis, tile);
            QCOMPARE(span.out_begin, covered);
            QCOMPARE(span.out_size, walked.out_size);
            QCOMPARE(span.in_size, walked.in_size);
            QCOMPARE(span.before, walked.before);
            QCOMPARE(span.after, walked.after);
            if (span.in_size > 0)
                QCOMPARE(span.in_begin, walked.in_begin);
            covered += span.out_size;
        }
        QCOMPARE(covered, axis.out_length);
    }
}

void TestTilePlan::buffersDoNotOverlap_data()
{
    QTest::addColumn<std::string>("profile");
    for (const char* profile :
         {"pulp-open-xpulpv2", "pulp-open-xpulpnn", "pulp-open-xpulpv2;memory.l1.bytes=21192",
          "pulp-open-xpulpnn;memory.l1.bytes=18000"})
        QTest::newRow(profile) << std::string(profile);
}

void TestTilePlan::buffersDoNotOverlap()
{
    QFETCH(const std::string, profile);
    for (unsigned seed = 1; seed <= 5; ++seed)
        checkBuffers(planFor(seed, profile));
}

void TestTilePlan::checkBuffers(const ExportPlan& plan)
{
    const std::int64_t usable = plan.profile->fields().l1.usableBytes();
    for (std::size_t i = 0; i < plan.layers.size(); ++i) {
        const TilePlan& tiles = plan.layers[i].tiles;
        const TilePlan* before = i > 0 ? &plan.layers[i - 1].tiles : nullptr;
        std::int64_t end = 0;
        for (const auto& [begin, next] : intervals(tiles, before)) {
            QVERIFY(begin >= end);
            QCOMPARE(begin % 4, 0);
            end = next;
        }
        QVERIFY(end <= plan.memory.l1_bytes);
        QVERIFY(tiles.tiling.l1.bytes() <= usable);
    }
    QVERIFY(plan.memory.l1_bytes <= usable);
    const CostModel costs(plan.network->network, plan.profile);
    QCOMPARE(plan.memory.l1_bytes, costs.cost(plan.network->assignment).peak_l1_bytes);
    // What the next layer finds lies beside all that this one uses, or is its result.
    for (std::size_t i = 0; i + 1 < plan.layers.size(); ++i) {
        const TilePlan& tiles = plan.layers[i].tiles;
        const TilePlan* before = i > 0 ? &plan.layers[i - 1].tiles : nullptr;
        for (const auto& [begin, next] : intervals(tiles, before))
            QVERIFY(next <= tiles.kept_begin || begin >= tiles.kept_end ||
                    (tiles.keeps && begin == tiles.output.offset));
        const TilePlan& after = plan.layers[i + 1].tiles;
        if (after.link.early_table)
            QVERIFY(after.table_offset >= tiles.kept_begin &&
                    after.table_offset + after.tiling.l1.table <= tiles.kept_end);
        if (after.link.early_parameters)
            QVERIFY(after.parameters.offset >= tiles.kept_begin &&
                    after.parameters.offset + after.parameters.bytes <= tiles.kept_end);
        for (std::size_t k = 0; k < after.inputs.size(); ++k)
            if (after.link.resident[k])
                QCOMPARE(after.inputs[k].offset, tiles.output.offset);
    }
}

/// A linear kernel that reads a few bytes behind what the layer before left for it: these lie in
/// the table, and nothing of that moves into the other layer's buffers.
void TestTilePlan::residentInputIsReadFurther_data()
{
    QTest::addColumn<int>("convolutions");
    QTest::newRow("im2col is deepest") << 2;
    QTest::newRow("first layer") << 1;
}

void TestTilePlan::residentInputIsReadFurther()
{
    QFETCH(const int, convolutions);
    NetworkBuilder builder({1, 28, 28}, 3);
    int map = 0;
    if (convolutions == 2) {
        map = builder.conv(map, 8, 1, 2, {}, Activation::Relu);
        map = builder.conv(map, 8, 8, 3, {}, Activation::Relu);
    } else {
        map = builder.conv(map, 8, 4, 9, {}, Activation::Relu);
    }
    const auto network = builder.build(builder.linear(map, 10, Activation::None));
    const auto request = randomRequest(network, BitAssignment::uniform(*network, 2, 8),
                                       "pulp-open-xpulpv2", 1, false, 5);
    const ExportPlan plan = planExport(request.network, request.profile);
    const TilePlan& last = plan.layers.back().tiles;
    QVERIFY(last.link.resident[0]);
    QVERIFY(last.inputs[0].bytes > plan.layers[plan.layers.size() - 2].tiles.output.bytes);
    checkBuffers(plan);
}

/// Without notes that say otherwise: the tiles, their number and the latency are the cost model's.
void TestTilePlan::tilesArePromisedOnes_data()
{
    QTest::addColumn<std::string>("profile");
    QTest::addColumn<int>("weight_bits"); // 0: mixed
    QTest::newRow("XpulpV2") << std::string("pulp-open-xpulpv2") << 0;
    // Its im2col is as wide as the wider of inputs and weights.
    QTest::newRow("XpulpNN, wide weights")
        << std::string("pulp-open-xpulpnn;memory.l1.bytes=33000") << 8;
}

void TestTilePlan::tilesArePromisedOnes()
{
    QFETCH(const std::string, profile);
    QFETCH(const int, weight_bits);
    const auto network = randomZooNetwork("zoo:resnet8?resolution=28&channels=1", 3);
    const auto bits = weight_bits == 0 ? assignmentOf(*network, "mixed2")
                                       : BitAssignment::uniform(*network, weight_bits, 2);
    const auto request = randomRequest(network, bits, profile, 1, false, 3);
    const auto plan = planExport(request.network, request.profile);
    const CostModel costs(network, request.profile);
    const NetworkCost promised = costs.cost(bits);
    for (const auto& layer : plan.layers) {
        const LayerCost& cost = promised.layers[std::size_t(layer.index)];
        QCOMPARE(layer.tiles.tiles(), cost.tiles);
        QCOMPARE(layer.cost.latency_cycles, cost.latency_cycles);
        QCOMPARE(layer.cost.compute_cycles, cost.compute_cycles);
    }
    QCOMPARE(plan.latencyCycles(), promised.latency_cycles);
}

void TestTilePlan::depthwiseBorders_data()
{
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("kernel");
    QTest::addColumn<int>("stride");
    QTest::addColumn<int>("left");
    QTest::addColumn<int>("right");
    QTest::addColumn<bool>("stored");
    QTest::newRow("same, stride 1") << 9 << 3 << 1 << 1 << 1 << false;
    QTest::newRow("odd, stride 2") << 7 << 3 << 2 << 1 << 1 << true;
    QTest::newRow("even, stride 2") << 8 << 3 << 2 << 1 << 1 << false;
    QTest::newRow("no column between the borders") << 2 << 3 << 1 << 1 << 1 << true;
    // 4 bytes stored for 2 taps, behind 1 of padding: more than the row that is spare.
    QTest::newRow("words behind a buffer") << 9 << 2 << 1 << 1 << 0 << true;
    QTest::newRow("no padding") << 9 << 2 << 1 << 0 << 0 << false;
}

void TestTilePlan::depthwiseBorders()
{
    QFETCH(const int, width);
    QFETCH(const int, kernel);
    QFETCH(const int, stride);
    QFETCH(const int, left);
    QFETCH(const int, right);
    QFETCH(const bool, stored);
    KernelWork work;
    work.kind = LayerKind::DepthwiseConv;
    work.bits = {8, 8, 8};
    work.in_channels = work.out_channels = 8;
    work.in_height = 9;
    work.in_width = width;
    work.out_height = 9 - kernel + 1;
    work.out_width = (width + left + right - kernel) / stride + 1;
    work.kernel_height = work.kernel_width = kernel;
    work.padding = {0, left, 0, right};
    const auto target = openProfile("pulp-open-xpulpv2");
    const auto tiling = wholeTiling({work,
                                     {1, stride},
                                     target->fields().kernels.at({work.kind, work.bits}),
                                     target->fields(),
                                     {}});
    QVERIFY(tiling.has_value());
    QCOMPARE(tiling->stored_columns, stored);
    QVERIFY(!tiling->stored_rows);
}

/// A border of 6 around all of a 13x13 map needs far more than what one around a small tile does:
/// small tiles must be found.
void TestTilePlan::bordersThatGrowWithTheTile()
{
    NetworkBuilder builder({64, 13, 13}, 3);
    const int pool = builder.maxPool(0, 13, 1, {6, 6, 6, 6});
    const int average = builder.averagePool(pool, 13, 1);
    const auto network = builder.build(builder.linear(average, 4, Activation::None));
    const auto request = randomRequest(network, BitAssignment::uniform(*network, 8, 8),
                                       "pulp-open-xpulpv2", 1, false, 3);
    const auto plan = planExport(request.network, request.profile);
    QVERIFY(plan.layers[0].tiles.columns.stored_border);
    QVERIFY(plan.layers[0].tiles.tiling.l1.bytes() <= plan.profile->fields().l1.usableBytes());
}

void TestTilePlan::missingKernelNamesTheLayer()
{
    NetworkBuilder builder({8, 6, 6}, 3);
    const int conv = builder.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int pool = builder.maxPool(conv, 2, 2);
    const auto network = builder.build(builder.linear(pool, 4, Activation::None));
    const auto error =
        refusal(network, BitAssignment::uniform(*network, 8, 4), "pulp-open-xpulpv2");
    QCOMPARE(error.code, ErrorCode::Infeasible);
    QVERIFY2(error.where.find("layer1") != std::string::npos, error.where.c_str());
}

/// The XpulpNN library widens signed 2-bit inputs of 8 channels wrongly to 4 bits, rightly to 8:
/// the weights are stored with 8 bits, which the cost model knows and the export says.
void TestTilePlan::widensWeightsWhereTheKernelIsWrong_data()
{
    QTest::addColumn<Activation>("activation");
    QTest::addColumn<int>("channels");
    QTest::addColumn<QString>("profile");
    QTest::addColumn<int>("stored_bits");
    QTest::newRow("signed") << Activation::None << 24 << "pulp-open-xpulpnn" << 8;
    QTest::newRow("channels padded to 24") << Activation::None << 17 << "pulp-open-xpulpnn" << 8;
    QTest::newRow("16 channels") << Activation::None << 16 << "pulp-open-xpulpnn" << 4;
    QTest::newRow("unsigned") << Activation::Relu << 24 << "pulp-open-xpulpnn" << 4;
    QTest::newRow("XpulpV2") << Activation::None << 24 << "pulp-open-xpulpv2" << 4;
}

void TestTilePlan::widensWeightsWhereTheKernelIsWrong()
{
    QFETCH(Activation, activation);
    QFETCH(int, channels);
    QFETCH(QString, profile);
    QFETCH(int, stored_bits);
    NetworkBuilder builder({8, 6, 6}, 3);
    const int first = builder.conv(0, channels, 3, 1, {1, 1, 1, 1}, activation);
    const int second = builder.conv(first, 16, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const auto network = builder.build(builder.linear(second, 4, Activation::None));
    auto bits = BitAssignment::uniform(*network, 8, 2);
    bits.setWeightBits(1, 4);
    const auto request = randomRequest(network, bits, profile.toStdString(), 1, false, 5);
    const ExportPlan plan = planExport(request.network, request.profile);
    const std::string token = "_i" + std::to_string(stored_bits);
    QVERIFY2(plan.layers[1].kernel.ends_with(token), plan.layers[1].kernel.c_str());
    const bool noted = std::ranges::any_of(plan.notes, [](const auto& note) {
        return note.layer == "layer1" && note.what.find("4-bit weights") != std::string::npos;
    });
    QCOMPARE(noted, stored_bits == 8);

    auto wider = bits;
    wider.setWeightBits(1, 8);
    const CostModel model(network, request.profile);
    const double own = model.cost(bits).layers[1].latency_cycles;
    QCOMPARE(plan.layers[1].cost.latency_cycles, own);
    QCOMPARE(own == model.cost(wider).layers[1].latency_cycles, stored_bits == 8);
}

/// Equal convolutions whose inputs' signs differ are no equal layers.
void TestTilePlan::equalLayersDifferBySign()
{
    for (const bool first_is_signed : {true, false}) {
        NetworkBuilder builder({8, 6, 6}, 3);
        const auto activation = [](bool is_signed) {
            return is_signed ? Activation::None : Activation::Relu;
        };
        const int a = builder.conv(0, 24, 3, 1, {1, 1, 1, 1}, activation(first_is_signed));
        const int b = builder.conv(a, 24, 3, 1, {1, 1, 1, 1}, activation(!first_is_signed));
        const int c = builder.conv(b, 24, 3, 1, {1, 1, 1, 1}, Activation::Relu);
        const auto network = builder.build(builder.linear(c, 4, Activation::None));
        const CostModel model(network, openProfile("pulp-open-xpulpnn"));
        const NetworkCost cost = model.cost(BitAssignment::uniform(*network, 4, 2));
        const auto& wide = cost.layers[first_is_signed ? 1 : 2];
        const auto& narrow = cost.layers[first_is_signed ? 2 : 1];
        QVERIFY(wide.weight_bytes > narrow.weight_bytes);
        QVERIFY(wide.latency_cycles != narrow.latency_cycles);
    }
}

void TestTilePlan::refusesOtherTargets()
{
    const auto network = everyKindNetwork(5);
    for (const char* profile : {"mpic", "rv32imc", "bismo-edge"}) {
        const auto request =
            randomRequest(network, assignmentOf(*network, "8"), profile, 1, false, 5);
        QVERIFY_THROWS_EXCEPTION(Error, planExport(request.network, request.profile));
    }
}

QTEST_GUILESS_MAIN(TestTilePlan)
#include "tst_tile_plan.moc"
