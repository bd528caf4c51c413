// SPDX-License-Identifier: Apache-2.0
#include "widgets/style/theme.h"

#include "core/report/chart_theme.h"
#include "widgets/style/style_sheet.h"

#include <QApplication>
#include <QStringView>
#include <QStyleFactory>
#include <QStyleHints>

namespace bitdial {
namespace {

constexpr int dark_lightness = 128;

QColor rgb(QRgb value)
{
    return QColor::fromRgb(value);
}

QPalette paletteOf(const Theme& theme)
{
    QPalette palette;
    palette.setColor(QPalette::Window, theme.ground);
    palette.setColor(QPalette::WindowText, theme.text);
    palette.setColor(QPalette::Base, theme.panel);
    palette.setColor(QPalette::AlternateBase, theme.ground);
    palette.setColor(QPalette::Text, theme.text);
    palette.setColor(QPalette::Button, theme.panel);
    palette.setColor(QPalette::ButtonText, theme.text);
    palette.setColor(QPalette::BrightText, theme.worse);
    palette.setColor(QPalette::Highlight, theme.accent(0));
    palette.setColor(QPalette::HighlightedText, theme.onAccent());
    palette.setColor(QPalette::ToolTipBase, theme.panel);
    palette.setColor(QPalette::ToolTipText, theme.text);
    palette.setColor(QPalette::PlaceholderText, theme.secondary);
    palette.setColor(QPalette::Link, theme.accent(0));
    palette.setColor(QPalette::Light, theme.panel);
    palette.setColor(QPalette::Midlight, theme.hairline);
    palette.setColor(QPalette::Mid, theme.hairline);
    palette.setColor(QPalette::Dark, theme.secondary);
    palette.setColor(QPalette::Shadow, theme.hairline);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, theme.secondary);
    return palette;
}

void show(QApplication& application, const Theme& theme)
{
    application.setPalette(paletteOf(theme));
    application.setStyleSheet(styleSheet(theme));
}

const Theme& systemTheme(const QPalette& at_start)
{
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    const auto scheme = QGuiApplication::styleHints()->colorScheme();
    if (scheme != Qt::ColorScheme::Unknown)
        return scheme == Qt::ColorScheme::Dark ? Theme::night() : Theme::light();
#endif
    return Theme::of(at_start);
}

} // namespace

QColor Theme::accent(int target) const
{
    const auto color = (dark ? ChartTheme::night() : ChartTheme::light()).accent(target);
    return {color.red, color.green, color.blue};
}

const Theme& Theme::light()
{
    static const Theme theme = {false,         rgb(0xf5f6f8), rgb(0xffffff), rgb(0xe3e6eb),
                                rgb(0x1d232b), rgb(0x6b7480), rgb(0xc3c9d1), rgb(0xeaf1fb),
                                rgb(0xeef0f3), rgb(0x1d232b), rgb(0xffffff), rgb(0x6b7480),
                                rgb(0xffffff), rgb(0x1a7f4b), rgb(0xb3261e)};
    return theme;
}

const Theme& Theme::night()
{
    static const Theme theme = {true,          rgb(0x15181d), rgb(0x1c2026), rgb(0x2b3139),
                                rgb(0xe6e9ee), rgb(0x97a0ac), rgb(0x4a525d), rgb(0x223041),
                                rgb(0x272d35), rgb(0xe6e9ee), rgb(0x15181d), rgb(0x97a0ac),
                                rgb(0x15181d), rgb(0x5fd39a), rgb(0xff8a80)};
    return theme;
}

const Theme& Theme::of(const QPalette& palette)
{
    return palette.color(QPalette::Window).lightness() < dark_lightness ? night() : light();
}

std::optional<ThemeChoice> themeChoiceFromName(QStringView name)
{
    if (name == u"system")
        return ThemeChoice::System;
    if (name == u"light")
        return ThemeChoice::Light;
    if (name == u"dark")
        return ThemeChoice::Dark;
    return std::nullopt;
}

void applyTheme(QApplication& application, ThemeChoice choice)
{
    // The desktop's palette, before ours covers it.
    static const QPalette at_start = QGuiApplication::palette();
    application.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
    if (choice != ThemeChoice::System) {
        show(application, choice == ThemeChoice::Dark ? Theme::night() : Theme::light());
        return;
    }
    show(application, systemTheme(at_start));
#if QT_VERSION >= QT_VERSION_CHECK(6, 5, 0)
    QObject::connect(QGuiApplication::styleHints(), &QStyleHints::colorSchemeChanged, &application,
                     [&application] { show(application, systemTheme(at_start)); });
#endif
}

} // namespace bitdial
