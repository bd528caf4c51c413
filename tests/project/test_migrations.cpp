// SPDX-License-Identifier: Apache-2.0
// A project of format 1 (files/version-1.bitdial: made on 2026-12-01 by the program's last commit
// of that format, a search that ran out of time) becomes one of today's, or stays as it was.
#include "project_fixture.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/project/migrations.h"
#include "core/project/run_log.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>
#include <sqlite3.h>

#include <csignal>
#include <set>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace bitdial;
using namespace bitdial::test;

namespace {

namespace fs = std::filesystem;

const fs::path old_file = BITDIAL_SOURCE_DIR "/tests/project/files/version-1.bitdial";
const std::vector<const char*> steps = {"held", "copied", "version", "synced", "replaced"};

/// Runs in a process of its own; returns how it ended, as waitpid says it.
int inAnotherProcess(const std::function<void()>& work)
{
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            work();
        } catch (const Error& error) {
            ::_exit(error.code() == ErrorCode::Failed ? 1 : 2);
        }
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return status;
}

/// "table.column", and the names of the indices.
std::set<std::string> columnsOf(const fs::path& path)
{
    std::set<std::string> names;
    sqlite3* handle = nullptr;
    sqlite3_open(path.c_str(), &handle);
    sqlite3_exec(
        handle,
        "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.pk FROM sqlite_master m "
        "JOIN pragma_table_info(m.name) c WHERE m.type = 'table' "
        "UNION SELECT name FROM sqlite_master WHERE type = 'index'",
        [](void* into, int, char** values, char**) {
            static_cast<std::set<std::string>*>(into)->insert(values[0]);
            return 0;
        },
        &names, nullptr);
    sqlite3_close(handle);
    return names;
}

} // namespace

