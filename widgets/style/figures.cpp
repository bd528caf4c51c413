// SPDX-License-Identifier: Apache-2.0
#include "widgets/style/figures.h"

#include <QCoreApplication>
#include <QLocale>

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("Figures", text);
}

QString number(double value, int decimals)
{
    return QLocale().toString(value, 'f', decimals);
}

} // namespace

QString milliseconds(double ms)
{
    return tr("%1 ms").arg(number(ms, ms < 10 ? 2 : (ms < 100 ? 1 : 0)));
}

QString shortCount(double count)
{
    const double size = std::abs(count);
    if (size >= 1e6)
        return tr("%1 M").arg(number(count / 1e6, size < 1e7 ? 2 : 1));
    if (size >= 1e3)
        return tr("%1 k").arg(number(count / 1e3, size < 1e4 ? 1 : 0));
    return number(count, 0);
}

QString kilobytes(std::int64_t bytes)
{
    const double kb = double(bytes) / 1e3;
    return tr("%1 kB").arg(number(kb, kb < 10 ? 1 : 0));
}

QString percent(double fraction, int decimals)
{
    return tr("%1 %").arg(number(fraction * 100, decimals));
}

QString signedNumber(double value, int decimals)
{
    const double scale = std::pow(10.0, decimals);
    const double rounded = std::round(value * scale) / scale;
    const QChar sign = rounded < 0 ? QChar(0x2212) : QChar(u'+');
    return rounded == 0 ? number(0, decimals) : sign + number(std::abs(rounded), decimals);
}

QString timeLeft(double low_s, double high_s)
{
    if (low_s < 0)
        return {};
    const bool minutes = high_s >= 90;
    const double unit = minutes ? 60 : 1;
    const auto round = [&](double seconds) { return std::max(1.0, std::round(seconds / unit)); };
    const double low = round(low_s);
    const double high = round(high_s);
    const double middle = round((low_s + high_s) / 2);
    if (low == high)
        return (minutes ? tr("about %1 min left") : tr("about %1 s left")).arg(number(middle, 0));
    return (minutes ? tr("about %1 min left (%2–%3)") : tr("about %1 s left (%2–%3)"))
        .arg(number(middle, 0), number(low, 0), number(high, 0));
}

} // namespace bitdial
