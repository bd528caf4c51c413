// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/cost_model.h"
#include "core/session/open_project.h"
#include "core/session/search_request.h"
#include "widgets/models/point_model.h"

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

using CostModels = std::vector<std::shared_ptr<const CostModel>>;

/// A project in memory, ready to be shown. Made on a worker thread, then handed over whole.
struct OpenedProject : ProjectContents {
    bool untitled = false;
    std::string name;          ///< of the network, for the user: its file's, or the zoo's name
    std::string stale_warning; ///< some points were measured on other data; empty: none
    std::set<std::string> shown_only; ///< names of profiles that are not in the file
    CostModels models;                ///< one per profile
    std::vector<MeasuredRun> runs;    ///< what exported programs took
    std::vector<PointRow> rows;
    PointRow uniform; ///< 8/8, unmeasured: where changes by hand start without a point
    std::map<std::string, SearchRequest> interrupted; ///< what can be resumed, by method
};

/// readProject() and makeProject() with what is shown; on worker threads. Throw as they do.
OpenedProject openProject(const std::filesystem::path& path, const std::stop_token& stop);
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
