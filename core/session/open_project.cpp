// SPDX-License-Identifier: Apache-2.0
#include "core/session/open_project.h"

#include "core/data/data_source.h"
#include "core/network/open/open_network.h"

#include <system_error>

namespace bitdial {
namespace {

void checkStop(const std::stop_token& stop, const std::string& where)
{
    if (stop.stop_requested())
        throw Error(ErrorCode::Cancelled, "Cancelled", where, "it was stopped", "Open it again");
}

void makeFolder(const std::filesystem::path& folder)
{
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error)
        throw Error(ErrorCode::Failed, "Cannot make the folder for new projects", folder.string(),
                    error.message(),
                    "Make it writable, or set XDG_DATA_HOME to a folder that is, and start again");
}

void readData(ProjectContents& contents)
{
    if (contents.data_source.empty())
        return;
    try {
        contents.data = openData(contents.data_source);
    } catch (const Error& error) {
        contents.data = {};
        contents.data_error = error.details();
    }
}

/// Makes the file; takes it back where it cannot be filled.
std::shared_ptr<Project> filledProject(const std::filesystem::path& path,
                                       const NetworkSource& source, const ProjectContents& contents)
{
    std::vector<std::string> texts;
    for (const auto& profile : contents.profiles)
        texts.push_back(profile->text());
    std::shared_ptr<Project> project = Project::create(path);
    try {
        project->setNetwork(source.source, source.bytes);
        project->setDataSource(contents.data_source);
        project->setProfileTexts(texts);
    } catch (const Error&) {
        project.reset();
        std::error_code ignored;
        std::filesystem::remove(path, ignored);
        throw;
    }
    return project;
}

} // namespace

std::shared_ptr<const Network> networkOf(const Project& project, const std::string& next)
{
    auto network = project.network();
    if (network == nullptr)
        throw Error(ErrorCode::BadInput, "The project has no network", project.path().string(),
                    "none was stored in it", next);
    return network;
}

ProjectContents readProject(const std::filesystem::path& path, const std::stop_token& stop)
{
    ProjectContents contents;
    contents.path = path;
    contents.project = Project::open(path);
    contents.renewed_from = contents.project->renewedFromVersion();
    contents.network = networkOf(*contents.project, "Open a network instead");
    contents.network_source = contents.project->networkSource();
    checkStop(stop, path.string());
    contents.data_source = contents.project->dataSource();
    readData(contents);
    checkStop(stop, path.string());
    contents.profiles = profilesOf(*contents.project);
    return contents;
}

ProjectContents makeProject(const NewProject& wanted, const std::filesystem::path& path,
                            const std::stop_token& stop)
{
    ProjectContents contents;
    contents.path = path;
    const auto source = openNetworkSource(wanted.network);
    contents.network_source = source.source;
    checkStop(stop, wanted.network);
    contents.profiles = gatherProfiles(wanted.profiles);
    contents.data_source = keptDataSource(wanted.data);
    if (!contents.data_source.empty())
        contents.data = openData(contents.data_source);
    checkStop(stop, wanted.network);
    makeFolder(path.parent_path());
    contents.project = filledProject(path, source, contents);
    contents.network = contents.project->network();
    return contents;
}

} // namespace bitdial
