// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/hardware/hardware_profile.h"
#include "core/network/network.h"
#include "core/pareto/design_point.h"
#include "core/quantization/quantization_state.h"

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
    double time_budget_s = 0; ///< 0: none
    std::string checkpoint;   ///< to resume from; empty: start anew
};

struct SearchProgress {
    std::string phase; ///< short, e.g. "stage 1, strength 2 of 5"
    double fraction = 0;
    double eta_low_s = 0; ///< negative: not known yet
    double eta_high_s = 0;
};

/// Receives what a search finds; called on the search's thread.
class SearchObserver {
public:
    virtual ~SearchObserver() = default;
    /// A new point (id 0) with the numbers it was measured with. A state without parameters stands
    /// for none (float reference) or for the one of a point before it, then named by state_hash.
    /// Returns the id it now has, for use
    /// as parent of later points.
    virtual std::int64_t pointFound(const DesignPoint& point, const QuantizationState& state) = 0;
    /// A further accuracy of a point reported before.
    virtual void accuracyMeasured(std::int64_t id, const Accuracy& accuracy) = 0;
    virtual void progressed(const SearchProgress& progress) = 0;
    /// Opaque state from which run() can go on; empty: nothing is left to do.
    virtual void checkpointed(const std::string& checkpoint) = 0;
};

/// Ignores everything (null object).
class NullSearchObserver : public SearchObserver {
public:
    std::int64_t pointFound(const DesignPoint&, const QuantizationState&) override
    {
        return ++m_id;
    }
    void accuracyMeasured(std::int64_t, const Accuracy&) override {}
    void progressed(const SearchProgress&) override {}
    void checkpointed(const std::string&) override {}

private:
    std::int64_t m_id = 0;
};

/// A search algorithm. Deterministic for a given seed, thread count and machine.
class SearchMethod {
public:
    virtual ~SearchMethod() = default;
    virtual std::string name() const = 0;
    /// Throws what run() would throw for this problem's options, data, targets or checkpoint,
    /// without doing anything.
    virtual void check(const SearchProblem&) const {}
    /// Returns when done; throws Error(Cancelled) after a stop request, within 100 ms.
    virtual void run(const SearchProblem& problem, SearchObserver& observer,
                     std::stop_token stop) = 0;
};

/// Known methods by name; throws Error(Usage) with the nearest names.
std::unique_ptr<SearchMethod> makeSearchMethod(const std::string& name);
std::vector<std::string> searchMethodNames();

} // namespace bitdial
