// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QPalette>

#include <optional>

class QApplication;
class QStringView;

namespace bitdial {

/// The colours of the window. Accents belong to targets, green and red to better and worse;
/// everything else is grey.
struct Theme {
    bool dark = false;
    QColor ground;
    QColor panel;
    QColor hairline;
    QColor text;
    QColor secondary;   ///< secondary text
    QColor faint;       ///< dominated points
    QColor selection;   ///< selected row
    QColor segment;     ///< ground of a segmented control
    QColor weight_bits; ///< chosen segment of weights
    QColor weight_text; ///< text on it
    QColor tensor_bits; ///< chosen segment of activations
    QColor tensor_text; ///< text on it
    QColor better;
    QColor worse;

    /// Colour of the target with this index in the project; they repeat after six.
    QColor accent(int target) const;
    /// Text on an accent.
    QColor onAccent() const { return dark ? QColor(0x10, 0x14, 0x19) : QColor(Qt::white); }

    static const Theme& light();
    static const Theme& night();
    /// The theme that a palette belongs to, by how dark its ground is.
    static const Theme& of(const QPalette& palette);
};

enum class ThemeChoice { System, Light, Dark };
/// "system", "light" or "dark"; none for anything else.
std::optional<ThemeChoice> themeChoiceFromName(QStringView name);

/// Sets palette and style of the whole program. System follows the desktop's colour scheme, also
/// when it changes later (Qt 6.5 and newer; before, as it was at the start).
void applyTheme(QApplication& application, ThemeChoice choice);

} // namespace bitdial
