// SPDX-License-Identifier: Apache-2.0
// The document's longer jobs: searching, exporting, further profiles, the float reference.
#include "app/window/document.h"
#include "app/window/words.h"

#include "core/learning/evaluator.h"

#include <algorithm>

namespace bitdial {

void Document::search(const SearchRequest& request)
{
    if (!isOpen() || !m_searches.isIdle())
        return;
    SearchWork work;
    work.project = m_open.path;
    work.request = request;
    work.models = m_open.models;
    work.problem.network = m_open.network;
    work.problem.data = m_open.data;
    work.problem.options = request.options;
    work.problem.seed = request.seed;
    work.problem.time_budget_s = request.time_budget_s;
    for (const auto& profile : m_open.profiles)
        if (std::ranges::find(request.targets, profile->name()) != request.targets.end())
            work.problem.profiles.push_back(profile);
    try {
        work.method = m_make_method(request.method);
    } catch (const Error& error) {
        Q_EMIT failed(error.details());
        return;
    }
    const int generation = m_generation;
    work.feed = std::make_shared<PointFeed>([this, generation](PointFeed::Batch batch) {
        if (generation == m_generation)
            takeBatch(std::move(batch));
    });
    const auto complete = std::make_shared<bool>(false);
    m_searches.add({QString::fromStdString(request.method),
                    [work, complete](JobContext& context) { *complete = runSearch(work, context); },
                    [this, work, complete, generation] {
                        if (generation == m_generation)
                            searchEnded(work, *complete, std::nullopt);
                    },
                    [this, work, generation](const ErrorDetails& error) {
                        if (generation == m_generation)
                            searchEnded(work, false, error);
                    }});
}

void Document::takeBatch(PointFeed::Batch batch)
{
    for (auto& row : batch.points)
        if (!row.point.assignment.empty() && row.costs.size() != m_open.models.size())
            row.costs = costsOf(row.point.assignment, m_open.models); // a profile came meanwhile
    for (const auto& row : batch.points)
        for (const auto& accuracy : row.point.accuracies)
            if (row.point.assignment.empty() && accuracy.rung == Rung::Float && !m_float) {
                m_float = accuracy;
                Q_EMIT floatAccuracyChanged();
            }
    m_points.append(std::move(batch.points));
    for (const auto& [id, accuracy] : batch.accuracies)
        m_points.addAccuracy(id, accuracy);
}

void Document::searchEnded(const SearchWork& work, bool complete,
                           const std::optional<ErrorDetails>& error)
{
    work.feed->flush();
    if (complete)
        m_open.interrupted.erase(work.request.method);
    else
        m_open.interrupted.insert(work.request.method);
    measureIfNeeded(m_points.selected()); // test accuracies may have come
    if (error && error->code == ErrorCode::Cancelled)
        Q_EMIT noticed(tr("The search was cancelled; the points found are kept. Search… can "
                          "resume it."));
    else if (error)
        Q_EMIT failed(*error);
    else if (!complete)
        Q_EMIT noticed(tr("The time budget is used up: the project has %1. Search… can go on.")
                           .arg(pointCount(m_points.rowCount())));
    else
        Q_EMIT noticed(
            tr("The search is done: the project has %1.").arg(pointCount(m_points.rowCount())));
}

void Document::exportPoint(const ExportOrder& order)
{
    const auto* row = m_points.find(order.point);
    if (row == nullptr || std::size_t(order.target) >= m_open.profiles.size())
        return;
    const auto& samples = m_open.data.test.size() > 0 ? m_open.data.test : m_open.data.validation;
    const ExportWork work{
        m_open.path, m_open.network, row->point,  m_open.profiles[std::size_t(order.target)],
        samples,     order.folder,   order.images};
    const auto result = std::make_shared<VerifyResult>();
    const auto folder = QString::fromStdString(order.folder.string());
    m_works.add({tr("Exporting point %1").arg(order.point),
                 [work, result](JobContext& context) { *result = exportAndVerify(work, context); },
                 [this, result, folder] {
                     Q_EMIT noticed(tr("Exported to %1 and verified: every one of %2 layers is "
                                       "equal bit for bit on %3 images (%4).")
                                        .arg(folder)
                                        .arg(result->layers)
                                        .arg(result->images)
                                        .arg(QString::fromStdString(result->runner)));
                 },
                 [this](const ErrorDetails& error) { failUnlessCancelled(error); }});
}

/// The project's points on other targets than before.
struct Document::Recosted {
    Profiles profiles;
    CostModels models;
    std::vector<PointRow> rows;
    PointRow uniform;
};

void Document::addProfile(const std::string& name_or_path)
{
    if (!isOpen())
        return;
    const auto result = std::make_shared<Recosted>();
    const int generation = m_generation;
    m_works.add({tr("Adding a profile"),
                 [result, name_or_path, network = m_open.network, profiles = m_open.profiles,
                  rows = m_points.rows()](JobContext& context) {
                     auto profile = openProfile(name_or_path);
                     result->profiles = profiles;
                     const auto same =
                         std::ranges::find_if(result->profiles, [&](const auto& other) {
                             return other->name() == profile->name();
                         });
                     if (same != result->profiles.end())
                         *same = std::move(profile);
                     else
                         result->profiles.push_back(std::move(profile));
                     result->models = costModels(network, result->profiles);
                     result->uniform = uniformRow(*network, result->models);
                     std::vector<DesignPoint> points;
                     for (const auto& row : rows)
                         points.push_back(row.point);
                     result->rows = pointRows(std::move(points), result->models, context.stop());
                 },
                 [this, result, generation] {
                     if (generation == m_generation)
                         takeProfiles(std::move(*result));
                 },
                 [this](const ErrorDetails& error) { failUnlessCancelled(error); }});
}

/// Points that came while the others were costed are costed here.
void Document::takeProfiles(Recosted recosted)
{
    m_open.profiles = std::move(recosted.profiles);
    m_open.models = std::move(recosted.models);
    m_open.uniform = std::move(recosted.uniform);
    std::map<std::int64_t, std::vector<NetworkCost>> costs;
    for (auto& row : recosted.rows)
        costs[row.point.id] = std::move(row.costs);
    std::vector<PointRow> rows;
    for (const auto& row : m_points.rows()) {
        const auto found = costs.find(row.point.id);
        rows.push_back({row.point, found != costs.end()
                                       ? found->second
                                       : costsOf(row.point.assignment, m_open.models)});
    }
    const auto targets = targetInfos(m_open.profiles);
    const auto selected = m_points.selected();
    m_layers.reset(m_open.network, targets);
    m_points.reset(targets, std::move(rows));
    m_points.setSelected(selected);
    showSelected();
    std::vector<std::string> texts;
    for (const auto& profile : m_open.profiles)
        texts.push_back(profile->text());
    whenStored([this, texts] {
        store([texts](Project& project) { project.setProfileTexts(texts); }, [] {}, [] {});
    });
    Q_EMIT opened();
}

/// The float accuracy of the network: a search's, else measured now on validation samples.
void Document::measureFloat()
{
    for (const auto& row : m_points.rows())
        if (row.point.assignment.empty())
            if (const auto* accuracy = row.point.accuracy(Rung::Float))
                m_float = *accuracy;
    if (m_float || !m_open.hasData() || !m_open.network->hasParameters()) {
        Q_EMIT floatAccuracyChanged();
        return;
    }
    const auto result = std::make_shared<Accuracy>();
    const int generation = m_generation;
    m_measurements.add(
        {tr("Measuring the float network"),
         [result, network = m_open.network, samples = m_open.data.validation](JobContext& context) {
             *result = evaluateFloat(network, samples, DataRole::Validation, context.stop());
         },
         [this, result, generation] {
             if (generation != m_generation)
                 return;
             m_float = *result;
             Q_EMIT floatAccuracyChanged();
         },
         [this](const ErrorDetails& error) { failUnlessCancelled(error); }});
}

} // namespace bitdial
