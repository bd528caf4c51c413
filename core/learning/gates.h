// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/widths.h"

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>

namespace bitdial {

/// The gates of a weight tensor or of a group of activations: the first opens 4 bits over 2, the
/// second 8 over 4. Hard-concrete gates (Louizos, Welling, Kingma 2018, arXiv 1712.01312) with
/// temperature 1/2, stretched to [-0.1, 1.1].
class Gates {
public:
    /// Gates of widths that it may not have are held open or closed; of no widths at all there are
    /// none.
    explicit Gates(WidthSet widths);

    bool exist() const { return m_logits.defined(); }
    /// What is trained: two values.
    const at::Tensor& logits() const { return m_logits; }
    /// P(gate > 0): two values.
    at::Tensor openProbability() const;
    /// rows x 2 values of the gates for logistic noise of that shape, with gradient to the logits.
    at::Tensor draw(const at::Tensor& noise) const;
    /// Width whose gates are on, from the lowest on: closed with a probability below 0.34.
    int openBits() const;

private:
    at::Tensor hold(const at::Tensor& values) const;

    at::Tensor m_logits;
    /// 0 closed, 1 open, by gate; none: as it is trained.
    std::array<std::optional<float>, 2> m_held;
};

/// Logistic noise for gates that is a function of what it is for, not of what was drawn before: a
/// batch that is split over machines, or a run that goes on, gets the noise of one that is not.
class GateNoise {
public:
    explicit GateNoise(std::uint64_t seed) : m_seed(seed) {}
    /// For one tensor's gates at a step: a row of two values for each sample.
    at::Tensor rows(int step, int tensor, std::span<const int> samples) const;
    /// One row for all samples.
    at::Tensor row(int step, int tensor) const;

private:
    std::uint64_t m_seed;
};

} // namespace bitdial
