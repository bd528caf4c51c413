// SPDX-License-Identifier: Apache-2.0
// A search into a project, with a method that does what the test says.
#include "core/base/error.h"
#include "core/project/run_log.h"
#include "core/session/search_session.h"
#include "tests/project/project_fixture.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Finds uniform 8/8 and a point made of it, then ends as it is told to.
class ToyMethod : public SearchMethod {
public:
    enum class End { Complete, OutOfTime, Throws, ThrowsAtOnce };

    explicit ToyMethod(End end) : m_end(end) {}
    const MethodInfo& info() const override
    {
        static const MethodInfo about = [] {
            MethodInfo info;
            info.name = info.title = "toy";
            return info;
        }();
        return about;
    }
    void check(const SearchProblem& problem) const override
    {
        if (problem.options.contains("bad"))
            throw Error(ErrorCode::Usage, "An option is wrong", "bad", "so it is", "Leave it out");
    }
    SearchEnd run(const SearchProblem& problem, SearchObserver& observer,
                  std::stop_token) const override
    {
        if (m_end == End::ThrowsAtOnce)
            throw Error(ErrorCode::Failed, "It failed", "toy", "at once", "Nothing");
        const Network& network = *problem.network;
        auto wide = makePoint(network, 8, 8);
        const auto state = encodeState(makeState(network, 1));
        wide.state_hash = state.hash;
        observer.pointFound(wide, &state, {});
        observer.journalled("wide");
        auto narrow = makePoint(network, 4, 8);
        narrow.provenance.role = PointRole::Refined;
        narrow.state_hash = state.hash;
        observer.pointFound(narrow, nullptr, pointKey(wide));
        observer.journalled("narrow");
        observer.accuracyMeasured(pointKey(narrow), {Rung::Integer, DataRole::Test, 1, 2});
        observer.progressed({"toy", 1, 0, 0});
        journal_seen = problem.journal;
        if (m_end == End::Throws)
            throw Error(ErrorCode::Cancelled, "Cancelled", "toy", "so it is", "Again");
        return m_end == End::Complete ? SearchEnd::Complete : SearchEnd::OutOfTime;
    }

    mutable std::vector<std::string> journal_seen;

private:
    End m_end;
};

struct Heard : SearchListener {
    void pointStored(const DesignPoint& point) override { points.push_back(point); }
    void accuracyStored(std::int64_t point, const Accuracy&) override { measured.push_back(point); }
    void progressed(const SearchProgress&) override {}

    std::vector<DesignPoint> points;
    std::vector<std::int64_t> measured;
};

SearchRequest toyRequest(bool resume = false)
{
    return {"toy", {}, {{"a", "1"}}, 5, 0, resume};
}

} // namespace

class TestSearchSession : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_project = Project::create(m_folder->filePath("p.bitdial").toStdString());
        m_project->setNetwork(small_network, {});
        m_heard = {};
        m_outcome = {};
    }

    void pointsAndRunAreKept()
    {
        search(ToyMethod(ToyMethod::End::Complete), toyRequest());
        QVERIFY(m_outcome.is_complete && !m_outcome.resumable);
        const auto points = m_project->points();
        QCOMPARE(points.size(), std::size_t(2));
        QCOMPARE(points[1].provenance.parent, points[0].id);
        QCOMPARE(points[1].accuracies.size(), std::size_t(2));
        QCOMPARE(m_heard.points.size(), std::size_t(2));
        QCOMPARE(m_heard.measured, std::vector<std::int64_t>{points[1].id});
        const auto runs = RunLog(*m_project).runs();
        QCOMPARE(runs.size(), std::size_t(1));
        QVERIFY(runs[0].status == RunStatus::Done);
        QCOMPARE(searchRequestFromJson(runs[0].request, "run"), toyRequest());
        for (const auto& point : points)
            QCOMPARE(point.provenance.run, runs[0].id);
    }

    void whatIsFoundAgainKeepsItsId()
    {
        search(ToyMethod(ToyMethod::End::Throws), toyRequest());
        QVERIFY(m_threw && !m_outcome.is_complete);
        QCOMPARE(m_outcome.resumable, std::optional(toyRequest()));
        const auto before = m_project->points();
        const ToyMethod again(ToyMethod::End::Complete);
        search(again, toyRequest(true));
        QCOMPARE(again.journal_seen, (std::vector<std::string>{"wide", "narrow"}));
        QVERIFY(m_project->points() == before);
        QCOMPARE(RunLog(*m_project).runs().size(), std::size_t(1));
        QVERIFY(m_outcome.is_complete && !m_outcome.resumable);
    }

    void outOfTimeCanGoOn()
    {
        search(ToyMethod(ToyMethod::End::OutOfTime), toyRequest());
        QVERIFY(!m_outcome.is_complete);
        QCOMPARE(m_outcome.resumable, std::optional(toyRequest()));
        QVERIFY(RunLog(*m_project).runs()[0].status == RunStatus::Interrupted);
        QCOMPARE(resumableRequest(*m_project, m_project->points(), "toy"),
                 std::optional(toyRequest()));
    }

    /// One that came nowhere leaves the older one to go on with.
    void anOlderRunStays()
    {
        search(ToyMethod(ToyMethod::End::OutOfTime), toyRequest());
        auto other = toyRequest();
        other.seed = 6;
        search(ToyMethod(ToyMethod::End::ThrowsAtOnce), other);
        QVERIFY(m_threw);
        QCOMPARE(m_outcome.resumable, std::optional(toyRequest()));
    }

    void whatIsRefusedLeavesNothing()
    {
        auto wrong = toyRequest();
        wrong.options.emplace("bad", "yes");
        search(ToyMethod(ToyMethod::End::Complete), wrong);
        QVERIFY(m_threw);
        QVERIFY(RunLog(*m_project).runs().empty() && m_project->points().empty());
        const auto error = errorOf([&] {
            prepareSearch(*m_project, ToyMethod(ToyMethod::End::Complete), toyRequest(true), {});
        });
        QCOMPARE(error.code, ErrorCode::Usage);
        QVERIFY(error.what.find("no search to resume") != std::string::npos);
    }

private:
    void search(const ToyMethod& method, const SearchRequest& request)
    {
        m_threw = false;
        try {
            SearchProblem problem;
            problem.network = m_project->network();
            const auto search = prepareSearch(*m_project, method, request, problem);
            runSearch(*m_project, method, search, m_heard, m_outcome, {});
        } catch (const Error&) {
            m_threw = true;
        }
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<Project> m_project;
    Heard m_heard;
    SearchOutcome m_outcome;
    bool m_threw = false;
};

QTEST_GUILESS_MAIN(TestSearchSession)
#include "tst_search_session.moc"
