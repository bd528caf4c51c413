// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/method_family.h"
#include "core/report/chart_theme.h"
#include "core/report/text_width.h"

#include <set>
#include <string>
#include <vector>

namespace bitdial {

// How charts draw a point. Its shape is the family of the method that made it: circle trained,
// square post-training, triangle evolutionary, plus by hand, diamond uniform, cross another
// program's. Its fill is its role: the target's accent when it was refined for a target or made by
// hand, a light tint of it when it was found for any, ink when it is a reference. Points that
// others beat are small and grey, with the same fills in grey; an outline of dots says that a point
// was measured in another way than the front.

struct MarkStyle {
    MethodFamily family = MethodFamily::Uniform;
    PointRole role = PointRole::Reference;
    bool on_front = false;
    bool comparable = true; ///< its accuracy is of the kind that the front compares
};

/// Whether it is drawn large: on the front, references and what the user made.
bool isLarge(const MarkStyle& style);
/// Half the width and height of what a mark covers [px].
double markReach(const MarkStyle& style);

/// A mark around a place; `accent` is the target's.
SceneShape markShape(const MarkStyle& style, ScenePoint at, const ChartTheme& theme, Rgba accent);

/// What of a legend there is something to say of: what occurs in a chart.
struct LegendContents {
    std::set<MethodFamily> families;
    std::set<PointRole> roles;
    bool beaten = false;       ///< points that are not on the front
    bool incomparable = false; ///< points measured in another way
    void add(const MarkStyle& style);
    bool operator==(const LegendContents&) const = default;
};

/// The words of a legend, so that the window can have them in the user's language. By what they
/// stand for, in the enums' order.
struct LegendWords {
    std::vector<std::string> families = {"uniform",      "trained", "post-training",
                                         "evolutionary", "by hand", "other method"};
    std::vector<std::string> roles = {"reference", "found for any target", "refined for one",
                                      "by hand"};
    std::string beaten = "beaten by others";
    std::string incomparable = "measured in another way";
};

struct Legend {
    std::vector<SceneShape> shapes;
    double height = 0; ///< 0: there is nothing to say
};

struct LegendPlace {
    double x = 0;
    double y = 0; ///< upper edge
    double width = 0;
    double font_size = 11;
};

/// Marks with their words, line by line: shapes for families, fills for roles.
Legend legendOf(const LegendContents& contents, const LegendWords& words, const LegendPlace& place,
                const ChartTheme& theme, Rgba accent, const TextWidth& width);

} // namespace bitdial
