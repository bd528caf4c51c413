// SPDX-License-Identifier: Apache-2.0
#include "core/learning/gates.h"

#include <ATen/ATen.h>

#include <cmath>

namespace bitdial {
namespace {

constexpr double temperature = 0.5;
constexpr double stretch_low = -0.1;
constexpr double stretch_high = 1.1;
constexpr float initial_logit = 2.0F;
/// A gate is on while it is closed with a probability below this.
constexpr double off_probability = 0.34;

struct NoiseKey {
    std::uint64_t seed;
    int step, tensor, sample, gate;
};

/// 64 random bits of a key: the finaliser of SplitMix64 (Steele, Lea, Flood 2014) over its parts in
/// turn.
std::uint64_t keyed(const NoiseKey& key)
{
    std::uint64_t state = key.seed;
    for (const int part : {key.step, key.tensor, key.sample, key.gate}) {
        state += 0x9e3779b97f4a7c15U + std::uint64_t(std::uint32_t(part));
        state = (state ^ (state >> 30U)) * 0xbf58476d1ce4e5b9U;
        state = (state ^ (state >> 27U)) * 0x94d049bb133111ebU;
        state ^= state >> 31U;
    }
    return state;
}

float logistic(std::uint64_t bits)
{
    // 53 random bits, kept off 0 and 1.
    const double u = (double(bits >> 11U) + 0.5) * 0x1p-53;
    return float(std::log(u) - std::log1p(-u));
}

} // namespace

Gates::Gates(WidthSet widths)
{
    if (widths.empty())
        return;
    m_logits = at::full({2}, initial_logit, at::kFloat).set_requires_grad(true);
    if (!widths.has(2))
        m_held[0] = 1.0F;
    else if (widths == WidthSet::only(2))
        m_held[0] = 0.0F;
    if (!widths.has(8))
        m_held[1] = 0.0F;
    else if (!widths.has(4))
        m_held[1] = 1.0F; // what the first gate opens is 8 bits at once
}

/// Values of the two gates, in the last dimension, with the held ones in place.
at::Tensor Gates::hold(const at::Tensor& values) const
{
    if (!m_held[0] && !m_held[1])
        return values;
    const at::Tensor trained = at::tensor({m_held[0] ? 0.0F : 1.0F, m_held[1] ? 0.0F : 1.0F});
    const at::Tensor held = at::tensor({m_held[0].value_or(0), m_held[1].value_or(0)});
    return values * trained + held;
}

at::Tensor Gates::openProbability() const
{
    return hold(at::sigmoid(m_logits - temperature * std::log(-stretch_low / stretch_high)));
}

at::Tensor Gates::draw(const at::Tensor& noise) const
{
    const at::Tensor s = at::sigmoid((noise + m_logits) / temperature);
    return hold(at::clamp(s * (stretch_high - stretch_low) + stretch_low, 0, 1));
}

int Gates::openBits() const
{
    int bits = quantized_widths.front();
    const at::Tensor closed = (1 - openProbability().detach()).contiguous();
    for (int k = 0; k < 2 && double(closed.data_ptr<float>()[k]) < off_probability; ++k)
        bits *= 2;
    return bits;
}

at::Tensor GateNoise::rows(int step, int tensor, std::span<const int> samples) const
{
    at::Tensor noise = at::empty({std::int64_t(samples.size()), 2}, at::kFloat);
    float* values = noise.data_ptr<float>();
    for (const int sample : samples)
        for (const int gate : {0, 1})
            *values++ = logistic(keyed({m_seed, step, tensor, sample, gate}));
    return noise;
}

at::Tensor GateNoise::row(int step, int tensor) const
{
    constexpr int all_samples[] = {-1};
    return rows(step, tensor, all_samples);
}

} // namespace bitdial
