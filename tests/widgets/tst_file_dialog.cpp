// SPDX-License-Identifier: Apache-2.0
#include "tests/support/patience.h"
#include "widgets/style/theme.h"

#include <QFileDialog>
#include <QToolButton>
#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// WCAG 2's relative luminance.
double luminance(QRgb color)
{
    const auto linear = [](int channel) {
        const double c = channel / 255.0;
        return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * linear(qRed(color)) + 0.7152 * linear(qGreen(color)) +
           0.0722 * linear(qBlue(color));
}

/// How far what is drawn on the button stands out from it, as WCAG's contrast; 1: nothing is drawn.
double contrastOf(QToolButton& button)
{
    const auto with = button.grab().toImage();
    const auto icon = button.icon();
    button.setIcon({});
    const auto without = button.grab().toImage();
    button.setIcon(icon);
    double most = 1;
    for (int y = 0; y < with.height(); ++y)
        for (int x = 0; x < with.width(); ++x) {
            const double a = luminance(with.pixel(x, y)), b = luminance(without.pixel(x, y));
            most = std::max(most, (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05));
        }
    return most;
}

} // namespace

class TestFileDialog : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void itsButtonsShowTheirIcons_data()
    {
        QTest::addColumn<ThemeChoice>("theme");
        QTest::newRow("light") << ThemeChoice::Light;
        QTest::newRow("dark") << ThemeChoice::Dark;
    }
    /// Qt gives the buttons a fixed size: what the style sheet takes of it for padding, the icon
    /// lacks.
    void itsButtonsShowTheirIcons()
    {
        QFETCH(ThemeChoice, theme);
        applyTheme(*qApp, theme);
        QFileDialog dialog;
        dialog.setOption(QFileDialog::DontUseNativeDialog);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog, patience_ms));
        int looked_at = 0;
        for (auto* button : dialog.findChildren<QToolButton*>()) {
            if (!button->isVisible() || button->icon().isNull())
                continue;
            ++looked_at;
            // An icon needs 3 to be made out (WCAG 2, 1.4.11); one that is disabled has no such
            // need.
            const double wanted = button->isEnabled() ? 3 : 1.2;
            const double contrast = contrastOf(*button);
            QVERIFY2(contrast >= wanted, qPrintable(QStringLiteral("%1: %2").arg(
                                             button->objectName(), QString::number(contrast))));
        }
        QVERIFY(looked_at >= 6); // back, forward, up, new folder, two views
    }
};

QTEST_MAIN(TestFileDialog)
#include "tst_file_dialog.moc"
