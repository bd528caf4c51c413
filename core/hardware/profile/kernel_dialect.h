// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"

#include <algorithm>
#include <cstdint>

namespace bitdial {

/// The subset of the PULP-NN mixed kernels that computes correctly for every shape and width: what
/// sizes tensors have once stored. The cost model and the exporter both use exactly this. Pad
/// channels and weights are zeros; nothing reads a pad channel's result.

/// What the target's kernels ask of stored tensors. PulpNn: padded channels, scratch buffers in L1,
/// depthwise inputs spread into planes. Plain: tensors as they are and no scratch buffers.
enum class KernelDialect { PulpNn, Plain };

/// `value` rounded up to a multiple.
constexpr int roundUp(int value, int multiple)
{
    return (value + multiple - 1) / multiple * multiple;
}

/// Channels of every stored activation tensor: a multiple of 8 (a 1- or 3-channel input too). The
/// network's 32-bit output is not padded.
constexpr int paddedChannels(int channels, int bits = 8,
                             KernelDialect dialect = KernelDialect::PulpNn)
{
    return bits == 32 || dialect == KernelDialect::Plain ? channels : roundUp(channels, 8);
}

/// Length of a linear layer's input vector as the kernel sees it: the stored tensor flattened
/// (pad channels included), rounded up to 16 when an operand has 2 bits. The kernel then reads up
/// to 8 elements past the tensor; they meet zero weights, so they need only be readable.
constexpr int paddedLinearInputs(const TensorShape& stored, LayerBits bits,
                                 KernelDialect dialect = KernelDialect::PulpNn)
{
    const int length = paddedChannels(stored.channels, 8, dialect) * stored.height * stored.width;
    if (dialect == KernelDialect::Plain)
        return length;
    return roundUp(length, bits.in == 2 || bits.weight == 2 ? 16 : 8);
}

/// What the neurons of a requantizing linear layer must be a multiple of, whole or cut: two for
/// each core; four where results have 2 bits (found by running the library's kernel: it leaves
/// neurons out where a core's count is 5 to 7 above a multiple of 8).
constexpr int linearNeuronMultiple(LayerBits bits, int cores)
{
    return (bits.out == 2 ? 4 : 2) * cores;
}

/// Neurons of a linear layer: padded to linearNeuronMultiple where it requantizes, as given where
/// it writes 32-bit accumulators.
constexpr int paddedLinearOutputs(int neurons, LayerBits bits, int cores,
                                  KernelDialect dialect = KernelDialect::PulpNn)
{
    return bits.out == 32 || dialect == KernelDialect::Plain
               ? neurons
               : roundUp(neurons, linearNeuronMultiple(bits, cores));
}

/// Bytes of packed elements (bits 2, 4, 8 or 32).
constexpr std::int64_t packedBytes(std::int64_t elements, int bits)
{
    return (elements * bits + 7) / 8;
}

/// Bytes of a stored activation tensor.
constexpr std::int64_t storedTensorBytes(const TensorShape& shape, int bits,
                                         KernelDialect dialect = KernelDialect::PulpNn)
{
    return packedBytes(std::int64_t(paddedChannels(shape.channels, bits, dialect)) * shape.height *
                           shape.width,
                       bits);
}

/// Bytes per output channel besides the weights: kappa and lambda, or the bias of a 32-bit linear.
constexpr int requantBytesPerChannel(LayerBits bits)
{
    return bits.out == 32 ? 4 : 8;
}

/// Whether a linear layer is called for 32-bit accumulators, which its cores then requantize: the
/// XpulpNN kernel with 8-bit results uses the first channel's kappa for all.
constexpr bool linearGoesByAccumulators(LayerKind kind, LayerBits bits, bool xpulpnn)
{
    return kind == LayerKind::Linear && xpulpnn && bits.out == 8;
}

/// Channels that one iteration of the depthwise kernel treats together.
constexpr int depthwiseGroup(LayerBits bits)
{
    return 8 / std::min({bits.in, bits.weight, bits.out});
}

} // namespace bitdial
