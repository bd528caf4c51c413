// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/learning/initial_parameters.h"
#include "core/learning/threads.h"
#include "core/network/open/open_network.h"
#include "core/pareto/search_space.h"
#include "core/search/search_method.h"
#include "tests/learning/halves.h"

#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

#include <algorithm>
#include <chrono>
#include <random>

using namespace bitdial;
using namespace bitdial::test;

namespace {

SearchProblem smallProblem()
{
    SearchProblem problem;
    const auto network =
        openNetwork("zoo:mobilenet-v1?width=0.25&resolution=16&channels=1&classes=2&blocks=2");
    problem.network = network->withParameters(initialParameters(*network, 5));
    problem.data = halvesData();
    for (const char* name : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"})
        problem.profiles.push_back(
            openProfile(std::string(BITDIAL_SOURCE_DIR "/profiles/") + name + ".json"));
    problem.options = {{"strengths", "0.01,0.5"}, {"gate_steps", "6"}, {"gate_batch", "16"},
                       {"gate_rate", "0.5"},      {"tune_steps", "4"}, {"tune_batch", "16"}};
    return problem;
}

/// Keeps everything it is told; can stop the search at a point.
struct Recorder : SearchObserver {
    void pointFound(const DesignPoint& point, const EncodedState* state,
                    const std::string& parent_key) override
    {
        points.push_back(point);
        parents.push_back(parent_key);
        has_state.push_back(state != nullptr);
        if (state != nullptr &&
            (state->hash != point.state_hash ||
             encodeState(decodeState(state->parameters, state->quantizers)).hash != state->hash))
            wrong_hash = true;
        if (int(points.size()) == stop_at)
            stop.request_stop();
    }
    void accuracyMeasured(const std::string& key, const Accuracy& accuracy) override
    {
        for (auto& point : points)
            if (pointKey(point) == key)
                point.accuracies.push_back(accuracy);
        ++measured;
    }
    void progressed(const SearchProgress& now) override { last = now; }
    void journalled(const std::string& entry) override { journal.push_back(entry); }

    std::vector<DesignPoint> points;
    std::vector<std::string> parents; ///< keys
    std::vector<bool> has_state;
    bool wrong_hash = false;
    int measured = 0;
    int stop_at = -1;
    std::stop_source stop;
    SearchProgress last;
    std::vector<std::string> journal;
    SearchEnd end = SearchEnd::OutOfTime;
};

const SearchMethod& freeBits()
{
    static const auto method = standardSearchMethods().find("free-bits");
    return *method;
}

Recorder search(const SearchProblem& problem)
{
    Recorder recorder;
    recorder.end = freeBits().run(problem, recorder, recorder.stop.get_token());
    return recorder;
}

ErrorCode codeOf(const std::function<void()>& call)
{
    try {
        call();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode(0);
}

} // namespace

class TestFreeBits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void findsEveryKindOfPoint();
    void findsThePointsOfBefore();
    void sameSeedSamePoints();
    void goesOnFromAJournal();
    void goesOnFromAnOldCheckpoint();
    void aSpentBudgetIsNotInfeasible();
    void latencyChargeWorks();
    void leavesOutWhatIsTooSlow();
    void refusesALimitThatNothingMeets();
    void locksHoldInAllThatIsFound();
    void limitsOfOneTargetLeaveTheOthers();
    void refusesLocksAndLimitsOfNothing();
    void refusesTargetsOfOneName();
    void refusesLayersWithoutKernel();
    void refusesWrongOptions();
    void refusesAnotherSearchsJournal();
    void unknownMethodNamesTheNearest();
};

void TestFreeBits::findsEveryKindOfPoint()
{
    const auto problem = smallProblem();
    const auto found = search(problem);
    QVERIFY(!found.wrong_hash);
    QCOMPARE(found.points.size(), std::size_t(1 + 3 + 2 + 4));
    QVERIFY(found.points[0].assignment.empty());
    QCOMPARE(found.points[1].provenance.label, std::string("8/8"));
    QCOMPARE(found.points[3].provenance.label, std::string("2/2"));
    for (std::size_t i = 4; i < found.points.size(); ++i) {
        const auto& from = found.points[i].provenance;
        QCOMPARE(stageOf(from), i < 6 ? 1 : 2);
        if (i < 6)
            continue;
        // Two targets per result of stage 1, in the order of the strengths.
        QCOMPARE(found.parents[i], pointKey(found.points[4 + (i - 6) / 2]));
        QCOMPARE(from.target, problem.profiles[(i - 6) % 2]->name());
        const CostModel model(problem.network, problem.profiles[(i - 6) % 2]);
        QVERIFY(model.cost(found.points[i].assignment).latency_cycles <=
                model.cost(found.points[4 + (i - 6) / 2].assignment).latency_cycles);
    }
    for (const auto& point : found.points) {
        const bool is_float = point.assignment.empty();
        const auto* accuracy = point.accuracy(is_float ? Rung::Float : Rung::Integer);
        QVERIFY(accuracy && accuracy->role == DataRole::Test && accuracy->samples == 48);
        QVERIFY(is_float || point.accuracy(Rung::Fake));
    }
    QCOMPARE(found.last.fraction, 1.0);
}

/// Recorded on 2026-12-01 (x86-64 with AVX2, LibTorch 1.13), with the gates' noise as a function of
/// seed, step and sample: no change of the code around the method may change what it finds.
void TestFreeBits::findsThePointsOfBefore()
{
    struct Before {
        const char* label;
        const char* target;
        const char* state;
    };
    constexpr Before before[] = {
        {"float", "", ""},
        {"8/8", "", "27067d1af4155f4d509fb9ddae05ba7d4fd7ae6b33ba0463e06e9c2fe5a72dd2"},
        {"4/4", "", "6ee43d26f9a897f4eca25bb0a713b640012b20aa208eccfceb4db31d0aabfcdd"},
        {"2/2", "", "9c7e4361dc41c1cfd99adc4fc28b29e111ada8a726ab90408a1f4276b7d03f8b"},
        {"strength 0.01", "", "49110bfb2d4303f1d29a2f0ca1541c61a6714930bf404c7aa3f11225b0cca0d7"},
        {"strength 0.5", "", "39117551643c5a04de04be06107b4618965638885806673600209de148b1ffe3"},
        {"strength 0.01", "pulp-open-xpulpv2",
         "762cd917b47cf520ca4620d9b46daf4434960caff040edf194e2e2eb6fbc8876"},
        {"strength 0.01", "pulp-open-xpulpnn",
         "1098927df1a72dcf7a4270e468a77a1d55d0ccbc0cf95503031d323ab6fcd2b0"},
        {"strength 0.5", "pulp-open-xpulpv2",
         "762cd917b47cf520ca4620d9b46daf4434960caff040edf194e2e2eb6fbc8876"},
        {"strength 0.5", "pulp-open-xpulpnn",
         "1098927df1a72dcf7a4270e468a77a1d55d0ccbc0cf95503031d323ab6fcd2b0"},
    };
    const auto found = search(smallProblem());
    QCOMPARE(found.points.size(), std::size(before));
    // The first numbers that were trained: on a machine that rounds otherwise, all differ.
    if (found.points[1].state_hash != before[1].state)
        QSKIP("this machine's floating-point results differ from the recorded ones");
    for (std::size_t i = 0; i < std::size(before); ++i) {
        QCOMPARE(found.points[i].provenance.label, std::string(before[i].label));
        QCOMPARE(found.points[i].provenance.target, std::string(before[i].target));
        QCOMPARE(found.points[i].state_hash, std::string(before[i].state));
    }
}

void TestFreeBits::sameSeedSamePoints()
{
    const auto problem = smallProblem();
    const auto once = search(problem);
    setLearningThreads(1);
    const auto again = search(problem);
    setLearningThreads(2);
    QVERIFY(once.points == again.points);
    auto other = problem;
    other.seed = 2;
    QVERIFY(search(other).points != once.points);
}

void TestFreeBits::goesOnFromAJournal()
{
    auto problem = smallProblem();
    const auto whole = search(problem);
    Recorder first;
    first.stop_at = 5;
    QCOMPARE(codeOf([&] { freeBits().run(problem, first, first.stop.get_token()); }),
             ErrorCode::Cancelled);
    QVERIFY(first.points.size() >= 5 && first.points.size() < whole.points.size());
    problem.journal = first.journal;
    const auto second = search(problem);
    QCOMPARE(first.points.size() + second.points.size(), whole.points.size());
    for (std::size_t i = 0; i < second.points.size(); ++i) {
        const std::size_t of_whole = first.points.size() + i;
        QVERIFY(second.points[i].assignment == whole.points[of_whole].assignment);
        QCOMPARE(second.points[i].state_hash, whole.points[of_whole].state_hash);
        QCOMPARE(second.parents[i], whole.parents[of_whole]);
    }
    // Test accuracies of all points are told at the end, also of those of the first part.
    QCOMPARE(second.measured, whole.measured);
    QVERIFY(whole.end == SearchEnd::Complete && second.end == SearchEnd::Complete);
}

/// What projects of format 1 kept: all of it in one text, renewed with each point.
void TestFreeBits::goesOnFromAnOldCheckpoint()
{
    auto problem = smallProblem();
    const auto whole = search(problem);
    QJsonObject points;
    QJsonObject chosen;
    QString key;
    for (std::size_t i = 0; i < 7; ++i) { // the run's key, float, three uniform, two chosen
        const auto entry =
            QJsonDocument::fromJson(QByteArray::fromStdString(whole.journal[i])).object();
        const auto task = entry["task"].toString();
        if (entry.contains("key"))
            key = entry["key"].toString();
        if (entry.contains("point"))
            points[task] = entry["point"];
        if (entry.contains("chosen"))
            chosen[task] = entry["chosen"];
    }
    QCOMPARE(points.size(), 4);
    QCOMPARE(chosen.size(), 2);
    const QJsonObject old{{"schema", "bitdial.free-bits-checkpoint/1"},
                          {"key", key},
                          {"points", points},
                          {"chosen", chosen}};
    problem.journal = {QJsonDocument(old).toJson(QJsonDocument::Compact).toStdString()};
    const auto rest = search(problem);
    QCOMPARE(rest.points.size() + 4, whole.points.size());
    for (std::size_t i = 0; i < rest.points.size(); ++i)
        QCOMPARE(pointKey(rest.points[i]), pointKey(whole.points[4 + i]));
}

void TestFreeBits::latencyChargeWorks()
{
    auto problem = smallProblem();
    problem.options["charge"] = "latency";
    problem.options["latency_target"] = "pulp-open-xpulpnn";
    const auto found = search(problem);
    QCOMPARE(found.points.size(), std::size_t(10));
    QVERIFY(found.points.back().provenance.options_json.find("\"charge\":\"latency\"") !=
            std::string::npos);
}

void TestFreeBits::leavesOutWhatIsTooSlow()
{
    auto problem = smallProblem();
    std::vector<double> latency_ms; // of stage 2, each on its target
    for (const auto& point : search(problem).points)
        for (const auto& profile : problem.profiles)
            if (point.provenance.target == profile->name())
                latency_ms.push_back(
                    CostModel(problem.network, profile).cost(point.assignment).latency_ms);
    std::ranges::sort(latency_ms);
    QVERIFY(latency_ms.front() < latency_ms.back());
    const auto fast = std::ranges::count(latency_ms, latency_ms.front());
    problem.budgets = {{{}, CostAxis::Latency, latency_ms.front() + 1e-6}};
    const auto found = search(problem);
    QCOMPARE(found.points.size(), std::size_t(1 + 3 + 2 + fast));
    QVERIFY(found.last.phase.find("more than latency_ms=") != std::string::npos);
}

void TestFreeBits::refusesALimitThatNothingMeets()
{
    auto problem = smallProblem();
    problem.budgets = {{{}, CostAxis::Latency, 0.0001}};
    Recorder recorder;
    QCOMPARE(codeOf([&] { freeBits().run(problem, recorder, {}); }), ErrorCode::Infeasible);
    QCOMPARE(recorder.points.size(), std::size_t(1 + 3)); // before stage 1 is tuned
}

void TestFreeBits::locksHoldInAllThatIsFound()
{
    auto problem = smallProblem();
    problem.locks = {{"first", 4}, {"weights:depthwise", 8}};
    const auto space = SearchSpace(*problem.network).locked(problem.locks);
    const auto found = search(problem);
    int checked = 0;
    for (const auto& point : found.points)
        if (point.provenance.method == "free-bits") {
            QVERIFY(space.holds(point.assignment));
            QVERIFY(point.provenance.options_json.find(R"("lock":["first=4")") !=
                    std::string::npos);
            ++checked;
        }
    QVERIFY(checked >= 3);
}

void TestFreeBits::limitsOfOneTargetLeaveTheOthers()
{
    auto problem = smallProblem();
    for (const CostAxis axis : {CostAxis::WeightBytes, CostAxis::Bops}) {
        problem.budgets = {{problem.profiles[0]->name(), axis, 1}};
        const auto found = search(problem);
        int of_stage_one = 0;
        int refined = 0;
        for (const auto& point : found.points) {
            of_stage_one += point.provenance.role == PointRole::Found ? 1 : 0;
            if (point.provenance.role != PointRole::Refined)
                continue;
            QCOMPARE(point.provenance.target, problem.profiles[1]->name());
            ++refined;
        }
        QCOMPARE(of_stage_one, 2);
        QCOMPARE(refined, 2);
    }
    problem.budgets.push_back({{}, CostAxis::Bops, 1}); // nothing is that small anywhere
    Recorder recorder;
    QCOMPARE(codeOf([&] { freeBits().run(problem, recorder, {}); }), ErrorCode::Infeasible);
}

void TestFreeBits::refusesLocksAndLimitsOfNothing()
{
    auto problem = smallProblem();
    problem.locks = {{"no such layer", 4}};
    Recorder recorder;
    QCOMPARE(codeOf([&] { freeBits().run(problem, recorder, {}); }), ErrorCode::Usage);
    problem.locks.clear();
    problem.budgets = {{"no such target", CostAxis::Latency, 5}};
    QCOMPARE(codeOf([&] { freeBits().run(problem, recorder, {}); }), ErrorCode::Usage);
    QVERIFY(recorder.points.empty());
}

void TestFreeBits::refusesTargetsOfOneName()
{
    auto problem = smallProblem();
    problem.profiles.push_back(problem.profiles.front());
    Recorder recorder;
    QCOMPARE(codeOf([&] { freeBits().run(problem, recorder, {}); }), ErrorCode::Usage);
}

/// Nobody knows what the strengths that were left out would have found.
void TestFreeBits::aSpentBudgetIsNotInfeasible()
{
    auto problem = smallProblem();
    problem.budgets = {{{}, CostAxis::Latency, 0.0001}};
    problem.time_budget_s = 1e-9;
    const auto found = search(problem);
    QVERIFY(found.end == SearchEnd::OutOfTime);
    QVERIFY(found.last.phase.find("time budget used") != std::string::npos);
}

/// Known beforehand, so nothing is measured first.
void TestFreeBits::refusesLayersWithoutKernel()
{
    auto problem = smallProblem();
    NetworkDescription description;
    description.name = "swish";
    description.tensors = problem.network->tensors();
    description.layers = problem.network->layers();
    description.input = problem.network->input();
    description.output = problem.network->output();
    description.layers.front().activation = Activation::HardSwish;
    problem.network = std::make_shared<const Network>(description, problem.network->parameters());
    Recorder recorder;
    QCOMPARE(codeOf([&] { freeBits().run(problem, recorder, {}); }), ErrorCode::Infeasible);
    QVERIFY(recorder.points.empty());
}

void TestFreeBits::refusesWrongOptions()
{
    const std::pair<const char*, const char*> wrong[] = {
        {"strength", "1"},      {"strengths", "1,x"},
        {"strengths", ""},      {"strengths", "0.1,0.2,0.1"},
        {"gate_steps", "0"},    {"tune_batch", "2.5"},
        {"charge", "cycles"},   {"latency_target", "pulp-open-xpulpnn"},
        {"max_latency_ms", "1"}};
    for (const auto& [key, value] : wrong) {
        auto problem = smallProblem();
        problem.options[key] = value;
        Recorder recorder;
        QCOMPARE(codeOf([&] { freeBits().run(problem, recorder, {}); }), ErrorCode::Usage);
        QVERIFY(recorder.points.empty());
    }
}

void TestFreeBits::refusesAnotherSearchsJournal()
{
    auto problem = smallProblem();
    problem.journal = {"{"};
    NullSearchObserver nobody;
    const auto run = [&] { freeBits().run(problem, nobody, {}); };
    QCOMPARE(codeOf(run), ErrorCode::BadInput);
    for (const char* entry :
         {R"({"schema":"bitdial.free-bits-checkpoint/1","key":"0","points":{},"chosen":{}})",
          R"({"key":"0"})", R"({"task":"float"})", "[]", "7"}) {
        problem.journal = {entry};
        QCOMPARE(codeOf(run), ErrorCode::BadInput);
    }
}

void TestFreeBits::unknownMethodNamesTheNearest()
{
    try {
        (void)standardSearchMethods().find("free-bit");
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Usage);
        QVERIFY(error.details().why.find("free-bits") != std::string::npos);
    }
}

QTEST_GUILESS_MAIN(TestFreeBits)
#include "tst_free_bits.moc"
