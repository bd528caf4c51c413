// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/hardware/cost_model.h"
#include "core/hardware/hardware_profile.h"
#include "core/learning/initial_parameters.h"
#include "core/learning/threads.h"
#include "core/network/open_network.h"
#include "core/search/search_method.h"
#include "tests/learning/halves.h"

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
    std::int64_t pointFound(const DesignPoint& point, const QuantizationState& state) override
    {
        points.push_back(point);
        points.back().id = std::int64_t(points.size()) + first_id;
        has_state.push_back(state.parameters != nullptr);
        if (has_state.back() && sha256Hex(toBytes(state)) != point.state_hash)
            wrong_hash = true;
        if (int(points.size()) == stop_at)
            stop.request_stop();
        return points.back().id;
    }
    void accuracyMeasured(std::int64_t id, const Accuracy& accuracy) override
    {
        for (auto& point : points)
            if (point.id == id)
                point.accuracies.push_back(accuracy);
        ++measured;
    }
    void progressed(const SearchProgress& now) override { last = now; }
    void checkpointed(const std::string& text) override { checkpoint = text; }

    std::vector<DesignPoint> points;
    std::vector<bool> has_state;
    bool wrong_hash = false;
    int measured = 0;
    int stop_at = -1;
    std::int64_t first_id = 0;
    std::stop_source stop;
    SearchProgress last;
    std::string checkpoint;
};

Recorder search(const SearchProblem& problem)
{
    Recorder recorder;
    makeSearchMethod("free-bits")->run(problem, recorder, recorder.stop.get_token());
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
    void sameSeedSamePoints();
    void goesOnFromACheckpoint();
    void latencyChargeWorks();
    void leavesOutWhatIsTooSlow();
    void refusesALimitThatNothingMeets();
    void refusesTargetsOfOneName();
    void refusesLayersWithoutKernel();
    void refusesWrongOptions();
    void refusesAnotherSearchsCheckpoint();
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
        QCOMPARE(from.stage, i < 6 ? 1 : 2);
        if (from.stage < 2)
            continue;
        // Two targets per result of stage 1, in the order of the strengths.
        QCOMPARE(from.parent, found.points[4 + (i - 6) / 2].id);
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

void TestFreeBits::goesOnFromACheckpoint()
{
    auto problem = smallProblem();
    const auto whole = search(problem);
    Recorder first;
    first.stop_at = 5;
    QCOMPARE(
        codeOf([&] { makeSearchMethod("free-bits")->run(problem, first, first.stop.get_token()); }),
        ErrorCode::Cancelled);
    QVERIFY(first.points.size() >= 5 && first.points.size() < whole.points.size());
    problem.checkpoint = first.checkpoint;
    Recorder second;
    second.first_id = std::int64_t(first.points.size());
    makeSearchMethod("free-bits")->run(problem, second, {});
    QCOMPARE(first.points.size() + second.points.size(), whole.points.size());
    for (std::size_t i = 0; i < second.points.size(); ++i) {
        const auto& expected = whole.points[first.points.size() + i];
        QVERIFY(second.points[i].assignment == expected.assignment);
        QCOMPARE(second.points[i].state_hash, expected.state_hash);
        QCOMPARE(second.points[i].provenance.parent, expected.provenance.parent);
    }
    // Test accuracies of all points are told at the end, also of those of the first part.
    QCOMPARE(second.measured, whole.measured);
    // Nothing is left to go on with.
    QVERIFY(whole.checkpoint.empty() && second.checkpoint.empty());
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
    problem.options["max_latency_ms"] = std::to_string(latency_ms.front() + 1e-6);
    const auto found = search(problem);
    QCOMPARE(found.points.size(), std::size_t(1 + 3 + 2 + fast));
    QVERIFY(found.last.phase.find("slower than max_latency_ms") != std::string::npos);
}

void TestFreeBits::refusesALimitThatNothingMeets()
{
    auto problem = smallProblem();
    problem.options["max_latency_ms"] = "0.0001";
    Recorder recorder;
    QCOMPARE(codeOf([&] { makeSearchMethod("free-bits")->run(problem, recorder, {}); }),
             ErrorCode::Infeasible);
    QCOMPARE(recorder.points.size(), std::size_t(1 + 3)); // before stage 1 is tuned
}

void TestFreeBits::refusesTargetsOfOneName()
{
    auto problem = smallProblem();
    problem.profiles.push_back(problem.profiles.front());
    Recorder recorder;
    QCOMPARE(codeOf([&] { makeSearchMethod("free-bits")->run(problem, recorder, {}); }),
             ErrorCode::Usage);
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
    QCOMPARE(codeOf([&] { makeSearchMethod("free-bits")->run(problem, recorder, {}); }),
             ErrorCode::Infeasible);
    QVERIFY(recorder.points.empty());
}

void TestFreeBits::refusesWrongOptions()
{
    const std::pair<const char*, const char*> wrong[] = {
        {"strength", "1"},       {"strengths", "1,x"},
        {"strengths", ""},       {"strengths", "0.1,0.2,0.1"},
        {"gate_steps", "0"},     {"tune_batch", "2.5"},
        {"charge", "cycles"},    {"latency_target", "pulp-open-xpulpnn"},
        {"max_latency_ms", "-1"}};
    for (const auto& [key, value] : wrong) {
        auto problem = smallProblem();
        problem.options[key] = value;
        Recorder recorder;
        QCOMPARE(codeOf([&] { makeSearchMethod("free-bits")->run(problem, recorder, {}); }),
                 ErrorCode::Usage);
        QVERIFY(recorder.points.empty());
    }
}

void TestFreeBits::refusesAnotherSearchsCheckpoint()
{
    auto problem = smallProblem();
    problem.checkpoint = "{";
    NullSearchObserver nobody;
    const auto run = [&] { makeSearchMethod("free-bits")->run(problem, nobody, {}); };
    QCOMPARE(codeOf(run), ErrorCode::BadInput);
    problem.checkpoint =
        "{\"schema\":\"bitdial.free-bits-checkpoint/1\",\"key\":\"0\",\"points\":{},\"chosen\":{}}";
    QCOMPARE(codeOf(run), ErrorCode::BadInput);
}

void TestFreeBits::unknownMethodNamesTheNearest()
{
    try {
        makeSearchMethod("free-bit");
        QFAIL("no error");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Usage);
        QVERIFY(error.details().why.find("free-bits") != std::string::npos);
    }
}

QTEST_GUILESS_MAIN(TestFreeBits)
#include "tst_free_bits.moc"
