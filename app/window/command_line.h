// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/project_loading.h"
#include "widgets/style/theme.h"

#include <QSize>
#include <QString>
#include <QStringList>

#include <optional>

namespace bitdial {

/// What the program was asked to show.
struct CommandLine {
    QString file; ///< a project, a network, or empty
    std::optional<QString> data;
    QStringList profiles;
    std::optional<ThemeChoice> theme;
    qint64 point = 0;   ///< to select once it is open; 0: none
    QString screenshot; ///< empty: none
    std::optional<QSize> size;

    bool isProject() const;
    bool isDemo() const; ///< a demo network by its name
    /// Whether data and targets need not be asked for: some were given, the network is a demo one,
    /// or a picture is wanted.
    bool isComplete() const;
    /// The project that a network file becomes; both PULP-open targets unless others were named,
    /// and no data for a network that is no demo unless some was given.
    NewProject newProject() const;
};

/// Throws Error(Usage). `--help` and `--version` print and end the program.
CommandLine parseCommandLine(const QStringList& arguments);

} // namespace bitdial
