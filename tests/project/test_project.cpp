// SPDX-License-Identifier: Apache-2.0
#include "project_fixture.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/project/run_log.h"

#include <QTemporaryDir>
#include <QtTest>
#include <sqlite3.h>

#include <future>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// The code of the error that `action` throws; nothing thrown gives no value.
template <typename Action> std::optional<ErrorDetails> errorOf(Action action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.details();
    }
    return std::nullopt;
}

void runSql(const std::filesystem::path& path, const char* sql)
{
    sqlite3* handle = nullptr;
    QCOMPARE(sqlite3_open(path.c_str(), &handle), SQLITE_OK);
    QCOMPARE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(handle);
}

int countRows(const std::filesystem::path& path, const std::string& table)
{
    sqlite3* handle = nullptr;
    int count = -1;
    sqlite3_open(path.c_str(), &handle);
    sqlite3_exec(
        handle, ("SELECT count(*) FROM " + table).c_str(),
        [](void* into, int, char** values, char**) {
            *static_cast<int*>(into) = std::atoi(values[0]);
            return 0;
        },
        &count, nullptr);
    sqlite3_close(handle);
    return count;
}

} // namespace

class TestProject : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    int m_count = 0;

    std::filesystem::path newPath()
    {
        return m_folder.filePath(QString("p%1.bitdial").arg(++m_count)).toStdString();
    }
    std::unique_ptr<Project> newProject()
    {
        auto project = Project::create(newPath());
        project->setNetwork(small_network, {});
        return project;
    }

