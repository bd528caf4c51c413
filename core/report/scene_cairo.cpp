// SPDX-License-Identifier: Apache-2.0
#include "core/report/scene_cairo.h"

#include "core/base/error.h"
#include "core/report/pango_text.h"

#include <cairo/cairo-pdf.h>

#include <cmath>
#include <numbers>

namespace bitdial {
namespace {

constexpr double points_per_pixel = 0.75; // a pixel is 1/96 inch, a point 1/72
constexpr double most_pixels = 32767;

struct Releaser {
    void operator()(cairo_surface_t* surface) const { cairo_surface_destroy(surface); }
    void operator()(cairo_t* context) const { cairo_destroy(context); }
};
using Surface = std::unique_ptr<cairo_surface_t, Releaser>;
using Context = std::unique_ptr<cairo_t, Releaser>;

void check(cairo_status_t status)
{
    if (status != CAIRO_STATUS_SUCCESS)
        throw Error(ErrorCode::Failed, "The picture cannot be painted", "Cairo",
                    cairo_status_to_string(status), "Try a smaller picture, or SVG");
}

cairo_status_t append(void* text, const unsigned char* data, unsigned length)
{
    static_cast<std::string*>(text)->append(reinterpret_cast<const char*>(data), length);
    return CAIRO_STATUS_SUCCESS;
}

class CairoPainter {
public:
    explicit CairoPainter(cairo_t* context) : m_context(context) {}

    void paint(const ChartScene& scene) const
    {
        setColor(scene.background);
        cairo_paint(m_context);
        for (const auto& group : scene.groups) {
            cairo_save(m_context);
            if (group.clip) {
                cairo_rectangle(m_context, group.clip->x, group.clip->y, group.clip->width,
                                group.clip->height);
                cairo_clip(m_context);
            }
            for (const auto& shape : group.shapes)
                std::visit([this](const auto& one) { paint(one); }, shape);
            cairo_restore(m_context);
        }
    }

private:
    void setColor(Rgba color) const
    {
        cairo_set_source_rgba(m_context, color.red / 255.0, color.green / 255.0, color.blue / 255.0,
                              color.alpha);
    }

    /// Of the outline that stands in the context.
    void paintOutline(const ScenePaint& paint) const
    {
        if (paint.fill) {
            setColor(*paint.fill);
            cairo_fill_preserve(m_context);
        }
        if (paint.stroke.width > 0) {
            setColor(paint.stroke.color);
            cairo_set_line_width(m_context, paint.stroke.width);
            const double dashes[] = {paint.stroke.dash, paint.stroke.gap};
            cairo_set_dash(m_context, dashes, paint.stroke.dash > 0 ? 2 : 0, 0);
            cairo_stroke_preserve(m_context);
        }
        cairo_new_path(m_context);
    }

    void paint(const PathShape& path) const
    {
        for (const auto& point : path.points)
            cairo_line_to(m_context, point.x, point.y);
        if (path.closed)
            cairo_close_path(m_context);
        paintOutline(path.paint);
    }

    void paint(const CircleShape& circle) const
    {
        cairo_arc(m_context, circle.centre.x, circle.centre.y, circle.radius, 0,
                  2 * std::numbers::pi);
        cairo_close_path(m_context);
        paintOutline(circle.paint);
    }

    void paint(const TextShape& text) const
    {
        const auto layout = m_texts.layout(text.text, text.size, text.weight);
        const double width = PangoTexts::widthOf(*layout);
        cairo_save(m_context);
        cairo_translate(m_context, text.at.x, text.at.y);
        if (text.turn == TextTurn::Upwards)
            cairo_rotate(m_context, -std::numbers::pi / 2);
        cairo_move_to(m_context,
                      text.anchor == TextAnchor::Start    ? 0
                      : text.anchor == TextAnchor::Middle ? -width / 2
                                                          : -width,
                      0);
        // Lays the letters out again for the context's scale, which does not change their widths.
        pango_cairo_update_layout(m_context, layout.get());
        auto* line = pango_layout_get_line_readonly(layout.get(), 0);
        if (text.rim)
            paintRim(*line, *text.rim);
        setColor(text.color);
        pango_cairo_show_layout_line(m_context, line);
        cairo_restore(m_context);
        cairo_new_path(m_context);
    }

    void paintRim(PangoLayoutLine& line, Rgba color) const
    {
        double x = 0;
        double y = 0;
        cairo_get_current_point(m_context, &x, &y);
        pango_cairo_layout_line_path(m_context, &line);
        setColor(color);
        cairo_set_line_width(m_context, scene_rim_width);
        cairo_set_dash(m_context, nullptr, 0, 0);
        cairo_set_line_join(m_context, CAIRO_LINE_JOIN_ROUND);
        cairo_stroke(m_context);
        cairo_move_to(m_context, x, y);
    }

    cairo_t* m_context;
    PangoTexts m_texts;
};

} // namespace

std::string scenePng(const ChartScene& scene, double scale)
{
    const double width = std::ceil(scene.width * scale);
    const double height = std::ceil(scene.height * scale);
    if (!(width <= most_pixels) || !(height <= most_pixels))
        throw Error(ErrorCode::Infeasible, "The picture cannot be painted", "PNG",
                    "it would have " + std::to_string(std::llround(width)) + " x " +
                        std::to_string(std::llround(height)) + " pixels, more than 32767 a side",
                    "Draw fewer targets, or choose SVG or PDF");
    const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_RGB24, int(width), int(height)));
    check(cairo_surface_status(surface.get()));
    const Context context(cairo_create(surface.get()));
    cairo_scale(context.get(), scale, scale);
    CairoPainter(context.get()).paint(scene);
    check(cairo_status(context.get()));
    std::string bytes;
    check(cairo_surface_write_to_png_stream(surface.get(), append, &bytes));
    return bytes;
}

std::string scenePdf(const ChartScene& scene)
{
    std::string bytes;
    const Surface surface(cairo_pdf_surface_create_for_stream(
        append, &bytes, scene.width * points_per_pixel, scene.height * points_per_pixel));
    check(cairo_surface_status(surface.get()));
    if (!scene.title.empty())
        cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_TITLE,
                                       drawnText(scene.title).c_str());
    // Else Cairo writes the time; an empty one is left out.
    cairo_pdf_surface_set_metadata(surface.get(), CAIRO_PDF_METADATA_CREATE_DATE, "");
    const Context context(cairo_create(surface.get()));
    cairo_scale(context.get(), points_per_pixel, points_per_pixel);
    CairoPainter(context.get()).paint(scene);
    check(cairo_status(context.get()));
    cairo_surface_finish(surface.get());
    check(cairo_surface_status(surface.get()));
    return bytes;
}

} // namespace bitdial
