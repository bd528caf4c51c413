// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/accuracy.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr double z = 1.959963984540054; ///< 97.5 % quantile of the normal distribution

/// Wilson's score interval; `side` is -1 for the lower and +1 for the upper end.
double wilson(int correct, int samples, double side)
{
    if (samples == 0)
        return side < 0 ? 0 : 1;
    const double n = samples;
    const double p = correct / n;
    const double spread = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    const double end = (p + z * z / (2 * n) + side * spread) / (1 + z * z / n);
    return std::clamp(end, 0.0, 1.0);
}

} // namespace

const char* rungName(Rung rung)
{
    switch (rung) {
    case Rung::Float:
        return "float";
    case Rung::Fake:
        return "fake";
    case Rung::Integer:
        return "integer";
    case Rung::Device:
        return "device";
    }
    return "unknown";
}

const char* dataRoleName(DataRole role)
{
    switch (role) {
    case DataRole::Validation:
        return "validation";
    case DataRole::Test:
        return "test";
    case DataRole::All:
        return "all";
    }
    return "unknown";
}

double Accuracy::ciLow() const
{
    return wilson(correct, samples, -1);
}
double Accuracy::ciHigh() const
{
    return wilson(correct, samples, 1);
}

} // namespace bitdial