private Q_SLOTS:
    void everythingComesBack()
    {
        const auto path = newPath();
        DesignPoint stored;
        {
            auto project = Project::create(path);
            QVERIFY(project->network() == nullptr);
            project->setNetwork(small_network, {});
            project->setDataSource("demo");
            project->setProfileTexts({"{\"b\":1}", "{\"a\":2}"});
            const auto state = encodeState(makeState(*project->network(), 0.5F));
            stored = makePoint(*project->network(), 4, 2);
            stored.provenance.seed = ~std::uint64_t(0);
            stored.id = project->addPoint(stored, &state);
            stored.state_hash = state.hash;
            const Accuracy tested{Rung::Integer, DataRole::Test, 1, 10000};
            project->addAccuracy(stored.id, tested);
            stored.accuracies.push_back(tested);
        }
        const auto project = Project::open(path);
        QCOMPARE(project->networkSource(), std::string(small_network));
        QCOMPARE(project->network()->hash(), openNetwork(small_network)->hash());
        QCOMPARE(project->dataSource(), std::string("demo"));
        QCOMPARE(project->profileTexts(), (std::vector<std::string>{"{\"b\":1}", "{\"a\":2}"}));
        QVERIFY(project->points() == std::vector<DesignPoint>{stored});
        const auto state = project->state(stored.state_hash);
        QVERIFY(state.has_value());
        QCOMPARE(encodeState(*state).hash, stored.state_hash);
        QCOMPARE(state->parameters->layers[0].weights[0], 0.5F);
        QVERIFY(!project->state("0123").has_value());
    }

    void measuredRunsComeBack()
    {
        const auto path = newPath();
        std::vector<MeasuredRun> runs;
        {
            auto project = Project::create(path);
            project->setNetwork(small_network, {});
            QVERIFY(project->measuredRuns().empty());
            auto point = makePoint(*project->network(), 4, 8);
            point.id = project->addPoint(point, nullptr);
            runs = {makeRun(*project->network(), point, "a", "h1", 120),
                    makeRun(*project->network(), point, "b \"é\"", "h2", 5'000'000'000)};
            for (const auto& run : runs)
                project->addMeasuredRun(run);
        }
        const auto project = Project::open(path);
        QVERIFY(project->measuredRuns() == runs);
        auto lost = runs[0];
        lost.point_id = 99;
        QCOMPARE(errorOf([&] { project->addMeasuredRun(lost); })->code, ErrorCode::Failed);
        project->removePoint(runs[0].point_id);
        QVERIFY(project->measuredRuns().empty());
    }

    void damagedMeasuredRunsAreRefused()
    {
        const auto project = newProject();
        auto point = makePoint(*project->network(), 4, 8);
        point.id = project->addPoint(point, nullptr);
        project->addMeasuredRun(makeRun(*project->network(), point, "a", "h1", 120));
        runSql(project->path(), "UPDATE measured_cycles SET layers = '[{\"layer\": 1}]'");
        QCOMPARE(errorOf([&] { project->measuredRuns(); })->code, ErrorCode::BadInput);
    }

    /// Two runs of one method, each with its own journal.
    void runsKeepTheirJournals()
    {
        const auto path = newPath();
        std::int64_t first = 0;
        {
            const auto project = Project::create(path);
            RunLog log(*project);
            QVERIFY(!log.unfinished("free-bits"));
            first = log.begin("free-bits", "{\"a\":1}");
            QVERIFY(!log.unfinished("free-bits")); // nothing to go on from yet
            log.append(first, std::string("\0x\xff", 3));
            const auto second = log.begin("free-bits", "{}");
            QCOMPARE(log.unfinished("free-bits")->id, first);
            log.append(second, "one");
            log.append(first, "two");
            log.append(second, "three");
            QCOMPARE(log.unfinished("free-bits")->id, second);
            log.end(second, RunStatus::Interrupted);
            log.end(first, RunStatus::Interrupted);
        }
        const auto project = Project::connect(path);
        RunLog log(*project);
        const auto runs = log.runs();
        QCOMPARE(runs.size(), std::size_t(2));
        QCOMPARE(runs[0].request, std::string("{\"a\":1}"));
        QVERIFY(runs[0].status == RunStatus::Interrupted && !runs[0].ended.empty());
        QCOMPARE(log.journal(first), (std::vector<std::string>{std::string("\0x\xff", 3), "two"}));
        QCOMPARE(log.journal(runs[1].id), (std::vector<std::string>{"one", "three"}));
        QVERIFY(!log.unfinished("haq"));
        log.goOn(runs[1].id);
        QVERIFY(log.unfinished("free-bits")->status == RunStatus::Running);
        log.end(runs[1].id, RunStatus::Done);
        // What was begun after the first one is done: nobody wants to go on with that any more.
        QVERIFY(!log.unfinished("free-bits") && log.journal(runs[1].id).empty());
    }

    /// Points of one network's numbers at other widths take kilobytes each.
    void parametersAreStoredOnce()
    {
        const auto project = newProject();
        auto numbers = makeState(*project->network(), 0.25F);
        std::vector<std::int64_t> ids;
        for (int i = 0; i < 3; ++i) {
            numbers.activations[0].scale = float(i);
            const auto state = encodeState(numbers);
            ids.push_back(project->addPoint(makePoint(*project->network(), 8, 8), &state));
        }
        QCOMPARE(countRows(project->path(), "state"), 3);
        QCOMPARE(countRows(project->path(), "parameters"), 1);
        for (const auto& point : project->points())
            QVERIFY(project->state(point.state_hash).has_value());
        // A point that is measured with other numbers gives up those it had.
        const auto other = encodeState(makeState(*project->network(), 1));
        project->setState(ids[0], other);
        QCOMPARE(countRows(project->path(), "state"), 3);
        for (const auto id : ids)
            project->removePoint(id);
        QCOMPARE(countRows(project->path(), "state") + countRows(project->path(), "parameters"), 0);
    }

    void idsAreNeverUsedAgain()
    {
        const auto project = newProject();
        const auto point = makePoint(*project->network(), 8, 8);
        const auto first = project->addPoint(point, nullptr);
        const auto second = project->addPoint(point, nullptr);
        project->removePoint(second);
        const auto third = project->addPoint(point, nullptr);
        QVERIFY(first < second && second < third);
        auto again = point;
        again.id = second;
        QCOMPARE(project->addPoint(again, nullptr), second);
        QCOMPARE(project->points().size(), std::size_t(3));
    }

    void aStateLivesAsLongAsAPointUsesIt()
    {
        const auto project = newProject();
        const auto state = encodeState(makeState(*project->network(), 2));
        const auto hash = state.hash;
        const auto point = makePoint(*project->network(), 8, 8);
        const auto a = project->addPoint(point, &state);
        const auto b = project->addPoint(point, &state);
        project->removePoint(a);
        QVERIFY(project->state(hash).has_value());
        project->removePoint(b);
        QVERIFY(!project->state(hash).has_value());
    }

    void aFloatReferenceNeedsNoBits()
    {
        const auto project = newProject();
        DesignPoint reference;
        reference.provenance.method = "float";
        reference.accuracies = {{Rung::Float, DataRole::Test, 93, 100}};
        reference.id = project->addPoint(reference, nullptr);
        QVERIFY(project->points() == std::vector<DesignPoint>{reference});
    }

    void aReaderDoesNotBlockTheWriter()
    {
        const auto writer = newProject();
        if (!writer->hasWriteAheadLog())
            QSKIP("this file system has no write-ahead log");
        sqlite3* reader = nullptr;
        QCOMPARE(sqlite3_open(writer->path().c_str(), &reader), SQLITE_OK);
        QCOMPARE(sqlite3_exec(reader, "BEGIN; SELECT * FROM point", nullptr, nullptr, nullptr),
                 SQLITE_OK);
        // The reader's snapshot is open all the while; a blocked writer would throw after 10 s.
        QCOMPARE(writer->addPoint(makePoint(*writer->network(), 8, 8), nullptr), std::int64_t(1));
        sqlite3_close(reader);
        QCOMPARE(Project::open(writer->path())->points().size(), std::size_t(1));
    }

    void twoWritersTakeTurns()
    {
        const auto first = newProject();
        const auto work = [path = first->path()] {
            const auto project = Project::open(path);
            for (int i = 0; i < 50; ++i)
                project->addPoint(makePoint(*project->network(), 4, 4), nullptr);
        };
        auto other = std::async(std::launch::async, work);
        work();
        other.get();
        QCOMPARE(first->points().size(), std::size_t(100));
    }

    void whatIsNoProjectIsRefused()
    {
        const auto path = newPath();
        QCOMPARE(errorOf([&] { Project::open(path); })->code, ErrorCode::BadInput); // missing
        writeFileAtomically(path, std::string_view(""));
        QCOMPARE(errorOf([&] { Project::open(path); })->code, ErrorCode::BadInput);
        writeFileAtomically(path, std::string(5000, 'x'));
        QCOMPARE(errorOf([&] { Project::open(path); })->code, ErrorCode::BadInput);
        QCOMPARE(readTextFile(path), std::string(5000, 'x'));
        const auto other = newPath();
        runSql(other, "CREATE TABLE t(a)");
        const auto error = errorOf([&] { Project::open(other); });
        QCOMPARE(error->code, ErrorCode::BadInput);
        QVERIFY(error->where.find(other.string()) != std::string::npos);
    }

    void aTruncatedProjectIsRefused()
    {
        const auto path = newPath();
        {
            const auto project = Project::create(path);
            project->setNetwork(small_network, {});
            const auto state = encodeState(makeState(*project->network(), 3));
            project->addPoint(makePoint(*project->network(), 8, 8), &state);
        }
        const auto whole = readFile(path);
        for (const std::size_t kept : {std::size_t(50), std::size_t(4096), whole.size() / 2}) {
            writeFileAtomically(path, std::span(whole).first(kept));
            QCOMPARE(errorOf([&] { Project::open(path)->points(); })->code, ErrorCode::BadInput);
        }
    }

    void aNewerProjectIsRefused()
    {
        const auto path = newProject()->path();
        runSql(path, "PRAGMA user_version = 3");
        const auto before = readFile(path);
        const auto error = errorOf([&] { Project::open(path); });
        QCOMPARE(error->code, ErrorCode::BadInput);
        QVERIFY(error->why.find("version 3") != std::string::npos);
        QVERIFY(readFile(path) == before);
    }

    void anExistingFileIsNotReplaced()
    {
        const auto path = newPath();
        writeFileAtomically(path, std::string_view("mine"));
        QCOMPARE(errorOf([&] { Project::create(path); })->code, ErrorCode::Usage);
        QCOMPARE(readTextFile(path), std::string("mine"));
    }

    void pointsKeepTheirNetwork()
    {
        const auto project = newProject();
        project->addPoint(makePoint(*project->network(), 8, 8), nullptr);
        const auto change = [&] { project->setNetwork("zoo:resnet8?width=8", {}); };
        QCOMPARE(errorOf(change)->code, ErrorCode::Usage);
        QCOMPARE(project->network()->hash(), openNetwork(small_network)->hash());
        QVERIFY(errorOf([&] { project->addAccuracy(99, {}); }).has_value());
    }

    void aCopyIsWhole()
    {
        const auto project = newProject();
        project->addPoint(makePoint(*project->network(), 8, 8), nullptr);
        const auto path = newPath();
        writeFileAtomically(path, std::string_view("to be replaced"));
        project->copyTo(path);
        QVERIFY(Project::open(path)->points() == project->points());
        QVERIFY(errorOf([&] { project->copyTo("/nonexistent/copy.bitdial"); }).has_value());
    }

    void aCopyReplacesNoProjectInUse()
    {
        const auto source = newProject();
        source->addPoint(makePoint(*source->network(), 4, 4), nullptr);
        auto open = newProject();
        const auto path = open->path();
        open->addPoint(makePoint(*open->network(), 8, 8), nullptr);
        const auto points = open->points();

        auto error = errorOf([&] { source->copyTo(path); }); // open, but idle
        QVERIFY(error && error->code == ErrorCode::Failed);
        QCOMPARE(error->where, path.string());
        QVERIFY(open->points() == points);
        open.reset();

        sqlite3* writer = nullptr;
        QCOMPARE(sqlite3_open(path.c_str(), &writer), SQLITE_OK);
        QCOMPARE(sqlite3_exec(writer, "BEGIN IMMEDIATE; DELETE FROM accuracy", nullptr, nullptr,
                              nullptr),
                 SQLITE_OK);
        error = errorOf([&] { source->copyTo(path); });
        QVERIFY(error && error->code == ErrorCode::Failed);
        sqlite3_exec(writer, "ROLLBACK", nullptr, nullptr, nullptr);
        sqlite3_close(writer);
        QVERIFY(Project::open(path)->points() == points);
        QVERIFY(errorOf([&] { source->copyTo(source->path()); }).has_value()); // itself

        source->copyTo(path);
        QVERIFY(Project::open(path)->points() == source->points());
    }

    /// What a killed program leaves beside the file that is replaced.
    void aCopyInheritsNoLog()
    {
        const auto source = newProject();
        source->addPoint(makePoint(*source->network(), 4, 4), nullptr);
        auto killed = newProject();
        const auto path = killed->path();
        const auto saved = newPath();
        killed->addPoint(makePoint(*killed->network(), 8, 8), nullptr);
        std::filesystem::copy(path, saved);
        std::filesystem::copy(path.string() + "-wal", saved.string() + "-wal");
        source->copyTo(saved);
        QVERIFY(Project::open(saved)->points() == source->points());

        const auto text = newPath();
        writeFileAtomically(text, std::string_view("no database"));
        std::filesystem::copy(path.string() + "-wal", text.string() + "-wal");
        source->copyTo(text);
        QVERIFY(Project::open(text)->points() == source->points());
    }
};

QTEST_GUILESS_MAIN(TestProject)
#include "test_project.moc"
