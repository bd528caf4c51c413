// SPDX-License-Identifier: Apache-2.0
#include "core/project/run_log.h"

#include "core/base/time_text.h"
#include "core/project/project_private.h"

#include <array>
#include <span>

namespace bitdial {
namespace {

using sqlite::Statement;
using sqlite::Transaction;

constexpr std::array statuses{RunStatus::Running, RunStatus::Interrupted, RunStatus::Done};
constexpr const char* columns = "SELECT id, method, request, status, begun, ended FROM run ";

SearchRun readRun(const Statement& row, const std::string& where)
{
    return {
        row.integer(0), row.text(1),
        row.text(2),    valueNamed(statuses, runStatusName, row.text(3), "status of a run", where),
        row.text(4),    row.text(5)};
}

} // namespace

const char* runStatusName(RunStatus status)
{
    switch (status) {
    case RunStatus::Interrupted:
        return "interrupted";
    case RunStatus::Done:
        return "done";
    case RunStatus::Running:
        break;
    }
    return "running";
}

RunLog::RunLog(Project& project) : m_project(project) {}

std::int64_t RunLog::begin(const std::string& method, const std::string& request)
{
    Statement(m_project.d->database, "INSERT INTO run(request, method, status, begun, ended) "
                                     "VALUES (?, ?, ?, ?, '')")
        .bind(request)
        .bind(method)
        .bind(std::string_view(runStatusName(RunStatus::Running)))
        .bind(utcNow())
        .step();
    return m_project.d->database.lastRowId();
}

void RunLog::goOn(std::int64_t run)
{
    setStatus(run, RunStatus::Running, {});
}

void RunLog::append(std::int64_t run, std::string_view entry)
{
    // One statement: no other entry of the run can come between.
    Statement(m_project.d->database,
              "INSERT INTO journal(run, sequence, bytes) "
              "SELECT ?1, 1 + coalesce(max(sequence), 0), ?2 FROM journal WHERE run = ?1")
        .bind(run)
        .bind(std::as_bytes(std::span(entry)))
        .step();
}

void RunLog::end(std::int64_t run, RunStatus status)
{
    Transaction transaction(m_project.d->database);
    setStatus(run, status, utcNow());
    if (status == RunStatus::Done)
        Statement(m_project.d->database, "DELETE FROM journal WHERE run = ?").bind(run).step();
    transaction.commit();
}

void RunLog::setStatus(std::int64_t run, RunStatus status, const std::string& ended)
{
    Statement(m_project.d->database, "UPDATE run SET status = ?, ended = ? WHERE id = ?")
        .bind(std::string_view(runStatusName(status)))
        .bind(ended)
        .bind(run)
        .step();
}

std::vector<SearchRun> RunLog::runs() const
{
    std::vector<SearchRun> runs;
    Statement row(m_project.d->database, std::string(columns) + "ORDER BY id");
    while (row.step())
        runs.push_back(readRun(row, m_project.path().string()));
    return runs;
}

std::optional<SearchRun> RunLog::unfinished(const std::string& method) const
{
    Statement row(
        m_project.d->database,
        std::string(columns) +
            "WHERE method = ? AND (status = 'done' OR EXISTS "
            "(SELECT 1 FROM journal WHERE journal.run = run.id)) ORDER BY id DESC LIMIT 1");
    if (!row.bind(method).step())
        return std::nullopt;
    auto run = readRun(row, m_project.path().string());
    return run.status == RunStatus::Done ? std::nullopt : std::optional(std::move(run));
}

std::vector<std::string> RunLog::journal(std::int64_t run) const
{
    std::vector<std::string> entries;
    Statement row(m_project.d->database,
                  "SELECT bytes FROM journal WHERE run = ? ORDER BY sequence");
    row.bind(run);
    while (row.step()) {
        const auto bytes = row.bytes(0);
        entries.emplace_back(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    return entries;
}

} // namespace bitdial
