// SPDX-License-Identifier: Apache-2.0
#include "app/window/search_request.h"

#include "core/base/sha256.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QStringList>

#include <algorithm>

namespace bitdial {
namespace {

/// A JSON value as the method's option text: "0.002,0.004" of a list.
QString optionText(const QJsonValue& value)
{
    if (!value.isArray())
        return value.toVariant().toString();
    QStringList parts;
    const auto list = value.toArray();
    for (const auto& part : list)
        parts << part.toVariant().toString();
    return parts.join(u',');
}

std::map<std::string, std::string> optionsOf(const QJsonObject& object)
{
    std::map<std::string, std::string> options;
    for (auto option = object.begin(); option != object.end(); ++option)
        options[option.key().toStdString()] = optionText(option.value()).toStdString();
    return options;
}

/// Where a project keeps the request beside its checkpoint.
std::string requestKey(const std::string& method)
{
    return method + ".request";
}

QString hashOf(const std::string& checkpoint)
{
    return QString::fromStdString(sha256Hex(std::as_bytes(std::span(checkpoint))));
}

/// The checkpoint's hash ties them together: another program may have replaced the checkpoint.
std::string toJson(const SearchRequest& request, const std::string& checkpoint)
{
    QJsonObject options;
    for (const auto& [key, value] : request.options)
        options[QString::fromStdString(key)] = QString::fromStdString(value);
    QJsonArray targets;
    for (const auto& target : request.targets)
        targets.append(QString::fromStdString(target));
    // The seed as text: a JSON number has 53 bits.
    const QJsonObject object{{QStringLiteral("method"), QString::fromStdString(request.method)},
                             {QStringLiteral("targets"), targets},
                             {QStringLiteral("options"), options},
                             {QStringLiteral("seed"), QString::number(request.seed)},
                             {QStringLiteral("time_budget_s"), request.time_budget_s},
                             {QStringLiteral("checkpoint"), hashOf(checkpoint)}};
    return QJsonDocument(object).toJson(QJsonDocument::Compact).toStdString();
}

/// None where the text belongs to another checkpoint or is damaged.
std::optional<SearchRequest> fromJson(const std::string& text, const std::string& method,
                                      const std::string& checkpoint)
{
    const auto object = QJsonDocument::fromJson(QByteArray::fromStdString(text)).object();
    bool has_seed = false;
    SearchRequest request;
    request.method = method;
    request.seed = object[QStringLiteral("seed")].toString().toULongLong(&has_seed);
    if (!has_seed || object[QStringLiteral("checkpoint")].toString() != hashOf(checkpoint))
        return std::nullopt;
    const auto targets = object[QStringLiteral("targets")].toArray();
    for (const auto& target : targets)
        request.targets.push_back(target.toString().toStdString());
    request.options = optionsOf(object[QStringLiteral("options")].toObject());
    request.time_budget_s = object[QStringLiteral("time_budget_s")].toDouble();
    return request;
}

} // namespace

bool isSameSearch(const SearchRequest& one, const SearchRequest& other)
{
    return one.method == other.method && one.targets == other.targets &&
           one.options == other.options && one.seed == other.seed;
}

SearchRequest latestRequest(const std::vector<PointRow>& rows, const std::string& method)
{
    SearchRequest request;
    request.method = method;
    const Provenance* latest = nullptr;
    std::int64_t latest_id = 0;
    for (const auto& row : rows) {
        const auto& from = row.point.provenance;
        if (from.options_json.empty() || from.method == "hand" || row.point.id < latest_id)
            continue;
        latest = &from;
        latest_id = row.point.id;
    }
    if (latest == nullptr)
        return request;
    request.seed = latest->seed;
    request.options = optionsOf(
        QJsonDocument::fromJson(QByteArray::fromStdString(latest->options_json)).object());
    for (const auto& row : rows) {
        const auto& from = row.point.provenance;
        const bool is_its = from.options_json == latest->options_json && from.seed == latest->seed;
        if (is_its && !from.target.empty() &&
            std::ranges::find(request.targets, from.target) == request.targets.end())
            request.targets.push_back(from.target);
    }
    return request;
}

void storeCheckpoint(Project& project, const SearchRequest& request, const std::string& checkpoint)
{
    project.setCheckpoint(request.method, checkpoint);
    project.setCheckpoint(requestKey(request.method),
                          checkpoint.empty() ? std::string() : toJson(request, checkpoint));
}

std::optional<SearchRequest> resumableRequest(const Project& project,
                                              const std::vector<PointRow>& rows,
                                              const std::string& method)
{
    const auto checkpoint = project.checkpoint(method);
    if (checkpoint.empty())
        return std::nullopt;
    const auto stored = fromJson(project.checkpoint(requestKey(method)), method, checkpoint);
    return stored ? stored : latestRequest(rows, method);
}

} // namespace bitdial
