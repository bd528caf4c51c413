// SPDX-License-Identifier: Apache-2.0
#include "widgets/models/point_text.h"

#include "widgets/models/point_model.h"
#include "widgets/style/figures.h"

#include <QCoreApplication>
#include <QLocale>

namespace bitdial {
namespace {

QString tr(const char* text)
{
    return QCoreApplication::translate("PointText", text);
}

} // namespace

QString measuredHow(const Accuracy& accuracy)
{
    return QStringLiteral("%1, %2").arg(rungTitle(accuracy.rung), roleTitle(accuracy.role));
}

QString intervalText(const Accuracy& accuracy)
{
    return QStringLiteral("%1 … %2").arg(QLocale().toString(accuracy.ciLow() * 100, 'f', 1),
                                         percent(accuracy.ciHigh()));
}

QString accuracyText(const Accuracy& accuracy)
{
    return tr("%1 (%2, n = %3; 95 % interval %4)")
        .arg(percent(accuracy.top1(), 2), measuredHow(accuracy),
             QLocale().toString(accuracy.samples), intervalText(accuracy));
}

QString measuredLatencyText(const MeasuredLatency& measured)
{
    const auto ms = milliseconds(measured.latency_ms);
    return measured.stale ? tr("%1 (stale)").arg(ms) : ms;
}

QString measuredLatencyHow(const MeasuredLatency& measured)
{
    return tr("%1 cycles (%2)")
        .arg(QLocale().toString(measured.cycles, 'f', 0), QString::fromStdString(measured.from));
}

QString originText(const Provenance& from)
{
    const auto method =
        from.role == PointRole::Hand ? tr("hand-made") : QString::fromStdString(from.method);
    const int stage = stageOf(from);
    return stage == 0 ? method : tr("%1, stage %2").arg(method).arg(stage);
}

} // namespace bitdial
