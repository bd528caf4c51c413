// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"

#include <QString>
#include <QStringList>

#include <vector>

namespace bitdial {

class HardwareProfile;

/// What views show of a target.
struct TargetInfo {
    QString name;        ///< the profile's name
    QString title;       ///< "PULP-open XpulpNN"
    QString short_title; ///< what distinguishes it from the others: "XpulpNN"
    QString description;
    int cores = 0;
    double clock_hz = 0;
    QStringList estimates; ///< figures that were not measured

    QString facts() const; ///< "8 cores · 100 MHz"
};

/// Targets of a project in its order; short titles leave out the words that all titles begin with.
std::vector<TargetInfo>
targetInfos(const std::vector<std::shared_ptr<const HardwareProfile>>& profiles);

} // namespace bitdial
