// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/report/chart_scene.h"

#include <pango/pangocairo.h>

#include <memory>

namespace bitdial {

struct ObjectReleaser {
    void operator()(void* object) const { g_object_unref(object); }
};
template <typename T> using GObjectPointer = std::unique_ptr<T, ObjectReleaser>;

/// Lines of text in the charts' fonts, unhinted, so that they are as wide at every scale.
class PangoTexts {
public:
    PangoTexts();

    /// For one line; valid while this is.
    GObjectPointer<PangoLayout> layout(const std::string& text, double size,
                                       TextWeight weight) const;
    static double widthOf(PangoLayout& layout);

private:
    GObjectPointer<PangoFontMap> m_fonts;
    GObjectPointer<PangoContext> m_context;
};

} // namespace bitdial
