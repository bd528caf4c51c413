// SPDX-License-Identifier: Apache-2.0
#include "app/window/document/document.h"

#include "core/session/method_listing.h"

#include <QDateTime>
#include <QFile>
#include <QStandardPaths>

#include <utility>

namespace bitdial {
namespace {

QString fromPath(const std::filesystem::path& path)
{
    return QString::fromStdString(path.string());
}

std::filesystem::path newUntitledPath()
{
    const auto name =
        QStringLiteral("untitled-%1.bitdial")
            .arg(QDateTime::currentDateTime().toString(QStringLiteral("yyyyMMdd-hhmmss-zzz")));
    return Document::untitledFolder() / name.toStdString();
}

} // namespace

Document::Document(QObject* parent) : QObject(parent)
{
    m_points.setFamilies(methodFamilies(m_methods));
    connect(&m_points, &PointModel::selectedChanged, this, &Document::showSelected);
    connect(&m_layers, &LayerModel::editRequested, this, &Document::edit);
    for (auto* queue : {&m_store, &m_works, &m_measurements, &m_searches})
        connect(queue, &JobQueue::idle, this, [this] {
            if (isIdle())
                Q_EMIT idle();
        });
    connect(&m_measurements, &JobQueue::changed, this, &Document::measuringChanged);
}

Document::~Document() = default;

void Document::setSearchMethods(SearchMethods methods)
{
    m_methods = std::move(methods);
    m_points.setFamilies(methodFamilies(m_methods));
}

std::filesystem::path Document::untitledFolder()
{
    return QStandardPaths::writableLocation(QStandardPaths::AppDataLocation).toStdString();
}

QString Document::fileName() const
{
    if (!isOpen())
        return {};
    return m_open.untitled ? tr("not saved under a name yet") : fromPath(m_open.path.filename());
}

const PointRow* Document::reference() const
{
    const PointRow* found = nullptr;
    for (const auto& row : m_points.rows())
        if (row.point.provenance.method == "uniform" &&
            row.point.assignment == m_open.uniform.point.assignment)
            found = &row;
    if (found != nullptr)
        return found;
    return isOpen() ? &m_open.uniform : nullptr;
}

void Document::failUnlessCancelled(const ErrorDetails& error)
{
    if (error.code != ErrorCode::Cancelled)
        Q_EMIT failed(error);
}

std::function<void(const ErrorDetails&)> Document::failIfStillOpen()
{
    return [this, generation = m_generation](const ErrorDetails& error) {
        if (generation == m_generation)
            failUnlessCancelled(error);
    };
}

void Document::open(const std::filesystem::path& project)
{
    const auto result = std::make_shared<OpenedProject>();
    m_works.add({tr("Opening %1").arg(fromPath(project.filename())),
                 [project, result](JobContext& context) {
                     *result = openProject(project, context.stop());
                     result->untitled = project.parent_path() == untitledFolder();
                 },
                 [this, result, closings = m_closings] {
                     if (closings == m_closings)
                         setOpened(std::move(*result));
                 },
                 [this](const ErrorDetails& error) { failUnlessCancelled(error); }});
}

void Document::create(const NewProject& wanted)
{
    const auto result = std::make_shared<OpenedProject>();
    m_works.add({tr("Opening %1").arg(QString::fromStdString(wanted.network)),
                 [wanted, result](JobContext& context) {
                     *result = createProject(wanted, newUntitledPath(), context.stop());
                     result->untitled = true;
                 },
                 [this, result, closings = m_closings] {
                     if (closings == m_closings)
                         setOpened(std::move(*result));
                 },
                 [this](const ErrorDetails& error) { failUnlessCancelled(error); }});
}

void Document::setOpened(OpenedProject loaded)
{
    const bool was_searching = !m_searches.isIdle();
    const auto old_name = fileName();
    dropProject();
    m_open = std::move(loaded);
    const auto targets = targetInfos(m_open.profiles);
    m_layers.reset(m_open.network, targets);
    m_points.reset(targets, std::move(m_open.rows));
    m_open.rows.clear();
    showSelected();
    Q_EMIT opened();
    measureFloat();
    if (m_open.data_error)
        Q_EMIT failed(*m_open.data_error);
    else if (!m_open.stale_warning.empty())
        Q_EMIT noticed(QString::fromStdString(m_open.stale_warning));
    else if (was_searching)
        Q_EMIT noticed(tr("The search into %1 was stopped; its points are kept.").arg(old_name));
    else if (!m_open.interrupted.empty())
        Q_EMIT noticed(tr("A search was interrupted here. Search… can resume it."));
    else if (m_open.renewed_from != 0)
        Q_EMIT noticed(tr("The project's file was renewed from format %1; older versions of this "
                          "program cannot open it any more.")
                           .arg(m_open.renewed_from));
}

/// Stops what belongs to the open project and closes its file, which is removed when nobody named
/// it and nothing was found.
void Document::dropProject()
{
    ++m_generation;
    m_searches.cancelAll();
    m_measurements.cancelAll();
    m_measuring.clear();
    m_hands.clear();
    m_waiting.clear();
    m_after_copy.clear();
    m_storing = false;
    m_copying = false;
    m_undo.clear();
    m_float.reset();
    m_measuring_float = false;
    if (m_open.project == nullptr)
        return;
    closeFile(m_open.untitled && m_points.rows().empty() ? Fate::Removed : Fate::Kept);
    m_open = {};
}

/// In a job: it ends the connection, after whatever is still being stored.
void Document::closeFile(Fate fate)
{
    m_store.add({tr("Closing"),
                 [project = std::move(m_open.project), fate](JobContext&) mutable {
                     const auto path = project->path();
                     project.reset();
                     std::error_code ignored;
                     if (fate == Fate::Removed)
                         std::filesystem::remove(path, ignored);
                 },
                 {},
                 {}});
}

void Document::close()
{
    ++m_closings;
    m_works.cancelAll();
    dropProject();
}

bool Document::isIdle() const
{
    return m_store.isIdle() && m_works.isIdle() && m_measurements.isIdle() && m_searches.isIdle();
}

/// Work on the document's own connection; further edits wait for its end.
void Document::store(std::function<void(Project&)> work, Call done, Call undone)
{
    m_storing = true;
    const int generation = m_generation;
    const auto project = m_open.project;
    m_store.add({tr("Storing"), [project, work = std::move(work)](JobContext&) { work(*project); },
                 [this, generation, done = std::move(done)] {
                     if (generation != m_generation)
                         return;
                     done();
                     storeEnded();
                 },
                 [this, generation, undone = std::move(undone)](const ErrorDetails& error) {
                     if (generation != m_generation)
                         return;
                     undone();
                     failUnlessCancelled(error);
                     storeEnded();
                 }});
}

void Document::storeEnded()
{
    m_storing = false;
    while (!m_storing && !m_waiting.empty()) {
        const auto next = std::move(m_waiting.front());
        m_waiting.pop_front();
        next();
    }
}

void Document::whenStored(Call call)
{
    if (m_storing)
        m_waiting.push_back(std::move(call));
    else
        call();
}

void Document::saveAs(const std::filesystem::path& path)
{
    if (!isOpen())
        return;
    if (!m_searches.isIdle()) {
        Q_EMIT noticed(tr("The running search stores its points in the file as they are found. "
                          "Cancel it or let it end, then save under another name."));
        return;
    }
    std::error_code ignored;
    if (std::filesystem::equivalent(path, m_open.path, ignored)) {
        Q_EMIT noticed(tr("%1 is up to date: every point is in it already.").arg(fileName()));
        return;
    }
    // An export reads the old file, which may go away: it ends first.
    if (!m_works.isIdle()) {
        Q_EMIT noticed(
            tr("Saving follows when this job has ended: %1.").arg(m_works.currentName()));
        const auto save = [this, path, generation = m_generation] {
            if (generation == m_generation)
                saveAs(path);
        };
        connect(&m_works, &JobQueue::idle, this, save, Qt::SingleShotConnection);
        return;
    }
    // Whatever begins from now on waits: it would write into the old file.
    m_copying = true;
    // A measurement does: it starts again in the new one.
    m_measurements.cancelAll();
    const auto copy = [this, path, generation = m_generation] {
        if (generation == m_generation)
            whenStored([this, path] { copyProject(path); });
    };
    if (m_measurements.isIdle())
        copy();
    else
        connect(&m_measurements, &JobQueue::idle, this, copy, Qt::SingleShotConnection);
}

void Document::copyProject(const std::filesystem::path& path)
{
    const auto copy = std::make_shared<std::shared_ptr<Project>>();
    store(
        [path, copy](Project& project) {
            project.copyTo(path);
            *copy = Project::connect(path);
        },
        [this, copy] { takeCopy(std::move(*copy)); }, [this] { measureAgain(); });
}

void Document::takeCopy(std::shared_ptr<Project> copy)
{
    closeFile(m_open.untitled ? Fate::Removed : Fate::Kept);
    m_open.project = std::move(copy);
    m_open.path = m_open.project->path();
    m_open.untitled = false;
    Q_EMIT fileChanged();
    measureAgain();
}

/// What was cancelled or held back for the copy.
void Document::measureAgain()
{
    m_copying = false;
    measureIfNeeded(m_points.selected());
    if (!m_float)
        measureFloat();
    for (const auto& call : std::exchange(m_after_copy, {}))
        call();
}

} // namespace bitdial
