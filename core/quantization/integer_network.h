// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/network.h"
#include "core/quantization/bit_assignment.h"
#include "core/quantization/quantization_state.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

namespace bitdial {

/// Width and sign of an activation tensor's integers.
struct IntegerType {
    int bits = 8;
    bool is_signed = false;
    bool operator==(const IntegerType&) const = default;
};

/// An integer add as the 3-tensor PULP-NN kernel computes it:
/// q_j = clip8_j((x_j * mul_j + add_j) >> shift_j), s = q_1 + q_2,
/// out = clip((s * out_mul + out_add) >> out_shift); clip8_j is signed or unsigned as input j is.
struct IntegerAdd {
    std::int32_t mul[2] = {1, 1};
    std::int32_t add[2] = {0, 0};
    int shift[2] = {0, 0};
    std::int32_t out_mul = 1;
    std::int32_t out_add = 0;
    int out_shift = 0;
};

/// An integer average pooling: clip((sum * (lambda / window) + out_add) >> out_shift), where the
/// division is done in integers by the kernel; `lambda` is a multiple of the window.
struct IntegerAveragePool {
    std::int32_t lambda = 1;
    std::int32_t out_add = 0;
    int out_shift = 0;
};

/// One layer folded to integers. Weights are signed integers of `weight_bits`, in the order of
/// LayerParameters. Requantization per output channel: clip((kappa[c] * acc + lambda[c]) >> shift)
/// with an arithmetic shift (floor); 2^(shift-1) for rounding is already in lambda. Folding proves
/// that |kappa * acc + lambda| < 2^31 for every input that the width allows; otherwise it reduces
/// shift. A last linear layer has no requantization: out = acc + bias.
struct IntegerLayer {
    std::vector<IntegerType> inputs;
    IntegerType output;
    int weight_bits = 0;
    std::vector<std::int8_t> weights;
    std::vector<std::int32_t> kappa;
    std::vector<std::int32_t> lambda;
    int shift = 0;
    /// The most by which whole kappa and lambda move a result that is not clipped, in output steps;
    /// none where there are none.
    std::optional<double> requantization_error_steps;
    std::vector<std::int32_t> bias; ///< last linear layer only
    IntegerAdd add;
    IntegerAveragePool average_pool;
};

/// A network folded to integers with the arithmetic of the PULP-NN mixed kernels (32-bit kappa and
/// lambda). Immutable value. Sources: kernel library's arithmetic as in the project's CONTRIBUTING.
struct IntegerNetwork {
    std::shared_ptr<const Network> network;
    BitAssignment assignment;
    std::vector<IntegerLayer> layers; ///< one per layer of the network
    ActivationQuantizer input;        ///< how the network's input becomes integers
    float output_scale = 1;           ///< real logit = output_scale * integer
};

/// Folds batch norm, scales and bits into integers. Throws Error(Infeasible) naming the layer when
/// a layer cannot be expressed (its accumulator or requantization would overflow 32 bits).
IntegerNetwork foldToIntegers(std::shared_ptr<const Network> network,
                              const BitAssignment& assignment, const QuantizationState& state);

/// Integers of one network input: clamp(round_half_up(value / scale)) in C,H,W order.
void quantizeInput(const IntegerNetwork& network, std::span<const float> input,
                   std::span<std::int32_t> output);

/// Runs integer networks bit-exactly as the kernels would. Holds scratch memory: one per thread.
class IntegerExecutor {
public:
    explicit IntegerExecutor(std::shared_ptr<const IntegerNetwork> network);
    ~IntegerExecutor();
    IntegerExecutor(IntegerExecutor&&) noexcept;

    /// One sample, network input as floats (C,H,W); returns the logits as integers. Throws
    /// Error(Cancelled) between layers when stopped.
    std::span<const std::int32_t> run(std::span<const float> input, std::stop_token stop = {});
    /// Integers of a tensor (C,H,W) after the last run. Every tensor is kept when the executor was
    /// told so before the run; otherwise only the output is valid.
    void keepAllTensors(bool keep);
    /// Throws Error(Failed) when the tensor was not kept or nothing ran.
    std::vector<std::int32_t> tensor(int index) const;

private:
    struct Private;
    std::unique_ptr<Private> d;
};

} // namespace bitdial
