// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli/arguments.h"
#include "core/deployment/verify/project.h"
#include "core/pareto/design_point.h"
#include "core/project/project.h"

#include <memory>
#include <optional>

namespace bitdial::cli {

/// Where `verify` stores the cycles that it measures.
struct MeasuredStore {
    std::unique_ptr<Project> project;
    DesignPoint point;
    VerifyProject exported;
};

/// The point of --project and --point, with the export in the folder; none where the options are
/// not given. Checked before anything runs: throws Error(Usage) for one without the other and for a
/// point that is not there, Error(BadInput) for an export of another network or of other bits.
std::optional<MeasuredStore> measuredStore(const Arguments& arguments, const std::string& folder);

/// Stores what was measured: `log` names the board's log, where there is one. Nothing is stored of
/// a program whose outputs were wrong or not compared. Returns a sentence that says what became of
/// it.
std::string store(MeasuredStore& into, const VerifyResult& result, const std::string& log);

} // namespace bitdial::cli
