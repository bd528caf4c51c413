// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/project/project.h"
#include "core/project/project_private.h"

#include <array>
#include <map>

namespace bitdial {
namespace {

using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

constexpr std::array point_roles{PointRole::Reference, PointRole::Found, PointRole::Refined,
                                 PointRole::Hand};
constexpr std::array rungs{Rung::Float, Rung::Fake, Rung::Integer, Rung::Device};
constexpr std::array roles{DataRole::Validation, DataRole::Test, DataRole::All};

void insertAccuracy(const Database& database, std::int64_t point, const Accuracy& accuracy)
{
    Statement(database,
              "INSERT INTO accuracy(point, rung, role, correct, samples) VALUES (?, ?, ?, ?, ?)")
        .bind(point)
        .bind(std::string_view(rungName(accuracy.rung)))
        .bind(std::string_view(dataRoleName(accuracy.role)))
        .bind(std::int64_t(accuracy.correct))
        .bind(std::int64_t(accuracy.samples))
        .step();
}

void insertState(const Database& database, const EncodedState& state)
{
    Statement(database, "INSERT OR IGNORE INTO parameters(hash, bytes) VALUES (?, ?)")
        .bind(state.parameters_hash)
        .bind(std::span(state.parameters))
        .step();
    Statement(database, "INSERT OR IGNORE INTO state(hash, bytes, parameters_hash) "
                        "VALUES (?, ?, ?)")
        .bind(state.hash)
        .bind(std::span(state.quantizers))
        .bind(state.parameters_hash)
        .step();
}

/// States that no point has any more, and parameters that no state has.
void dropUnused(Database& database)
{
    database.execute(
        "DELETE FROM state WHERE NOT EXISTS (SELECT 1 FROM point WHERE state_hash = state.hash);"
        "DELETE FROM parameters WHERE NOT EXISTS "
        "(SELECT 1 FROM state WHERE parameters_hash = parameters.hash);");
}

void insertPoint(const Database& database, const DesignPoint& point, const std::string& bits,
                 const std::string& state_hash)
{
    const auto& from = point.provenance;
    // NULL lets SQLite choose the next id.
    Statement statement(database,
                        "INSERT INTO point(id, bits, state_hash, method, role, run, target, seed, "
                        "parent, label, network_hash, data_hash, profile_hash, options_json) "
                        "VALUES (nullif(?, 0), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    statement.bind(point.id).bind(bits).bind(state_hash).bind(from.method);
    statement.bind(std::string_view(pointRoleName(from.role))).bind(from.run);
    statement.bind(from.target).bind(std::int64_t(from.seed));
    statement.bind(from.parent).bind(from.label).bind(from.network_hash).bind(from.data_hash);
    statement.bind(from.profile_hash).bind(from.options_json).step();
}

Provenance readProvenance(const Statement& row, int column, const std::string& where)
{
    Provenance from;
    from.method = row.text(column);
    from.role =
        valueNamed(point_roles, pointRoleName, row.text(column + 1), "role of a point", where);
    from.run = row.integer(column + 2);
    from.target = row.text(column + 3);
    from.seed = std::uint64_t(row.integer(column + 4));
    from.parent = row.integer(column + 5);
    from.label = row.text(column + 6);
    from.network_hash = row.text(column + 7);
    from.data_hash = row.text(column + 8);
    from.profile_hash = row.text(column + 9);
    from.options_json = row.text(column + 10);
    return from;
}

std::map<std::int64_t, std::vector<Accuracy>> readAccuracies(const Database& database)
{
    const std::string where = database.path().string();
    std::map<std::int64_t, std::vector<Accuracy>> accuracies;
    Statement row(database, "SELECT point, rung, role, correct, samples FROM accuracy ORDER BY id");
    while (row.step())
        accuracies[row.integer(0)].push_back(
            {valueNamed(rungs, rungName, row.text(1), "rung of accuracy", where),
             valueNamed(roles, dataRoleName, row.text(2), "set of samples", where),
             int(row.integer(3)), int(row.integer(4))});
    return accuracies;
}

[[noreturn]] void noNetwork(const std::filesystem::path& path)
{
    throw Error(ErrorCode::Usage, "The project has no network yet", path.string(),
                "the bits of a point are stored by the network's names",
                "Set the project's network first");
}

} // namespace

void Project::Private::checkPointExists(std::int64_t point_id) const
{
    Statement known(database, "SELECT 1 FROM point WHERE id = ?");
    if (!known.bind(point_id).step())
        throw Error(ErrorCode::Failed, "The point is not in the project", database.path().string(),
                    "point " + std::to_string(point_id) + " was removed or never stored",
                    "Measure a point that exists");
}

std::int64_t Project::addPoint(const DesignPoint& point, const EncodedState* state)
{
    DesignPoint stored = point;
    std::string bits;
    if (!point.assignment.empty()) {
        const auto named = network();
        if (named == nullptr)
            noNetwork(path());
        bits = toBitsJson(*named, point.assignment);
        if (stored.provenance.network_hash.empty())
            stored.provenance.network_hash = named->hash();
    }
    Transaction transaction(d->database);
    if (state != nullptr)
        insertState(d->database, *state);
    insertPoint(d->database, stored, bits, state != nullptr ? state->hash : point.state_hash);
    const auto id = d->database.lastRowId();
    for (const auto& accuracy : point.accuracies)
        insertAccuracy(d->database, id, accuracy);
    transaction.commit();
    return id;
}

void Project::addAccuracy(std::int64_t point_id, const Accuracy& accuracy)
{
    Transaction transaction(d->database);
    d->checkPointExists(point_id);
    insertAccuracy(d->database, point_id, accuracy);
    transaction.commit();
}

void Project::setState(std::int64_t point_id, const EncodedState& state)
{
    Transaction transaction(d->database);
    d->checkPointExists(point_id);
    insertState(d->database, state);
    Statement(d->database, "UPDATE point SET state_hash = ? WHERE id = ?")
        .bind(state.hash)
        .bind(point_id)
        .step();
    dropUnused(d->database);
    transaction.commit();
}

void Project::removePoint(std::int64_t point_id)
{
    Transaction transaction(d->database);
    Statement(d->database, "DELETE FROM point WHERE id = ?").bind(point_id).step();
    dropUnused(d->database);
    transaction.commit();
}

std::vector<DesignPoint> Project::points() const
{
    // One transaction: accuracies and points of the same moment, whatever a writer does meanwhile.
    d->database.execute("SAVEPOINT read_points");
    std::vector<DesignPoint> points;
    std::vector<std::string> bits;
    std::map<std::int64_t, std::vector<Accuracy>> accuracies;
    const std::string where = path().string();
    try {
        Statement row(
            d->database,
            "SELECT id, bits, state_hash, method, role, run, target, seed, parent, label, "
            "network_hash, data_hash, profile_hash, options_json FROM point ORDER BY id");
        while (row.step()) {
            points.push_back({row.integer(0), {}, row.text(2), {}, readProvenance(row, 3, where)});
            bits.push_back(row.text(1));
        }
        accuracies = readAccuracies(d->database);
    } catch (...) {
        d->database.execute("RELEASE read_points");
        throw;
    }
    d->database.execute("RELEASE read_points");
    for (std::size_t i = 0; i < points.size(); ++i) {
        auto& point = points[i];
        point.accuracies = std::move(accuracies[point.id]);
        if (bits[i].empty())
            continue;
        if (network() == nullptr)
            noNetwork(path());
        point.assignment = fromBitsJson(*network(), bits[i],
                                        path().string() + ": point " + std::to_string(point.id));
    }
    return points;
}

std::optional<QuantizationState> Project::state(const std::string& hash) const
{
    Statement row(d->database, "SELECT parameters.bytes, state.bytes FROM state "
                               "LEFT JOIN parameters ON parameters.hash = parameters_hash "
                               "WHERE state.hash = ?");
    if (!row.bind(hash).step())
        return std::nullopt;
    const auto parameters = row.bytes(0);
    const auto quantizers = row.bytes(1);
    if (stateHash(parameters, quantizers) != hash)
        throw Error(ErrorCode::BadInput, "The project is damaged", path().string(),
                    "the weights " + hash + " are not what was stored",
                    "Go back to a copy of the file");
    return decodeState(parameters, quantizers);
}

} // namespace bitdial
