// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/quantization/network_fixture.h"
#include "widgets/models/layer_model.h"
#include "widgets/models/point_model.h"

namespace bitdial::test {

inline TargetInfo target(const char* name, double clock_hz)
{
    TargetInfo info;
    info.name = info.title = info.short_title = QString::fromLatin1(name);
    info.cores = 8;
    info.clock_hz = clock_hz;
    return info;
}

/// A point whose latency on target t is latencies_ms[t] (negative: cannot run there).
inline PointRow pointRow(std::int64_t id, const char* method, int stage, std::int64_t parent,
                         const std::vector<double>& latencies_ms, int correct,
                         Rung rung = Rung::Integer, DataRole role = DataRole::Test)
{
    PointRow row;
    row.point.id = id;
    row.point.provenance.method = method;
    row.point.provenance.role = std::string_view(method) == "hand" ? PointRole::Hand
                                : stage == 1                       ? PointRole::Found
                                : stage == 2                       ? PointRole::Refined
                                                                   : PointRole::Reference;
    row.point.provenance.parent = parent;
    if (correct >= 0)
        row.point.accuracies.push_back({rung, role, correct, 1000});
    for (const double ms : latencies_ms) {
        PointCost cost;
        cost.latency_ms = ms;
        cost.latency_cycles = ms * 1e5;
        if (ms < 0)
            cost.infeasible_reason = "too large";
        cost.infeasible = ms < 0;
        row.costs.push_back(cost);
    }
    return row;
}

/// A network of all kinds of layers with costs that are its row numbers.
struct LayerFixture {
    std::shared_ptr<const Network> network = everyKindNetwork(3);
    std::vector<TargetInfo> targets = {target("A", 1e8), target("B", 2e8)};

    std::vector<NetworkCost> costs() const
    {
        std::vector<NetworkCost> all(targets.size());
        for (std::size_t t = 0; t < targets.size(); ++t) {
            for (int l = 0; l < network->layerCount(); ++l) {
                LayerCost cost;
                cost.latency_cycles = 1000.0 * (l + 1) * double(t + 1);
                all[t].layers.push_back(cost);
            }
        }
        return all;
    }
};

} // namespace bitdial::test
