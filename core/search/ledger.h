// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/search_method.h"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bitdial {

/// A point of a run that was reported, with what was measured but is told at the end.
struct ReportedPoint {
    BitAssignment assignment; ///< empty: the float reference
    std::string state_hash;
    std::vector<Accuracy> accuracies; ///< told with the point
    std::vector<Accuracy> at_end;     ///< on test samples
};

/// What a run did, by the names of its tasks. Every entry goes to the observer's journal; the
/// entries of an interrupted run are given back, and nothing is computed twice.
class Ledger {
public:
    /// `key` is a hash of everything that decides what the run computes. Throws Error(BadInput)
    /// when the journal is damaged or another run's. Network and observer outlive the ledger.
    Ledger(const Network& network, std::string key, const std::vector<std::string>& journal,
           SearchObserver& observer);

    const std::map<std::string, ReportedPoint>& points() const { return m_points; }
    /// Of this task; null: it was not done.
    const ReportedPoint* point(const std::string& task) const;
    /// The point of the first task, by name, that has these bits; null: none.
    const ReportedPoint* sameBits(const BitAssignment& assignment) const;
    void keep(const std::string& task, const ReportedPoint& point);

    /// Bits that a task found without making a point of them; null: it was not done.
    const BitAssignment* chosen(const std::string& task) const;
    void keep(const std::string& task, const BitAssignment& bits);

private:
    void read(const std::string& entry);
    void write(const std::string& entry);

    const Network& m_network;
    std::string m_key;
    SearchObserver& m_observer;
    bool m_key_is_written = false;
    std::map<std::string, ReportedPoint> m_points;
    std::map<std::string, BitAssignment> m_chosen;
};

} // namespace bitdial
