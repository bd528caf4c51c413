// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/learning/initial_parameters.h"
#include "core/network/open/open_network.h"
#include "core/search/search_method.h"
#include "tests/learning/halves.h"
#include "tests/support/error_of.h"

#include <QDataStream>
#include <QtTest>

#include <atomic>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// Counts to a number; "fail" fails.
class Counting : public TaskPerformer {
public:
    TaskResult perform(const TaskSpec& task, const WorkDone& worked,
                       const std::stop_token& stop) const override
    {
        if (task.input == "fail")
            throw Error(ErrorCode::Failed, "It failed", task.name, "it was to", "");
        while (task.input == "wait" && !stop.stop_requested())
            std::this_thread::yield();
        worked(1);
        return {task.input + "!", {std::vector<std::byte>(3, std::byte(task.name.size()))}};
    }
};

std::vector<TaskSpec> countTo(int count)
{
    std::vector<TaskSpec> tasks;
    for (int i = 0; i < count; ++i)
        tasks.push_back({"count", "task " + std::to_string(i), std::to_string(i)});
    return tasks;
}

/// What another process would see of a task, and this one of its result: bytes.
template <typename... Values> QByteArray written(const Values&... values)
{
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    (stream << ... << QByteArray::fromStdString(values));
    return bytes;
}

/// Does every task as if in a process of its own: with a performer made anew from the problem, and
/// nothing but bytes handed over.
class FarExecutor : public TaskExecutor {
public:
    explicit FarExecutor(const SearchProblem& problem) : m_problem(problem) {}

    void run(const TaskPerformer&, const TaskRun& run, const std::stop_token& stop) override
    {
        for (std::size_t i = 0; i < run.tasks.size(); ++i) {
            const auto& task = run.tasks[i];
            const auto sent = written(task.kind, task.name, task.input);
            run.deliver(i, back(doneFar(sent, stop)));
            ++done;
        }
    }

    int done = 0;

private:
    QByteArray doneFar(const QByteArray& sent, const std::stop_token& stop) const
    {
        QDataStream in(sent);
        QByteArray kind, name, input;
        in >> kind >> name >> input;
        const auto performer = standardSearchMethods().find("free-bits")->performer(m_problem);
        const auto result = performer->perform(
            {kind.toStdString(), name.toStdString(), input.toStdString()}, [](double) {}, stop);
        QByteArray bytes = written(result.output);
        QDataStream out(&bytes, QIODevice::Append);
        out << quint32(result.blobs.size());
        for (const auto& blob : result.blobs)
            out << QByteArray(reinterpret_cast<const char*>(blob.data()), qsizetype(blob.size()));
        return bytes;
    }

    static TaskResult back(const QByteArray& bytes)
    {
        QDataStream in(bytes);
        QByteArray output;
        quint32 count = 0;
        in >> output >> count;
        TaskResult result{output.toStdString(), {}};
        for (quint32 i = 0; i < count; ++i) {
            QByteArray blob;
            in >> blob;
            const auto data = std::as_bytes(std::span(blob.constData(), std::size_t(blob.size())));
            result.blobs.emplace_back(data.begin(), data.end());
        }
        return result;
    }

    SearchProblem m_problem;
};

/// Keeps the points and their numbers.
struct Recorder : NullSearchObserver {
    void pointFound(const DesignPoint& point, const EncodedState* state,
                    const std::string&) override
    {
        keys.push_back(pointKey(point));
        if (state != nullptr)
            numbers.push_back(state->parameters);
    }
    void accuracyMeasured(const std::string&, const Accuracy& accuracy) override
    {
        accuracies.push_back(accuracy);
    }
    std::vector<std::string> keys;
    std::vector<std::vector<std::byte>> numbers;
    std::vector<Accuracy> accuracies;
};

SearchProblem smallProblem()
{
    SearchProblem problem;
    const auto network =
        openNetwork("zoo:mobilenet-v1?width=0.25&resolution=16&channels=1&classes=2&blocks=2");
    problem.network = network->withParameters(initialParameters(*network, 5));
    problem.data = halvesData();
    problem.profiles = {openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpnn.json")};
    problem.options = {{"strengths", "0.01,0.5"}, {"gate_steps", "4"}, {"gate_batch", "16"},
                       {"gate_rate", "0.5"},      {"tune_steps", "3"}, {"tune_batch", "16"}};
    return problem;
}

} // namespace

