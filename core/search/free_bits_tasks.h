// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/learning/calibration.h"
#include "core/pareto/search_space.h"
#include "core/search/free_bits_options.h"
#include "core/search/task.h"

#include <mutex>
#include <optional>
#include <vector>

namespace bitdial {

/// What Free Bits trains: gates of one strength, and candidates.
class FreeBitsTasks : public TaskPerformer {
public:
    /// Problem and options outlive it. Throws what SearchSpace does.
    FreeBitsTasks(const SearchProblem& problem, const FreeBitsOptions& options);

    TaskResult perform(const TaskSpec& task, const WorkDone& worked,
                       const std::stop_token& stop) const override;

    TaskSpec gateTask(const std::string& name, double strength) const;
    /// What a gate task chose.
    BitAssignment chosen(const TaskSpec& task, const TaskResult& result) const;
    /// Makes what every task needs; else the first one does.
    void calibrate(const std::stop_token& stop) const;

    /// One per target.
    const std::vector<CostModel>& models() const { return m_models; }
    /// What the targets together and the locks allow.
    const SearchSpace& space() const { return m_space; }
    /// In trained images.
    double gateWork() const;
    double candidateWork() const;

private:
    TaskResult searchGate(const TaskSpec& task, const WorkDone& worked,
                          const std::stop_token& stop) const;
    const Calibration& calibration(const std::stop_token& stop) const;

    const SearchProblem& m_problem;
    const FreeBitsOptions& m_options;
    std::vector<CostModel> m_models;
    SearchSpace m_space;
    mutable std::mutex m_mutex; ///< of the calibration while it is made
    mutable std::optional<Calibration> m_calibration;
};

} // namespace bitdial
