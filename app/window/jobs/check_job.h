// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/project_loading.h"
#include "core/data/data_summary.h"
#include "core/hardware/model/target_check.h"
#include "core/quantization/accuracy.h"

#include <memory>
#include <optional>
#include <vector>

namespace bitdial {

/// Whether network and data were understood.
struct NetworkCheck {
    std::shared_ptr<const Network> network;
    std::vector<TargetCheck> targets;
    std::optional<DataSummary> data; ///< none: there is no data
    std::vector<std::string> data_warnings;
    std::optional<Accuracy> accuracy; ///< float; none: not known (yet)
};

/// What to check; for a worker thread.
struct CheckWork {
    std::shared_ptr<const Network> network;
    CostModels models;
    DataSplits data; ///< no samples where there is no data
};

/// Reads some of the samples. Throws Error(BadInput) for one that cannot be read,
/// Error(Cancelled).
NetworkCheck checkNetwork(const CheckWork& work, const std::stop_token& stop);

} // namespace bitdial
