// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/data/image_set.h"
#include "core/network/network.h"
#include "core/project/project.h"
#include "core/session/profiles.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace bitdial {

/// What a new project is made of.
struct NewProject {
    std::string network;               ///< `.onnx`, `demo`, a demo network's name or `zoo:...`
    std::string data;                  ///< `demo` or a data.json; empty: none
    std::vector<std::string> profiles; ///< names, paths or `both`
};

/// A project in memory, without its points.
struct ProjectContents {
    std::shared_ptr<Project> project; ///< its connection; for one thread at a time
    std::filesystem::path path;
    std::int64_t renewed_from = 0; ///< the older format that its file had; 0: none
    std::string network_source;    ///< the file or zoo name that its network came from
    std::shared_ptr<const Network> network;
    std::string data_source; ///< empty: none
    DataSplits data;         ///< no samples where there is no data
    /// The project opens without its data when that cannot be read; this says why.
    std::optional<ErrorDetails> data_error;
    Profiles profiles;

    bool hasData() const { return data.validation.images != nullptr; }
};

/// The network of a project. Throws Error(BadInput) where it has none; `next` says what to do then.
std::shared_ptr<const Network> networkOf(const Project& project, const std::string& next);

/// Throws Error; Error(Cancelled) after a stop request.
ProjectContents readProject(const std::filesystem::path& path, const std::stop_token& stop);
/// Everything is read and checked before the file and the folders above it are made. Throws Error;
/// Error(Cancelled) after a stop request.
ProjectContents makeProject(const NewProject& wanted, const std::filesystem::path& path,
                            const std::stop_token& stop);

} // namespace bitdial
