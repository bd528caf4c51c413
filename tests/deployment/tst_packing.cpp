// SPDX-License-Identifier: Apache-2.0
// Packing against readers that follow the library's layouts bit by bit.
#include "core/deployment/pulp_nn/packing.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Element of a packed array: first in the low bits, one bit at a time.
int elementAt(const std::vector<std::uint8_t>& bytes, std::size_t index, IntegerType type)
{
    int value = 0;
    for (int b = 0; b < type.bits; ++b) {
        const std::size_t bit = index * std::size_t(type.bits) + std::size_t(b);
        if (bytes[bit / 8] >> (bit % 8) & 1)
            value += b == type.bits - 1 && type.is_signed ? -(1 << b) : 1 << b;
    }
    return value;
}

ExportPlan planOf(unsigned seed, const std::string& widths)
{
    const auto network = everyKindNetwork(seed);
    const auto request =
        randomRequest(network, assignmentOf(*network, widths), "pulp-open-xpulpv2", 1, true, seed);
    return planExport(request.network, request.profile);
}

} // namespace

class TestPacking : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void knownBytes();
    void tensors_data();
    void tensors();
    void weights_data();
    void weights();
    void names();
};

void TestPacking::knownBytes()
{
    using Bytes = std::vector<std::uint8_t>;
    const std::vector<std::int32_t> values = {1, -2, 0, -1, 1};
    QCOMPARE(packElements(values, 8), (Bytes{0x01, 0xfe, 0x00, 0xff, 0x01}));
    QCOMPARE(packElements(values, 4), (Bytes{0xe1, 0xf0, 0x01}));
    QCOMPARE(packElements(values, 2), (Bytes{0xc9, 0x01}));
    QCOMPARE(packElements(std::vector<std::int32_t>{-2}, 32), (Bytes{0xfe, 0xff, 0xff, 0xff}));
}

void TestPacking::tensors_data()
{
    QTest::addColumn<int>("bits");
    QTest::addColumn<bool>("is_signed");
    for (const int bits : {8, 4, 2})
        for (const bool is_signed : {false, true})
            QTest::addRow("%d %d", bits, int(is_signed)) << bits << is_signed;
}

void TestPacking::tensors()
{
    QFETCH(const int, bits);
    QFETCH(const bool, is_signed);
    StoredTensor tensor;
    tensor.shape = {5, 3, 4};
    tensor.type = {bits, is_signed};
    tensor.channels = 8;
    std::mt19937 random(3);
    const auto range = integerRange(bits, is_signed);
    std::vector<std::int32_t> values(60);
    for (auto& value : values)
        value = range.low + std::int32_t(random() % std::uint32_t(range.high - range.low + 1));
    const auto bytes = packTensor(tensor, values);
    QCOMPARE(bytes.size(), std::size_t(3 * 4 * 8 * bits / 8));
    for (int y = 0; y < 3; ++y)
        for (int x = 0; x < 4; ++x)
            for (int c = 0; c < 8; ++c) {
                const auto at = std::size_t((y * 4 + x) * 8 + c);
                const int expected = c < 5 ? values[std::size_t((c * 3 + y) * 4 + x)] : 0;
                QCOMPARE(elementAt(bytes, at, tensor.type), expected);
            }
}

void TestPacking::weights_data()
{
    QTest::addColumn<std::string>("widths");
    for (const char* widths : {"8", "4", "2", "mixed1", "mixed2"})
        QTest::newRow(widths) << std::string(widths);
}

/// Every real weight is where its kernel reads it; everything else is 0.
void TestPacking::weights()
{
    QFETCH(const std::string, widths);
    const auto plan = planOf(9, widths);
    for (const auto& planned : plan.layers) {
        const auto& layer = plan.layer(planned);
        if (!layer.hasWeights())
            continue;
        const auto& folded = plan.folded(planned);
        const IntegerType type{folded.weight_bits, true};
        const auto bytes = packWeights(plan, planned);
        std::vector<int> rest(bytes.size() * 8 / std::size_t(type.bits));
        for (std::size_t i = 0; i < rest.size(); ++i)
            rest[i] = elementAt(bytes, i, type);
        const auto& source = plan.tensor(layer.inputs[0]);
        const bool linear = layer.kind == LayerKind::Linear;
        const int kh = linear ? source.shape.height : planned.subject.kernel_height;
        const int kw = linear ? source.shape.width : planned.subject.kernel_width;
        const bool depthwise = layer.kind == LayerKind::DepthwiseConv;
        const int inputs = depthwise ? 1 : source.shape.channels;
        const int length = linear ? planned.subject.in.channels : kh * kw * source.channels;
        const int group = 8 / folded.weight_bits;
        std::size_t w = 0;
        for (int o = 0; o < layer.geometry.output.channels; ++o)
            for (int i = 0; i < inputs; ++i)
                for (int y = 0; y < kh; ++y)
                    for (int x = 0; x < kw; ++x, ++w) {
                        const int tap = y * kw + x;
                        const int at = depthwise ? (o / group * kh * kw + tap) * group + o % group
                                                 : o * length + tap * source.channels + i;
                        QCOMPARE(rest[std::size_t(at)], int(folded.weights[w]));
                        rest[std::size_t(at)] = 0;
                    }
        QVERIFY(std::ranges::all_of(rest, [](int value) { return value == 0; }));
    }
}

/// <op>_<in>_<out>_<weight>: the order of the library's names, and its folders.
void TestPacking::names()
{
    NetworkBuilder builder({3, 8, 8}, 2);
    const int conv = builder.conv(0, 8, 3, 1, {1, 1, 1, 1}, Activation::Relu);
    const int deep = builder.depthwise(conv, 3, 1, {1, 1, 1, 1}, Activation::None);
    const int sum = builder.add(conv, deep, Activation::Relu);
    const int mean = builder.averagePool(sum, 8, 8);
    const auto network = builder.build(builder.linear(mean, 4, Activation::None));
    auto bits = BitAssignment::uniform(*network, 8, 4);
    const ActivationGroups groups(*network);
    groups.setBits(bits, groups.groupOf(mean), 2);
    bits.setWeightBits(0, 2);
    const auto request = randomRequest(network, bits, "pulp-open-xpulpv2", 1, true, 1);
    const auto plan = planExport(request.network, request.profile);
    const std::vector<std::string> expected = {"pulp_nn_conv_i8_u4_i2",
                                               "pulp_nn_depthwise_u4_i4_i8", "pulp_nn_add_u4_i4_u4",
                                               "pulp_nn_avgpool_u4_u2", "pulp_nn_linear_u2_i32_i8"};
    for (std::size_t i = 0; i < expected.size(); ++i)
        QCOMPARE(plan.layers[i].kernel, expected[i]);
    QCOMPARE(plan.layers[0].sources[1],
             std::string("src/MatrixMultiplication/pulp_nn_matmul_i8_u4_i2.c"));
    const auto other = randomRequest(network, bits, "pulp-open-xpulpnn", 1, true, 1);
    QCOMPARE(planExport(other.network, other.profile).layers[0].kernel,
             std::string("xpulp_nn_conv_i8_u4_i2"));
}

QTEST_GUILESS_MAIN(TestPacking)
#include "tst_packing.moc"