class TestTasks : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void resultsComeInOrder();
    void whatMayNotBeginIsLeftUndone();
    void theFirstFailureEndsAll();
    void aStopRequestEndsAll();
    void tasksSayAllThatAnotherProcessNeeds();
    void foreignTasksAreRefused();
};

void TestTasks::resultsComeInOrder()
{
    for (const int threads : {1, 3}) {
        std::vector<std::string> outputs;
        std::atomic<int> work = 0;
        TaskRun run{countTo(20), {}, [&](double more) { work += int(more); }, {}, {}};
        run.deliver = [&](std::size_t task, std::optional<TaskResult> result) {
            QCOMPARE(task, outputs.size());
            QCOMPARE(result->blobs.at(0).size(), std::size_t(3));
            outputs.push_back(result->output);
        };
        ThreadExecutor(threads).run(Counting(), run, {});
        QCOMPARE(outputs.size(), std::size_t(20));
        for (std::size_t i = 0; i < outputs.size(); ++i)
            QCOMPARE(outputs[i], std::to_string(i) + "!");
        QCOMPARE(int(work), 20);
    }
}

void TestTasks::whatMayNotBeginIsLeftUndone()
{
    int asked = 0;
    std::vector<bool> done;
    TaskRun run{countTo(6), [&] { return ++asked <= 2; }, [](double) {}, {}, {}};
    run.deliver = [&](std::size_t, std::optional<TaskResult> result) {
        done.push_back(result.has_value());
    };
    ThreadExecutor(1).run(Counting(), run, {});
    QCOMPARE(done, (std::vector<bool>{true, true, false, false, false, false}));
}

void TestTasks::theFirstFailureEndsAll()
{
    TaskRun run{countTo(6), {}, [](double) {}, {}, {}};
    run.tasks[3].input = "fail";
    std::size_t delivered = 0;
    run.deliver = [&](std::size_t, const std::optional<TaskResult>&) { ++delivered; };
    const auto error = errorOf([&] { ThreadExecutor(1).run(Counting(), run, {}); });
    QCOMPARE(error.where, std::string("task 3"));
    QCOMPARE(delivered, std::size_t(3));
}

void TestTasks::aStopRequestEndsAll()
{
    TaskRun run{countTo(3), {}, [](double) {}, {}, {}};
    run.tasks[1].input = "wait";
    std::stop_source stop;
    run.deliver = [&](std::size_t task, const std::optional<TaskResult>&) {
        if (task == 0)
            stop.request_stop();
    };
    const auto error = errorOf([&] { ThreadExecutor(1).run(Counting(), run, stop.get_token()); });
    QVERIFY(error.code == ErrorCode::Cancelled);
}

void TestTasks::tasksSayAllThatAnotherProcessNeeds()
{
    auto problem = smallProblem();
    const auto method = standardSearchMethods().find("free-bits");
    Recorder here;
    method->run(problem, here, {});
    const auto far = std::make_shared<FarExecutor>(problem);
    problem.executor = far;
    Recorder there;
    method->run(problem, there, {});
    QVERIFY(far->done > 4); // gates and candidates
    QCOMPARE(there.keys, here.keys);
    QVERIFY(there.numbers == here.numbers);
    QVERIFY(there.accuracies == here.accuracies);
}

void TestTasks::foreignTasksAreRefused()
{
    const auto performer = standardSearchMethods().find("free-bits")->performer(smallProblem());
    const auto refuses = [&](const TaskSpec& task) {
        return errorOf([&] { performer->perform(task, [](double) {}, {}); }).code ==
               ErrorCode::BadInput;
    };
    QVERIFY(refuses({"cook", "soup", "{}"}));
    QVERIFY(refuses({"gates", "no strength", "{}"}));
    QVERIFY(refuses({"gates", "no JSON", "{"}));
    QVERIFY(refuses({"candidate", "no bits", "{}"}));
}

QTEST_GUILESS_MAIN(TestTasks)
#include "tst_tasks.moc"
