// SPDX-License-Identifier: Apache-2.0
// The fold proves that no requantization overflows 32 bits. Here inputs that drive accumulators to
// the ends of their ranges are run through the executor, the exported C, and 64-bit integers.
#include "core/base/error.h"
#include "core/deployment/verify/verify_export.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>
#include <tuple>

using namespace bitdial;
using namespace bitdial::test;

namespace {

constexpr std::int64_t int32_limit = std::int64_t(1) << 31;

/// One layer that sees the network's input in a single window, and a last linear layer.
std::shared_ptr<const Network> oneWindow(const std::string& kind)
{
    NetworkBuilder builder(
        {kind == "linear" ? 24 : 8, kind == "linear" ? 1 : 3, kind == "linear" ? 1 : 3}, 17);
    int tensor = 0;
    if (kind == "conv")
        tensor = builder.conv(0, 16, 3, 1, {}, Activation::Relu);
    else if (kind == "depthwise")
        tensor = builder.depthwise(0, 3, 1, {}, Activation::None);
    else
        tensor = builder.linear(0, 16, Activation::Relu);
    return builder.build(builder.linear(tensor, 4, Activation::None));
}

/// Per output channel of the first layer: its weights in the order of the inputs they meet, zeros
/// elsewhere.
std::vector<std::vector<int>> rowsOf(const IntegerNetwork& folded, std::size_t inputs)
{
    const auto& layer = folded.layers[0];
    const std::size_t channels = layer.kappa.size();
    const std::size_t taps = layer.weights.size() / channels;
    std::vector<std::vector<int>> rows(channels, std::vector<int>(inputs, 0));
    const bool depthwise = taps < inputs;
    for (std::size_t c = 0; c < channels; ++c)
        for (std::size_t i = 0; i < taps; ++i)
            rows[c][(depthwise ? c * taps : 0) + i] = layer.weights[c * taps + i];
    return rows;
}

std::int64_t dot(const std::vector<int>& row, const std::vector<int>& x)
{
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < row.size(); ++i)
        sum += std::int64_t(row[i]) * x[i];
    return sum;
}

} // namespace

class TestOverflowProof : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void boundsAreReachedAndAgree_data();
    void boundsAreReachedAndAgree();
    void whatOverflowsIsRefused();
};

void TestOverflowProof::boundsAreReachedAndAgree_data()
{
    QTest::addColumn<std::string>("kind");
    QTest::addColumn<int>("in_bits");
    QTest::addColumn<int>("weight_bits");
    QTest::addColumn<bool>("signed_input");
    for (const char* kind : {"conv", "depthwise", "linear"})
        for (const auto& [in, weight, is_signed] :
             {std::tuple{8, 8, true}, {8, 4, false}, {2, 2, false}})
            QTest::addRow("%s %d/%d", kind, in, weight)
                << std::string(kind) << in << weight << is_signed;
}

void TestOverflowProof::boundsAreReachedAndAgree()
{
    QFETCH(const std::string, kind);
    QFETCH(const int, in_bits);
    QFETCH(const int, weight_bits);
    QFETCH(const bool, signed_input);
    const auto network = oneWindow(kind);
    auto bits = BitAssignment::uniform(*network, weight_bits, 8);
    bits.setActivationBits(network->input(), in_bits);
    auto request = randomRequest(network, bits, "pulp-open-xpulpv2", 1, signed_input, 5);
    const IntegerNetwork& folded = *request.network;
    const auto& layer = folded.layers[0];
    const auto inputs = std::size_t(network->tensor(network->input()).shape.elements());
    const auto rows = rowsOf(folded, inputs);
    const IntegerRange range = integerRange(in_bits, folded.input.is_signed);

    request.golden_inputs.clear();
    std::vector<std::vector<int>> patterns;
    for (const auto& row : rows)
        for (const bool high : {true, false}) {
            std::vector<int> x;
            for (const int w : row)
                x.push_back((w > 0) == high ? range.high : range.low);
            patterns.push_back(x);
            auto& input = request.golden_inputs.emplace_back();
            for (const int value : x)
                input.push_back(float(value) * folded.input.scale);
        }

    IntegerExecutor executor(request.network);
    executor.keepAllTensors(true);
    const IntegerRange clip = integerRange(layer.output.bits, layer.output.is_signed);
    std::int64_t largest = 0;
    for (std::size_t p = 0; p < patterns.size(); ++p) {
        executor.run(request.golden_inputs[p]);
        const auto found = executor.tensor(network->layer(0).output);
        for (std::size_t c = 0; c < rows.size(); ++c) {
            const std::int64_t product =
                layer.kappa[c] * dot(rows[c], patterns[p]) + layer.lambda[c];
            QVERIFY(std::abs(product) < int32_limit);
            if (c == p / 2)
                largest = std::max(largest, std::abs(product));
            const auto expected =
                std::clamp(std::int64_t(std::floor(std::ldexp(double(product), -layer.shift))),
                           std::int64_t(clip.low), std::int64_t(clip.high));
            QCOMPARE(std::int64_t(found[c]), expected);
        }
    }
    // The proof is not lax: one more bit of shift would overflow for the widest channel.
    if (layer.shift < 31)
        QVERIFY2(2 * largest > int32_limit - int32_limit / 64,
                 qPrintable(QString::number(largest)));

    const QTemporaryDir folder;
    const auto path = std::filesystem::path(folder.path().toStdString()) / "export";
    exportPulpNn(request, path);
    const auto result = verifyExport(path);
    QCOMPARE(result.first_mismatch, std::string());
    QVERIFY(result.bit_exact);
    QCOMPARE(result.images, int(patterns.size()));
}

void TestOverflowProof::whatOverflowsIsRefused()
{
    // Output steps so small that the result needs more than 32 bits whatever the shift.
    const auto network = oneWindow("conv");
    const auto bits = BitAssignment::uniform(*network, 8, 8);
    auto state = calibrated(*network, bits, randomInputs(*network, 2, false, 5));
    state.activations[std::size_t(network->layer(0).output)].scale = 1e-12F;
    try {
        foldToIntegers(network, bits, state);
        QFAIL("accepted");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Infeasible);
        QVERIFY2(error.details().where.find("layer0") != std::string::npos, error.what());
    }
}

QTEST_GUILESS_MAIN(TestOverflowProof)
#include "tst_overflow_proof.moc"
