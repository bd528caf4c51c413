// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/data/image_set.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/network.h"
#include "core/project/project.h"
#include "core/session/search_request.h"
#include "widgets/models/point_model.h"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

using Profiles = std::vector<std::shared_ptr<const HardwareProfile>>;
using CostModels = std::vector<std::shared_ptr<const CostModel>>;

/// What a new project is made of.
struct NewProject {
    std::string network;               ///< `.onnx`, `demo`, a demo network's name or `zoo:...`
    std::string data;                  ///< `demo` or a data.json; empty: none
    std::vector<std::string> profiles; ///< names or paths
};

/// A project in memory, ready to be shown. Made on a worker thread, then handed over whole.
struct OpenedProject {
    std::shared_ptr<Project> project; ///< its connection; for one thread at a time
    std::filesystem::path path;
    bool untitled = false;
    std::int64_t renewed_from = 0; ///< the older format that its file had; 0: none
    std::string name;              ///< of the network, for the user: its file's, or the zoo's name
    std::shared_ptr<const Network> network;
    std::string data_source; ///< empty: none
    DataSplits data;         ///< no samples where there is no data
    /// The project opens without its data when that cannot be read; this says why.
    std::optional<ErrorDetails> data_error;
    std::string stale_warning; ///< some points were measured on other data; empty: none
    Profiles profiles;
    std::set<std::string> shown_only; ///< names of profiles that are not in the file
    CostModels models;                ///< one per profile
    std::vector<MeasuredRun> runs;    ///< what exported programs took
    std::vector<PointRow> rows;
    PointRow uniform; ///< 8/8, unmeasured: where changes by hand start without a point
    std::map<std::string, SearchRequest> interrupted; ///< what can be resumed, by method

    bool hasData() const { return data.validation.images != nullptr; }
};

/// Functions for worker threads; all throw Error, Error(Cancelled) after a stop request.
OpenedProject openProject(const std::filesystem::path& path, const std::stop_token& stop);
/// Everything is read and checked before the file is made.
OpenedProject createProject(const NewProject& wanted, const std::filesystem::path& path,
                            const std::stop_token& stop);
CostModels costModels(const std::shared_ptr<const Network>& network, const Profiles& profiles);
/// Costs on every target; none for a float reference.
std::vector<PointCost> costsOf(const BitAssignment& bits, const CostModels& models);
PointCost costOf(const BitAssignment& bits, const CostModel& model);
/// The same with all layers.
std::vector<NetworkCost> layerCostsOf(const BitAssignment& bits, const CostModels& models);
std::vector<PointRow> pointRows(std::vector<DesignPoint> points, const CostModels& models,
                                const std::stop_token& stop);
/// Puts what was measured of a row's point on each profile beside its costs there.
void putMeasured(PointRow& row, const Network& network, const Profiles& profiles,
                 const std::vector<MeasuredRun>& runs);
/// The network at uniform 8/8, as a point that is not stored.
PointRow uniformRow(const Network& network, const CostModels& models);

} // namespace bitdial
