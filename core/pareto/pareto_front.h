// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <vector>

namespace bitdial {

/// One candidate of a two-objective problem: less cost and more accuracy are better.
struct Objective {
    double cost = 0;
    double accuracy = 0;
};

/// Whether `a` dominates `b`: no worse in both and better in one.
bool dominates(const Objective& a, const Objective& b);

/// Indices of the non-dominated candidates, by rising cost. Of exact duplicates the first stays.
/// Candidates with a non-finite value are never on the front.
std::vector<int> paretoFront(std::span<const Objective> candidates);

/// Area dominated by the front between it and the reference (worst cost, worst accuracy);
/// candidates outside the reference box add nothing. (Zitzler and Thiele 1998.)
double hypervolume(std::span<const Objective> candidates, const Objective& reference);

} // namespace bitdial
