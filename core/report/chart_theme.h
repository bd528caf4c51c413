// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_scene.h"

namespace bitdial {

/// The colours of a chart. Texts and marks keep 4.5 : 1 and 3 : 1 on the ground.
struct ChartTheme {
    bool dark = false;
    Rgba ground;
    Rgba text;
    Rgba secondary; ///< texts beside the data
    Rgba quiet;     ///< points that others beat
    Rgba hairline;  ///< grid

    /// Of the target with this index; they repeat after six. They stay apart in lightness too, for
    /// colour-blind readers.
    Rgba accent(int target) const;

    static const ChartTheme& light();
    static const ChartTheme& night();
};

/// A colour between two: part 0 is the first, 1 the second.
Rgba mixed(Rgba first, Rgba second, double part);

} // namespace bitdial