class TestMigrations : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_path = fs::path(m_folder->path().toStdString()) / "p.bitdial";
        fs::copy_file(old_file, m_path);
        fs::permissions(m_path, fs::perms::owner_read | fs::perms::owner_write);
    }

    void everythingIsThere()
    {
        const auto project = Project::open(m_path);
        QCOMPARE(project->renewedFromVersion(), std::int64_t(1));
        QVERIFY(project->network()->hasParameters());
        QCOMPARE(project->dataSource(), std::string("demo"));
        QCOMPARE(project->profileTexts().size(), std::size_t(2));
        const auto points = project->points();
        QCOMPARE(points.size(), std::size_t(5));
        for (std::size_t i = 0; i < 4; ++i) {
            QVERIFY(points[i].provenance.role == PointRole::Reference);
            QVERIFY(!points[i].accuracies.empty());
            if (i > 0) // the float reference has none
                QVERIFY(project->state(points[i].state_hash).has_value());
        }
        QVERIFY(points[4].provenance.role == PointRole::Hand);
        QCOMPARE(points[4].provenance.parent, std::int64_t(2));
        QCOMPARE(points[4].id, std::int64_t(5));
        QCOMPARE(project->measuredRuns().size(), std::size_t(1));
        // Ids go on where they were: that of a removed point is not used again.
        project->removePoint(5);
        auto point = points[4];
        point.id = 0;
        QCOMPARE(project->addPoint(point, nullptr), std::int64_t(6));
    }

    /// A renewed file has the tables, columns and indices of a new one.
    void isLikeANewOne()
    {
        const auto fresh = m_path.parent_path() / "fresh.bitdial";
        Project::create(fresh);
        Project::open(m_path);
        const auto columns = columnsOf(fresh);
        QVERIFY(columns.size() > 50);
        QCOMPARE(columnsOf(m_path), columns);
    }

    void theInterruptedSearchCanGoOn()
    {
        const auto project = Project::open(m_path);
        const RunLog log(*project);
        const auto run = log.unfinished("free-bits");
        QVERIFY(run.has_value());
        QVERIFY(run->status == RunStatus::Interrupted);
        QVERIFY(run->request.find("\"strengths\":\"0.004,0.05\"") != std::string::npos);
        QVERIFY(run->request.find("bitdial.search/1") != std::string::npos);
        QVERIFY(run->request.find("checkpoint") == std::string::npos);
        const auto journal = log.journal(run->id);
        QCOMPARE(journal.size(), std::size_t(1));
        QVERIFY(journal[0].find("bitdial.free-bits-checkpoint/1") != std::string::npos);
    }

    void happensOnce()
    {
        QCOMPARE(migrateProject(m_path), std::int64_t(1));
        const auto renewed = readFile(m_path);
        QCOMPARE(migrateProject(m_path), std::int64_t(2));
        QVERIFY(readFile(m_path) == renewed);
        QVERIFY(renewed.size() < 1.3 * double(fs::file_size(old_file)));
        onlyTheProjectIsThere();
    }

    void killedAtEachStep_data()
    {
        QTest::addColumn<QString>("step");
        for (const char* step : steps)
            QTest::newRow(step) << step;
    }

    void killedAtEachStep()
    {
        QFETCH(const QString, step);
        const auto before = readFile(m_path);
        const int status = inAnotherProcess([&] {
            migrateProject(m_path, [&](const char* reached) {
                if (step == QLatin1String(reached))
                    ::raise(SIGKILL);
            });
        });
        QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        if (step != "replaced") {
            QVERIFY(readFile(m_path) == before);
            // A copy that was left does not stand in the way, and is gone afterwards.
            QCOMPARE(fs::exists(m_path.string() + ".upgrade"), step != "held");
        }
        QCOMPARE(Project::open(m_path)->points().size(), std::size_t(5));
        onlyTheProjectIsThere();
    }

    /// A file that may grow no further, as on a full disk.
    void noRoom()
    {
        const auto before = readFile(m_path);
        for (const rlim_t most : {rlim_t(0), rlim_t(65536), rlim_t(200000)}) {
            const int status = inAnotherProcess([&] {
                ::signal(SIGXFSZ, SIG_IGN);
                const rlimit limit{most, most};
                ::setrlimit(RLIMIT_FSIZE, &limit);
                migrateProject(m_path);
            });
            QVERIFY(WIFEXITED(status));
            QCOMPARE(WEXITSTATUS(status), 1);
            QVERIFY(readFile(m_path) == before);
            QVERIFY(!fs::exists(m_path.string() + ".upgrade"));
        }
        QCOMPARE(Project::open(m_path)->points().size(), std::size_t(5));
    }

    void mayNotBeWritten()
    {
        fs::permissions(m_path, fs::perms::owner_read | fs::perms::others_read);
        fs::permissions(m_path.parent_path(),
                        fs::perms::owner_all | fs::perms::others_read | fs::perms::others_exec);
        const auto before = readFile(m_path);
        const int status = inAnotherProcess([&] {
            constexpr uid_t nobody = 65534;
            if (::geteuid() == 0 && ::setuid(nobody) != 0) // root may write everything
                ::_exit(0);
            migrateProject(m_path);
        });
        QVERIFY(WIFEXITED(status) && WEXITSTATUS(status) != 0);
        QVERIFY(readFile(m_path) == before);
        onlyTheProjectIsThere();
    }

    void somebodyHasItOpen()
    {
        const auto before = readFile(m_path);
        sqlite3* reader = nullptr;
        QCOMPARE(sqlite3_open(m_path.c_str(), &reader), SQLITE_OK);
        QCOMPARE(sqlite3_exec(reader, "BEGIN; SELECT * FROM point", nullptr, nullptr, nullptr),
                 SQLITE_OK);
        const auto error = errorOf([&] { Project::open(m_path); });
        QCOMPARE(error.code, ErrorCode::Failed);
        QVERIFY2(error.what.find("in use") != std::string::npos, error.what.c_str());
        sqlite3_close(reader);
        QVERIFY(readFile(m_path) == before);
        QCOMPARE(Project::open(m_path)->points().size(), std::size_t(5));
    }

    /// Weights that are not those that were stored stop it: nothing of the file is lost.
    void damagedWeights()
    {
        sqlite3* handle = nullptr;
        QCOMPARE(sqlite3_open(m_path.c_str(), &handle), SQLITE_OK);
        QCOMPARE(sqlite3_exec(handle,
                              "UPDATE state SET bytes = CAST(substr(bytes, 1, 30) || x'01020304' "
                              "|| substr(bytes, 35) AS BLOB); PRAGMA journal_mode = DELETE",
                              nullptr, nullptr, nullptr),
                 SQLITE_OK);
        sqlite3_close(handle);
        const auto before = readFile(m_path);
        QCOMPARE(errorOf([&] { Project::open(m_path); }).code, ErrorCode::BadInput);
        QVERIFY(readFile(m_path) == before);
        onlyTheProjectIsThere();
    }

    void aLinkStaysALink()
    {
        const auto link = m_path.parent_path() / "link.bitdial";
        fs::create_symlink(m_path.filename(), link);
        QCOMPARE(migrateProject(link), std::int64_t(1));
        QVERIFY(fs::is_symlink(link));
        QCOMPARE(migrateProject(m_path), std::int64_t(2));
    }

private:
    void onlyTheProjectIsThere() const
    {
        for (const auto& entry : fs::directory_iterator(m_path.parent_path()))
            QCOMPARE(entry.path(), m_path);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path m_path;
};

QTEST_GUILESS_MAIN(TestMigrations)
#include "test_migrations.moc"
