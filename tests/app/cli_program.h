// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/support/patience.h"

#include <nlohmann/json.hpp>

#include <QFile>
#include <QProcess>
#include <QTemporaryDir>

namespace bitdial::test {

/// What a run of the headless program gave.
struct Result {
    int status = -1;
    QString out;
    QString err;
    nlohmann::json json() const { return nlohmann::json::parse(out.toStdString()); }
};

inline Result runCli(const QStringList& arguments)
{
    QProcess process;
    process.start(BITDIAL_CLI, arguments);
    process.waitForFinished(patience_ms);
    return {process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -1,
            QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

inline QString writeFile(const QTemporaryDir& folder, const QString& name, const QByteArray& text)
{
    QFile file(folder.filePath(name));
    const bool written = file.open(QFile::WriteOnly) && file.write(text) == text.size();
    return written ? file.fileName() : QString();
}

/// 200 random images of two classes, or of as many as asked.
inline QString smallData(const QTemporaryDir& folder, const QString& name = "small",
                         int classes = 2)
{
    QByteArray records;
    unsigned state = 1;
    for (int i = 0; i < 200; ++i) {
        records.append(char(i % classes));
        for (int p = 0; p < 256; ++p) {
            state = state * 1664525U + 1013904223U;
            records.append(char(state >> 24U));
        }
    }
    writeFile(folder, name + ".bin", records);
    return writeFile(folder, name + ".json",
                     R"({"schema": "bitdial.data/1", "format": "raw",
 "images": ")" + name.toUtf8() +
                         R"(.bin", "preprocess": {"scale": 0.00392},
 "raw": {"record_bytes": 257, "label_offset": 0, "data_offset": 1, "shape": [1, 16, 16],
         "dtype": "uint8"}})");
}

} // namespace bitdial::test
