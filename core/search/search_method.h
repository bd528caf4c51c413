// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network.h"
#include "core/pareto/budget.h"
#include "core/pareto/design_point.h"
#include "core/pareto/width_lock.h"
#include "core/quantization/state_encoding.h"
#include "core/search/method_info.h"
#include "core/search/task.h"

#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// What to search: shared immutable inputs and options by value.
struct SearchProblem {
    std::shared_ptr<const Network> network;
    DataSplits data;
    std::vector<std::shared_ptr<const HardwareProfile>> profiles;
    std::map<std::string, std::string> options; ///< the method's own keys, as text
    std::uint64_t seed = 1;
    double time_budget_s = 0;               ///< 0: none
    std::vector<Budget> budgets;            ///< what a point may cost
    std::vector<WidthLock> locks;           ///< what keeps its width
    std::shared_ptr<TaskExecutor> executor; ///< where tasks are done; null: threads of this process
    /// What the run that is to go on told its observer; empty: start anew.
    std::vector<std::string> journal;
};

struct SearchProgress {
    std::string phase; ///< short, e.g. "stage 1, strength 2 of 5"
    double fraction = 0;
    double eta_low_s = 0; ///< negative: not known yet
    double eta_high_s = 0;
};

/// Receives what a search finds; called on the search's thread. Points are named by pointKey().
class SearchObserver {
public:
    virtual ~SearchObserver() = default;
    /// A new point with the numbers it was measured with; no state stands for none (float
    /// reference) or for that of a point before it, then named by the point's state_hash.
    /// `parent_key` names the point that it was derived from, or nothing.
    virtual void pointFound(const DesignPoint& point, const EncodedState* state,
                            const std::string& parent_key) = 0;
    /// A further accuracy of a point reported before.
    virtual void accuracyMeasured(const std::string& key, const Accuracy& accuracy) = 0;
    virtual void progressed(const SearchProgress& progress) = 0;
    /// An opaque entry of the journal from which run() can go on.
    virtual void journalled(const std::string& entry) = 0;
};

/// Ignores everything (null object).
class NullSearchObserver : public SearchObserver {
public:
    void pointFound(const DesignPoint&, const EncodedState*, const std::string&) override {}
    void accuracyMeasured(const std::string&, const Accuracy&) override {}
    void progressed(const SearchProgress&) override {}
    void journalled(const std::string&) override {}
};

/// How a search ended that was not stopped.
enum class SearchEnd {
    Complete, ///< nothing is left to do
    OutOfTime ///< the time budget was used up; it can go on
};

/// A search algorithm. Deterministic for a given seed, thread count and machine.
class SearchMethod {
public:
    virtual ~SearchMethod() = default;
    virtual const MethodInfo& info() const = 0;
    const std::string& name() const { return info().name; }
    /// Throws what run() would throw for this problem's options, data, targets or journal, without
    /// doing anything.
    virtual void check(const SearchProblem&) const {}
    /// What does the tasks of this problem, as another process would make it; null: the method has
    /// none that could be done elsewhere. Throws as check() does.
    virtual std::unique_ptr<TaskPerformer> performer(const SearchProblem&) const { return nullptr; }
    /// Returns when done; throws Error(Cancelled) after a stop request, within 100 ms.
    virtual SearchEnd run(const SearchProblem& problem, SearchObserver& observer,
                          std::stop_token stop) const = 0;
};

/// Methods that a program offers.
class SearchMethods {
public:
    using Method = std::shared_ptr<const SearchMethod>;

    explicit SearchMethods(std::vector<Method> methods) : m_methods(std::move(methods)) {}
    const std::vector<Method>& all() const { return m_methods; }
    /// By name; throws Error(Usage) with the nearest names.
    Method find(const std::string& name) const;

private:
    std::vector<Method> m_methods;
};

/// Those of this folder.
SearchMethods standardSearchMethods();

} // namespace bitdial
