// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/project/project.h"
#include "core/project/project_private.h"

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

using sqlite::Statement;
using sqlite::Transaction;
using Json = nlohmann::ordered_json;

std::string layersText(const std::vector<MeasuredLayer>& layers)
{
    Json list = Json::array();
    for (const auto& layer : layers)
        list.push_back(
            {{"layer", layer.name},
             {"promised_cycles", layer.promised_cycles},
             {"measured_cycles", layer.measured_cycles},
             {"kernel_cycles", layer.kernel_cycles ? Json(*layer.kernel_cycles) : Json(nullptr)}});
    return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<MeasuredLayer> layersFrom(const std::string& text, const std::string& where)
{
    std::vector<MeasuredLayer> layers;
    try {
        for (const auto& entry : Json::parse(text)) {
            auto& layer = layers.emplace_back();
            layer.name = entry.at("layer").get<std::string>();
            layer.promised_cycles = entry.at("promised_cycles").get<std::uint64_t>();
            layer.measured_cycles = entry.at("measured_cycles").get<std::uint64_t>();
            if (!entry.at("kernel_cycles").is_null())
                layer.kernel_cycles = entry.at("kernel_cycles").get<std::uint64_t>();
        }
    } catch (const Json::exception& error) {
        throw Error(ErrorCode::BadInput, "The project is damaged", where,
                    std::string("measured cycles cannot be read: ") + error.what(),
                    "Go back to a copy of the file");
    }
    return layers;
}

MeasuredRun readRun(const Statement& row, const std::string& where)
{
    MeasuredRun run;
    run.point_id = row.integer(0);
    run.profile = row.text(1);
    run.profile_hash = row.text(2);
    run.bits = row.text(3);
    run.runner = row.text(4);
    run.source = row.text(5);
    run.date = row.text(6);
    run.export_sha256 = row.text(7);
    run.promised_cycles = std::uint64_t(row.integer(8));
    run.measured_cycles = std::uint64_t(row.integer(9));
    run.layers = layersFrom(row.text(10), where);
    return run;
}

} // namespace

void Project::addMeasuredRun(const MeasuredRun& run)
{
    Transaction transaction(d->database);
    d->checkPointExists(run.point_id);
    Statement statement(d->database, "INSERT INTO measured_cycles(point, profile, profile_hash, "
                                     "bits, runner, source, date, export_sha256, promised, "
                                     "measured, layers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(run.point_id).bind(run.profile).bind(run.profile_hash).bind(run.bits);
    statement.bind(run.runner).bind(run.source).bind(run.date).bind(run.export_sha256);
    statement.bind(std::int64_t(run.promised_cycles)).bind(std::int64_t(run.measured_cycles));
    statement.bind(layersText(run.layers)).step();
    transaction.commit();
}

std::vector<MeasuredRun> Project::measuredRuns() const
{
    std::vector<MeasuredRun> runs;
    Statement row(d->database, "SELECT point, profile, profile_hash, bits, runner, source, date, "
                               "export_sha256, promised, measured, layers FROM measured_cycles "
                               "ORDER BY id");
    while (row.step())
        runs.push_back(readRun(row, path().string()));
    return runs;
}

} // namespace bitdial
