// SPDX-License-Identifier: Apache-2.0
#include "widgets/models/target_info.h"

#include "core/hardware/profile/hardware_profile.h"

#include <QCoreApplication>
#include <QLocale>
#include <QStringList>

#include <algorithm>

namespace bitdial {
namespace {

void shortenTitles(std::vector<TargetInfo>& targets)
{
    if (targets.size() < 2)
        return;
    const auto words = [](const TargetInfo& target) { return target.title.split(u' '); };
    const auto first = words(targets.front());
    qsizetype common = first.size() - 1;
    for (const auto& target : targets) {
        const auto other = words(target);
        qsizetype same = 0;
        while (same < std::min(common, other.size() - 1) && other[same] == first[same])
            ++same;
        common = same;
    }
    for (auto& target : targets)
        target.short_title = words(target).mid(common).join(u' ');
}

} // namespace

QString TargetInfo::facts() const
{
    return QCoreApplication::translate("TargetInfo", "%n core(s) · %1 MHz", nullptr, cores)
        .replace(QLatin1String("core(s)"),
                 cores == 1 ? QLatin1String("core") : QLatin1String("cores"))
        .arg(QLocale().toString(clock_hz / 1e6, 'f', 0));
}

std::vector<TargetInfo>
targetInfos(const std::vector<std::shared_ptr<const HardwareProfile>>& profiles)
{
    std::vector<TargetInfo> targets;
    for (const auto& profile : profiles) {
        TargetInfo info;
        info.name = QString::fromStdString(profile->name());
        info.title = info.short_title = QString::fromStdString(profile->title());
        info.description = QString::fromStdString(profile->description());
        info.cores = profile->cores();
        info.clock_hz = profile->clockHz();
        for (const auto& line : profile->estimates())
            info.estimates << QString::fromStdString(line);
        targets.push_back(std::move(info));
    }
    shortenTitles(targets);
    return targets;
}

} // namespace bitdial
