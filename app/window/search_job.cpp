// SPDX-License-Identifier: Apache-2.0
#include "app/window/search_job.h"

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

} // namespace

SearchRequest latestRequest(const std::vector<PointRow>& rows, const std::string& method)
{
    SearchRequest request;
    request.method = method;
    const PointRow* latest = nullptr;
    for (const auto& row : rows) {
        const auto& from = row.point.provenance;
        if (from.options_json.empty() || from.method == "hand")
            continue;
        if (latest == nullptr || row.point.id > latest->point.id)
            latest = &row;
    }
    if (latest == nullptr)
        return request;
    const auto& from = latest->point.provenance;
    request.seed = from.seed;
    const auto options =
        QJsonDocument::fromJson(QByteArray::fromStdString(from.options_json)).object();
    for (auto option = options.begin(); option != options.end(); ++option)
        request.options[option.key().toStdString()] = optionText(option.value()).toStdString();
    return request;
}

StoringObserver::StoringObserver(Project& project, std::string method, CostModels models,
                                 JobContext& context, PointFeed& feed)
    : m_project(project),
      m_method(std::move(method)),
      m_models(std::move(models)),
      m_context(context),
      m_feed(feed),
      m_points(project.points())
{
}

std::int64_t StoringObserver::pointFound(const DesignPoint& point, const QuantizationState& state)
{
    DesignPoint stored = point;
    if (stored.provenance.network_hash.empty())
        stored.provenance.network_hash = m_project.network()->hash();
    // A float reference comes without steps: there is nothing to keep.
    const bool has_state = state.parameters != nullptr;
    if (has_state)
        stored.state_hash = sha256Hex(toBytes(state));
    const auto known = std::ranges::find_if(m_points, [&](const DesignPoint& other) {
        return other.assignment == stored.assignment && other.provenance == stored.provenance &&
               other.state_hash == stored.state_hash;
    });
    if (known != m_points.end()) {
        const auto id = known->id;
        for (const auto& accuracy : point.accuracies)
            accuracyMeasured(id, accuracy);
        return id;
    }
    stored.id = m_project.addPoint(stored, has_state ? &state : nullptr);
    m_points.push_back(stored);
    m_feed.addPoint({stored, costsOf(stored.assignment, m_models)});
    return stored.id;
}

void StoringObserver::accuracyMeasured(std::int64_t id, const Accuracy& accuracy)
{
    const auto point = std::ranges::find(m_points, id, &DesignPoint::id);
    if (point != m_points.end()) {
        if (std::ranges::find(point->accuracies, accuracy) != point->accuracies.end())
            return;
        point->accuracies.push_back(accuracy);
    }
    m_project.addAccuracy(id, accuracy);
    m_feed.addAccuracy(id, accuracy);
}

void StoringObserver::progressed(const SearchProgress& progress)
{
    m_context.progress({QString::fromStdString(progress.phase), progress.fraction,
                        progress.eta_low_s, progress.eta_high_s});
}

void StoringObserver::checkpointed(const std::string& checkpoint)
{
    m_project.setCheckpoint(m_method, checkpoint);
    m_has_more_to_do = !checkpoint.empty();
}

bool runSearch(const SearchWork& work, JobContext& context)
{
    const auto project = Project::open(work.project);
    auto problem = work.problem;
    if (work.request.resume)
        problem.checkpoint = project->checkpoint(work.request.method);
    StoringObserver observer(*project, work.request.method, work.models, context, *work.feed);
    work.method->run(problem, observer, context.stop());
    return !observer.hasMoreToDo();
}

} // namespace bitdial
