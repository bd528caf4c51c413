// SPDX-License-Identifier: Apache-2.0
// The document's longer jobs: searching, further profiles, the float reference.
#include "app/window/document/document.h"
#include "app/window/document/words.h"
#include "core/hardware/profile/override.h"

#include "core/learning/evaluator.h"

#include <algorithm>
#include <utility>

namespace bitdial {

void Document::search(const SearchRequest& request)
{
    if (!isOpen() || !m_searches.isIdle())
        return;
    if (m_copying) {
        m_after_copy.emplace_back([this, request] { search(request); });
        return;
    }
    SearchWork work;
    work.project = m_open.path;
    work.request = request;
    work.problem.network = m_open.network;
    work.problem.data = m_open.data;
    for (const auto& profile : m_open.profiles)
        if (std::ranges::find(request.targets, profile->name()) != request.targets.end())
            work.problem.profiles.push_back(profile);
    try {
        work.method = m_methods.find(request.method);
    } catch (const Error& error) {
        Q_EMIT failed(error.details());
        return;
    }
    const int generation = m_generation;
    work.feed = std::make_shared<PointFeed>([this, generation](PointFeed::Batch batch) {
        if (generation == m_generation)
            takeBatch(std::move(batch));
    });
    const auto outcome = std::make_shared<SearchOutcome>();
    outcome->resumable = resumable(request.method);
    m_searches.add({QString::fromStdString(request.method),
                    [work, outcome](JobContext& context) { runSearchJob(work, context, *outcome); },
                    [this, work, outcome, generation] {
                        if (generation == m_generation)
                            searchEnded(work, *outcome, std::nullopt);
                    },
                    [this, work, outcome, generation](const ErrorDetails& error) {
                        if (generation == m_generation)
                            searchEnded(work, *outcome, error);
                    }});
}

/// Costed on arrival (microseconds each): the targets may have changed since the search began.
void Document::takeBatch(PointFeed::Batch batch)
{
    std::vector<PointRow> rows;
    for (auto& point : batch.points) {
        for (const auto& accuracy : point.accuracies)
            if (point.assignment.empty() && accuracy.rung == Rung::Float && !m_float) {
                m_float = accuracy;
                Q_EMIT floatAccuracyChanged();
            }
        auto costs = costsOf(point.assignment, m_open.models);
        rows.push_back({std::move(point), std::move(costs)});
    }
    m_points.append(std::move(rows));
    for (const auto& [id, accuracy] : batch.accuracies)
        m_points.addAccuracy(id, accuracy);
}

std::optional<SearchRequest> Document::resumable(const std::string& method) const
{
    const auto found = m_open.interrupted.find(method);
    return found == m_open.interrupted.end() ? std::nullopt : std::optional(found->second);
}

void Document::searchEnded(const SearchWork& work, const SearchOutcome& outcome,
                           const std::optional<ErrorDetails>& error)
{
    work.feed->flush();
    if (outcome.resumable)
        m_open.interrupted[work.request.method] = *outcome.resumable;
    else
        m_open.interrupted.erase(work.request.method);
    const bool can_go_on = outcome.resumable && isSameSearch(*outcome.resumable, work.request);
    measureIfNeeded(m_points.selected()); // test accuracies may have come
    const auto count = pointCount(m_points.rowCount());
    if (error && error->code == ErrorCode::Cancelled)
        Q_EMIT noticed(can_go_on ? tr("The search was cancelled; the points found are kept. "
                                      "Search… can resume it.")
                                 : tr("The search was cancelled; the points found are kept. It had "
                                      "not come far enough to be resumed."));
    else if (error)
        Q_EMIT failed(*error);
    else if (outcome.is_complete)
        Q_EMIT noticed(tr("The search is done: the project has %1.").arg(count));
    else if (can_go_on)
        Q_EMIT noticed(
            tr("The time budget is used up: the project has %1. Search… can go on.").arg(count));
    else
        Q_EMIT noticed(tr("The time budget was used up before anything could be resumed: the "
                          "project has %1.")
                           .arg(count));
}

void Document::check()
{
    if (!isOpen())
        return;
    const CheckWork work{m_open.network, m_open.models, m_open.data};
    const auto found = std::make_shared<NetworkCheck>();
    const int generation = m_generation;
    m_works.add(
        {tr("Check"),
         [work, found](JobContext& context) { *found = checkNetwork(work, context.stop()); },
         [this, found, generation] {
             if (generation != m_generation)
                 return;
             found->accuracy = m_float;
             Q_EMIT checked(*found);
         },
         failIfStillOpen()});
}

void Document::explain()
{
    if (!isOpen())
        return;
    m_explain_again = m_explaining;
    if (m_explaining)
        return;
    m_explaining = true;
    const ExplainWork work{m_open.network, m_open.models, m_layers.assignment()};
    const auto found = std::make_shared<CostExplanations>();
    const int generation = m_generation;
    m_works.add(
        {tr("Explaining costs"),
         [work, found](JobContext& context) { *found = explainCosts(work, context.stop()); },
         [this, found, generation] {
             if (generation == m_generation && !m_explain_again)
                 Q_EMIT explained(found);
             explainEnded();
         },
         [this, fail = failIfStillOpen()](const ErrorDetails& error) {
             fail(error);
             explainEnded();
         }});
}

void Document::explainEnded()
{
    m_explaining = false;
    if (std::exchange(m_explain_again, false))
        explain();
}

/// A profile and what the project costs on it.
struct Document::NewTarget {
    std::shared_ptr<const HardwareProfile> profile;
    bool stored = true; ///< in the project; else only shown
    std::shared_ptr<const CostModel> model;
    std::map<std::int64_t, PointCost> costs; ///< by point; of those there when it was read
};

void Document::addProfile(const std::string& name_or_path)
{
    addTarget(
        tr("Adding a profile"), [name_or_path] { return openProfile(name_or_path); }, true);
}

void Document::addWhatIf(int target, const std::vector<std::string>& settings)
{
    if (std::size_t(target) >= m_open.profiles.size())
        return;
    addTarget(
        tr("What if"),
        [profile = m_open.profiles[std::size_t(target)], settings] {
            return overrideProfile(*profile, settings);
        },
        false);
}

/// The job knows only its own profile: others may come before its end.
void Document::addTarget(const QString& job, ProfileSource source, bool stored)
{
    if (!isOpen())
        return;
    const auto added = std::make_shared<NewTarget>();
    added->stored = stored;
    const int generation = m_generation;
    m_works.add({job,
                 [added, source = std::move(source), network = m_open.network,
                  rows = m_points.rows()](JobContext& context) {
                     added->profile = source();
                     added->model = std::make_shared<const CostModel>(network, added->profile);
                     for (const auto& row : rows) {
                         context.checkStop();
                         if (!row.point.assignment.empty())
                             added->costs.emplace(row.point.id,
                                                  costOf(row.point.assignment, *added->model));
                     }
                 },
                 [this, added, generation] {
                     if (generation == m_generation)
                         takeTarget(std::move(*added));
                 },
                 failIfStillOpen()});
}

/// Puts the costs on one target into the points; those that came meanwhile are costed here.
void Document::costOn(std::size_t target, const NewTarget& added)
{
    auto rows = m_points.rows();
    for (auto& row : rows) {
        if (row.point.assignment.empty())
            continue;
        const auto known = added.costs.find(row.point.id);
        row.costs.resize(m_open.models.size());
        row.costs[target] =
            known != added.costs.end() ? known->second : costOf(row.point.assignment, *added.model);
        putMeasured(row, *m_open.network, m_open.profiles, m_open.runs);
    }
    const auto targets = targetInfos(m_open.profiles);
    const auto selected = m_points.selected();
    m_layers.reset(m_open.network, targets);
    m_points.reset(targets, std::move(rows));
    m_points.setSelected(selected);
    showSelected();
}

/// A further target, or another version of the one of that name.
void Document::takeTarget(NewTarget added)
{
    const auto same = std::ranges::find_if(
        m_open.profiles, [&](const auto& other) { return other->name() == added.profile->name(); });
    const auto target = std::size_t(same - m_open.profiles.begin());
    if (same == m_open.profiles.end()) {
        m_open.profiles.push_back(added.profile);
        m_open.models.push_back(added.model);
    } else {
        *same = added.profile;
        m_open.models[target] = added.model;
    }
    m_open.uniform = uniformRow(*m_open.network, m_open.models);
    costOn(target, added);
    if (!added.profile->warnings().empty())
        Q_EMIT noticed(tr("Implausible, but taken: %1")
                           .arg(QString::fromStdString(added.profile->warnings().front())));
    if (added.stored)
        m_open.shown_only.erase(added.profile->name());
    else
        m_open.shown_only.insert(added.profile->name());
    std::vector<std::string> texts;
    for (const auto& profile : m_open.profiles)
        if (!m_open.shown_only.contains(profile->name()))
            texts.push_back(profile->text());
    whenStored([this, texts] {
        store([texts](Project& project) { project.setProfileTexts(texts); }, [] {}, [] {});
    });
    Q_EMIT targetsChanged();
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
    m_measuring_float = true;
    m_measurements.add(
        {tr("Measuring the float network"),
         [result, network = m_open.network, samples = m_open.data.validation](JobContext& context) {
             *result = evaluateFloat(network, samples, DataRole::Validation, context.stop());
         },
         [this, result, generation] {
             if (generation == m_generation)
                 floatMeasured(*result);
         },
         [this, generation](const ErrorDetails& error) {
             if (generation != m_generation)
                 return;
             floatMeasured(std::nullopt);
             failUnlessCancelled(error);
         }});
    Q_EMIT floatAccuracyChanged();
}

/// None: it was cancelled or failed.
void Document::floatMeasured(std::optional<Accuracy> accuracy)
{
    m_measuring_float = false;
    if (accuracy)
        m_float = accuracy;
    Q_EMIT floatAccuracyChanged();
}

} // namespace bitdial
