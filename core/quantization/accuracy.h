// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bitdial {

/// How an accuracy was obtained.
enum class Rung { Float, Fake, Integer, Device };
const char* rungName(Rung rung); ///< "float", "fake", "integer", "device"

/// Which samples it was measured on.
enum class DataRole { Validation, Test, All };
const char* dataRoleName(DataRole role);

/// Top-1 accuracy, never without its rung, samples and 95 % interval (Wilson score, Wilson 1927).
struct Accuracy {
    Rung rung = Rung::Float;
    DataRole role = DataRole::Validation;
    int correct = 0;
    int samples = 0;

    double top1() const { return samples == 0 ? 0 : double(correct) / samples; } ///< fraction
    double ciLow() const;
    double ciHigh() const;
    bool operator==(const Accuracy&) const = default;
};

} // namespace bitdial
