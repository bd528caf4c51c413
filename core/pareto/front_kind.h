// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/design_point.h"

#include <optional>
#include <span>

namespace bitdial {

/// What makes two accuracies comparable: the same arithmetic on the same samples.
struct AccuracyKind {
    Rung rung = Rung::Integer;
    DataRole role = DataRole::Validation;
    bool operator==(const AccuracyKind&) const = default;
};

/// The one kind that a front compares, for every program that shows one. `points` are the quantized
/// ones. Rung: `only` where given, else the first of integer, device and fake that any point has;
/// float arithmetic says nothing about a target. Role: the one that most points of that rung have,
/// and test before validation before all samples where as many have it. So the front is on test
/// samples once every point has been tested, and on validation samples, which every point is
/// measured on first, while some have not been (a search that runs or was cancelled). None while
/// nothing was measured. Points without an accuracy of this kind are not on the front.
std::optional<AccuracyKind> frontKind(std::span<const DesignPoint* const> points,
                                      std::optional<Rung> only = {});

/// The accuracy that stands for a point beside a front of that kind: the one of the kind; where it
/// has none the best-established of `only`, else of integer, device, fake and float, in that order.
/// Null if none. The caller can tell by comparing kindOf() with the front's.
const Accuracy* shownAccuracy(const DesignPoint& point, const std::optional<AccuracyKind>& kind,
                              std::optional<Rung> only = {});

inline AccuracyKind kindOf(const Accuracy& accuracy)
{
    return {accuracy.rung, accuracy.role};
}

} // namespace bitdial
