// SPDX-License-Identifier: Apache-2.0
#include "core/report/pango_text.h"

namespace bitdial {

namespace {

struct DescriptionReleaser {
    void operator()(PangoFontDescription* font) const { pango_font_description_free(font); }
};

struct OptionsReleaser {
    void operator()(cairo_font_options_t* options) const { cairo_font_options_destroy(options); }
};

} // namespace

PangoTexts::PangoTexts()
    : m_fonts(pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT)),
      m_context(pango_font_map_create_context(m_fonts.get()))
{
    const std::unique_ptr<cairo_font_options_t, OptionsReleaser> options(
        cairo_font_options_create());
    cairo_font_options_set_antialias(options.get(), CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options.get(), CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options.get(), CAIRO_HINT_METRICS_OFF);
    pango_cairo_context_set_font_options(m_context.get(), options.get());
    pango_context_set_round_glyph_positions(m_context.get(), FALSE);
}

GObjectPointer<PangoLayout> PangoTexts::layout(const std::string& text, double size,
                                               TextWeight weight) const
{
    GObjectPointer<PangoLayout> layout(pango_layout_new(m_context.get()));
    const std::unique_ptr<PangoFontDescription, DescriptionReleaser> font(
        pango_font_description_new());
    pango_font_description_set_family_static(font.get(), "Inter, DejaVu Sans, Sans");
    pango_font_description_set_absolute_size(font.get(), size * PANGO_SCALE);
    pango_font_description_set_weight(font.get(), weight == TextWeight::Bold ? PANGO_WEIGHT_BOLD
                                                                             : PANGO_WEIGHT_NORMAL);
    pango_layout_set_font_description(layout.get(), font.get());
    const std::string drawn = drawnText(text);
    pango_layout_set_text(layout.get(), drawn.data(), int(drawn.size()));
    return layout;
}

double PangoTexts::widthOf(PangoLayout& layout)
{
    PangoRectangle logical;
    pango_layout_get_extents(&layout, nullptr, &logical);
    return double(logical.width) / PANGO_SCALE;
}

} // namespace bitdial
