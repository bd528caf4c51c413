// SPDX-License-Identifier: Apache-2.0
#include "network_fixture.h"

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/quantization/accuracy.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/state_encoding.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

EncodedState someState()
{
    const auto network = everyKindNetwork(5);
    const auto bits = BitAssignment::uniform(*network, 8, 8);
    return encodeState(calibrated(*network, bits, randomInputs(*network, 1, true, 1)));
}

/// As format 1 has it.
std::vector<std::byte> wholeBytes(const EncodedState& state)
{
    std::vector<std::byte> bytes;
    for (const int value : {0x42, 0x44, 0x51, 0x53, 1, 0, 0, 0}) // "BDQS", version 1
        bytes.push_back(std::byte(value));
    bytes.insert(bytes.end(), state.parameters.begin(), state.parameters.end());
    bytes.insert(bytes.end(), state.quantizers.begin(), state.quantizers.end());
    return bytes;
}

} // namespace

class TestQuantizationState : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void integerRanges()
    {
        QCOMPARE(integerRange(8, false).high, 255);
        QCOMPARE(integerRange(2, false).high, 3);
        QCOMPARE(integerRange(4, true).low, -8);
        QCOMPARE(integerRange(4, true).high, 7);
        QCOMPARE(integerRange(2, false).low, 0);
        QVERIFY_EXCEPTION_THROWN(integerRange(3, true), Error);
    }

    void addOperandsFitEightBits()
    {
        // Equal 8-bit operands need no scaling at all.
        QCOMPARE(addOperandScale({0.1F, true}, 8, {0.1F, true}, 8), 0.1F);
        QCOMPARE(addOperandScale({0.1F, false}, 8, {0.05F, false}, 8), 0.1F);
        for (const int bits : {2, 4, 8})
            for (const bool sign_a : {false, true})
                for (const bool sign_b : {false, true})
                    for (const float ratio : {0.01F, 0.7F, 1.0F, 30.0F}) {
                        const ActivationQuantizer a{0.3F, sign_a};
                        const ActivationQuantizer b{0.3F * ratio, sign_b};
                        const double e = addOperandScale(a, bits, b, bits);
                        double fullest = 0;
                        for (const auto& q : {a, b}) {
                            const auto from = integerRange(bits, q.is_signed);
                            const auto to = integerRange(8, q.is_signed);
                            QVERIFY(from.high * double(q.scale) / e < to.high + 1e-4);
                            QVERIFY(from.low * double(q.scale) / e > to.low - 1e-4);
                            fullest = std::max(fullest, from.high * double(q.scale) / e / to.high);
                            if (q.is_signed)
                                fullest =
                                    std::max(fullest, from.low * double(q.scale) / e / to.low);
                        }
                        QVERIFY(std::abs(fullest - 1) < 1e-5); // and no step is wasted
                    }
    }

    void bytesRoundTrip()
    {
        const auto network = everyKindNetwork(5);
        const auto bits = BitAssignment::uniform(*network, 4, 4);
        const auto state = calibrated(*network, bits, randomInputs(*network, 2, true, 1));
        const auto encoded = encodeState(state);
        const auto back = decodeState(encoded.parameters, encoded.quantizers);
        QCOMPARE(encodeState(back).hash, encoded.hash);
        QCOMPARE(stateHash(encoded.parameters, encoded.quantizers), encoded.hash);
        QCOMPARE(back.activations, state.activations);
        QCOMPARE(back.weight_scales, state.weight_scales);
        QCOMPARE(back.parameters->layers.size(), state.parameters->layers.size());
        QCOMPARE(back.parameters->layers[0].weights, state.parameters->layers[0].weights);
        QCOMPARE(back.parameters->layers[0].batch_norm->variance,
                 state.parameters->layers[0].batch_norm->variance);
        QCOMPARE(back.parameters->layers[0].batch_norm->epsilon,
                 state.parameters->layers[0].batch_norm->epsilon);
        QVERIFY(!back.parameters->layers.back().batch_norm);
    }

    /// States that differ in how they are quantized alone share their parameters' bytes.
    void parametersAreShared()
    {
        const auto network = everyKindNetwork(5);
        const auto inputs = randomInputs(*network, 2, true, 1);
        const auto encoded = [&](int bits) {
            return encodeState(
                calibrated(*network, BitAssignment::uniform(*network, bits, bits), inputs));
        };
        const auto wide = encoded(8);
        const auto narrow = encoded(2);
        QCOMPARE(narrow.parameters_hash, wide.parameters_hash);
        QCOMPARE(narrow.parameters, wide.parameters);
        QVERIFY(narrow.hash != wide.hash);
    }

    /// Format 1 has one text of both, behind a mark and a version; its hash is the state's.
    void wholeStatesAreSplit()
    {
        const auto encoded = someState();
        const auto whole = wholeBytes(encoded);
        QCOMPARE(sha256Hex(whole), encoded.hash);
        const auto parts = splitState(whole);
        QCOMPARE(parts.hash, encoded.hash);
        QCOMPARE(parts.parameters_hash, encoded.parameters_hash);
        QCOMPARE(parts.parameters, encoded.parameters);
        QCOMPARE(parts.quantizers, encoded.quantizers);
    }

    void damagedBytesAreRefused()
    {
        const auto encoded = someState();
        const auto bytes = wholeBytes(encoded);
        for (std::size_t size = 0; size < bytes.size(); size += size < 64 ? 1 : 37)
            QVERIFY_EXCEPTION_THROWN(splitState(std::span(bytes).first(size)), Error);
        auto longer = bytes;
        longer.push_back(std::byte(0));
        QVERIFY_EXCEPTION_THROWN(splitState(longer), Error);
        for (std::size_t i = 0; i < 16; ++i) { // mark, version, counts
            auto changed = bytes;
            changed[i] = std::byte(0xee);
            QVERIFY_EXCEPTION_THROWN(splitState(changed), Error);
        }
        QVERIFY_EXCEPTION_THROWN(decodeState(encoded.parameters, {}), Error);
        QVERIFY_EXCEPTION_THROWN(decodeState({}, encoded.quantizers), Error);
        QVERIFY_EXCEPTION_THROWN(decodeState(longer, encoded.quantizers), Error);
    }

    void wilsonInterval()
    {
        // Newcombe (1998), table I: 81 of 263 -> 0.2553, 0.3662; 15 of 148 -> 0.0624, 0.1605;
        // 0 of 20 -> 0, 0.1611; 1 of 29 -> 0.0061, 0.1718 (Wilson score, no correction).
        const auto check = [](int correct, int samples, double low, double high) {
            const Accuracy a{Rung::Integer, DataRole::Test, correct, samples};
            return std::abs(a.ciLow() - low) < 5.1e-5 && std::abs(a.ciHigh() - high) < 5.1e-5;
        };
        QVERIFY(check(81, 263, 0.2553, 0.3662));
        QVERIFY(check(15, 148, 0.0624, 0.1605));
        QVERIFY(check(0, 20, 0, 0.1611));
        QVERIFY(check(1, 29, 0.0061, 0.1718));
        QVERIFY(check(0, 0, 0, 1));
        const Accuracy all{Rung::Integer, DataRole::Test, 10, 10};
        QVERIFY(all.ciLow() > 0.7 && all.ciHigh() > 1 - 1e-12 && all.top1() == 1);
        QCOMPARE(rungName(Rung::Fake), "fake");
        QCOMPARE(dataRoleName(DataRole::Test), "test");
    }
};

QTEST_GUILESS_MAIN(TestQuantizationState)
#include "tst_quantization_state.moc"
