// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/project_loading.h"
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
    /// Whether the data need not be asked for: it was given, or the network is the demo.
    bool isComplete() const;
    /// The project that a network file becomes; both PULP-open targets unless others were named.
    NewProject newProject() const;
};

/// Throws Error(Usage). `--help` and `--version` print and end the program.
CommandLine parseCommandLine(const QStringList& arguments);

} // namespace bitdial
