// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QByteArray>
#include <QFile>
#include <QString>

#include <nlohmann/json.hpp>

#include <string>

namespace bitdial::test {

/// A board's log of an export, with 120 cycles in each of its layers, which are counted.
inline QByteArray boardLog(const QString& folder, int* layers)
{
    QFile report(folder + "/report.json");
    if (!report.open(QFile::ReadOnly))
        return {};
    const auto json = nlohmann::json::parse(report.readAll().toStdString());
    std::string log = "EXPORT sha256=" + json["export_sha256"].get<std::string>() + "\n";
    int index = 0;
    for (const auto& layer : json["layers"])
        log += "CYCLES image=0 layer=" + std::to_string(index++) +
               " counted=120 promised=100 kernel=90 name=" + layer["name"].get<std::string>() +
               "\n";
    log += "CYCLES image=0 all counted=" + std::to_string(120 * index) +
           " promised=" + std::to_string(100 * index) +
           "\nSUMMARY images=1 layers=" + std::to_string(index) +
           " layers_that_differ=0 bit_exact=1\n";
    *layers = index;
    return QByteArray::fromStdString(log);
}

} // namespace bitdial::test
