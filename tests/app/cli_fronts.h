// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli_program.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

namespace bitdial::test {

inline QByteArray bytesOf(const QString& path)
{
    QFile file(path);
    return file.open(QFile::ReadOnly) ? file.readAll() : QByteArray();
}

/// A project's front in every format of pictures, and the same bytes each time.
inline void frontsAreDrawn(const QString& project, const QTemporaryDir& folder)
{
    for (const QStringList& how : {QStringList{"svg", "light", "<?xml"},
                                   {"png", "dark", "PNG"},
                                   {"pdf", "light", "%PDF-"}}) {
        const QStringList command = {"front", project, "--format", how[0], "--theme", how[1]};
        const auto picture = folder.filePath("front." + how[0]);
        for (const auto& name : {picture, picture + "2"}) {
            const auto told = runCli(command + QStringList{"--out", name});
            QVERIFY2(told.status == 0, qPrintable(told.err));
        }
        QVERIFY(bytesOf(picture).left(8).contains(how[2].toLatin1()));
        QVERIFY(bytesOf(picture) == bytesOf(picture + "2"));
        QCOMPARE(runCli(command).status, 0); // to a pipe
    }
}

} // namespace bitdial::test
