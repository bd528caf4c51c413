// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/integer_evaluator.h"

#include "core/data/data_fit.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace bitdial {
namespace {

/// What the worker threads share.
class Evaluation {
public:
    Evaluation(std::shared_ptr<const IntegerNetwork> network, const ImageSubset& samples)
        : m_network(std::move(network)),
          m_samples(samples),
          m_predictions(std::size_t(samples.size()), -1)
    {
    }

    /// Takes samples until none is left; the first error stops every worker.
    void work()
    {
        try {
            IntegerExecutor executor(m_network);
            std::vector<float> input(std::size_t(m_samples.images->shape().elements()));
            for (int i = m_next++; i < m_samples.size(); i = m_next++) {
                m_samples.images->writeInput(m_samples.indices[std::size_t(i)], input.data());
                const auto logits = executor.run(input, m_cancel.get_token());
                m_predictions[std::size_t(i)] =
                    int(std::ranges::max_element(logits) - logits.begin());
                ++m_done;
            }
        } catch (...) {
            const std::lock_guard lock(m_mutex);
            if (!m_error)
                m_error = std::current_exception();
            m_cancel.request_stop();
        }
        {
            const std::lock_guard lock(m_mutex);
            ++m_finished;
        }
        m_changed.notify_all();
    }

    /// Reports progress until `workers` have finished; rethrows what one of them threw.
    void wait(int workers, const std::function<void(int)>& progress)
    {
        std::unique_lock lock(m_mutex);
        int reported = 0;
        for (bool finished = false; !finished;) {
            finished = m_changed.wait_for(lock, std::chrono::milliseconds(50),
                                          [&] { return m_finished == workers; });
            if (const int done = m_done; progress && done != reported) {
                reported = done;
                lock.unlock();
                progress(done);
                lock.lock();
            }
        }
        if (m_error)
            std::rethrow_exception(m_error);
    }
    void cancel() { m_cancel.request_stop(); }
    std::vector<int> takePredictions() { return std::move(m_predictions); }

private:
    std::shared_ptr<const IntegerNetwork> m_network;
    const ImageSubset& m_samples;
    std::vector<int> m_predictions;
    std::atomic<int> m_next = 0;
    std::atomic<int> m_done = 0;
    std::stop_source m_cancel;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_finished = 0;
    std::exception_ptr m_error;
};

} // namespace

Accuracy evaluateInteger(const std::shared_ptr<const IntegerNetwork>& network,
                         const ImageSubset& samples, DataRole role, int threads,
                         std::stop_token stop, const std::function<void(int done)>& progress,
                         std::vector<int>* predictions)
{
    checkDataFits(*network->network, samples, "labelled");
    const int workers = std::clamp(threads, 1, std::max(1, samples.size()));
    Evaluation evaluation(network, samples);
    {
        const std::stop_callback on_stop(stop, [&evaluation] { evaluation.cancel(); });
        std::vector<std::jthread> pool;
        // Goes before the threads are joined, so that an exception below does not wait for all
        // work.
        struct CancelRest {
            Evaluation& evaluation;
            ~CancelRest() { evaluation.cancel(); }
        };
        const CancelRest cancel_rest{evaluation};
        pool.reserve(std::size_t(workers));
        for (int i = 0; i < workers; ++i)
            pool.emplace_back([&evaluation] { evaluation.work(); });
        evaluation.wait(workers, progress);
    }
    Accuracy accuracy{Rung::Integer, role, 0, samples.size()};
    auto found = evaluation.takePredictions();
    for (int i = 0; i < samples.size(); ++i)
        if (found[std::size_t(i)] == samples.images->label(samples.indices[std::size_t(i)]))
            ++accuracy.correct;
    if (predictions != nullptr)
        *predictions = std::move(found);
    return accuracy;
}

} // namespace bitdial
