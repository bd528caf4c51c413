// SPDX-License-Identifier: Apache-2.0
#include "project_fixture.h"

#include <QTemporaryDir>
#include <QtTest>

#include <csignal>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Adds points for ever and tells each id once addPoint has returned it.
[[noreturn]] void addPointsUntilKilled(const std::filesystem::path& path, int pipe)
{
    const auto project = Project::open(path);
    const auto network = project->network();
    const auto point = makePoint(*network, 4, 8);
    for (float salt = 1;; salt += 1) {
        const auto state = encodeState(makeState(*network, salt));
        const std::int64_t id = project->addPoint(point, &state);
        if (::write(pipe, &id, sizeof id) != sizeof id)
            ::_exit(1);
    }
}

} // namespace

class TestProjectCrash : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// kill -9 loses no point that was reported.
    void noReportedPointIsLost()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("p.bitdial").toStdString();
        Project::create(path)->setNetwork(small_network, {});
        std::set<std::int64_t> reported;
        for (int round = 0; round < 3; ++round) {
            int ends[2];
            QCOMPARE(::pipe(ends), 0);
            const pid_t child = ::fork();
            QVERIFY(child >= 0);
            if (child == 0)
                addPointsUntilKilled(path, ends[1]);
            ::close(ends[1]);
            std::int64_t id = 0;
            for (int i = 0; i < 5 + round && ::read(ends[0], &id, sizeof id) == sizeof id; ++i)
                reported.insert(id);
            ::kill(child, SIGKILL);
            while (::read(ends[0], &id, sizeof id) == sizeof id)
                reported.insert(id);
            ::close(ends[0]);
            int status = 0;
            QCOMPARE(::waitpid(child, &status, 0), child);
            QVERIFY(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        }
        QVERIFY(reported.size() >= 18);
        const auto project = Project::open(path);
        std::set<std::int64_t> found;
        for (const auto& point : project->points()) {
            found.insert(point.id);
            QVERIFY(project->state(point.state_hash).has_value());
            QCOMPARE(point.accuracies.size(), std::size_t(1));
        }
        for (const auto id : reported)
            QVERIFY(found.contains(id));
    }
};

QTEST_GUILESS_MAIN(TestProjectCrash)
#include "test_project_crash.moc"
