// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/export_folder.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/sha256.h"

#include <nlohmann/json.hpp>

#include <cstdlib>
#include <set>
#include <span>

namespace bitdial {
namespace {

namespace fs = std::filesystem;

constexpr const char* manifest_schema = "bitdial.export/1";

[[noreturn]] void failFolder(const fs::path& folder, const std::string& why)
{
    throw Error(ErrorCode::Failed, "Cannot write the export", folder.string(), why,
                "Check the folder's permissions and the free space; nothing was changed");
}

std::string hashOf(std::string_view text)
{
    return sha256Hex(std::as_bytes(std::span(text.data(), text.size())));
}

/// Files below the folder by relative path, without the manifest and what building leaves.
std::set<std::string> filesBelow(const fs::path& folder)
{
    std::set<std::string> files;
    for (auto it = fs::recursive_directory_iterator(folder); it != fs::end(it); ++it) {
        const std::string name = it->path().lexically_relative(folder).generic_string();
        if (name == build_folder_name) {
            it.disable_recursion_pending();
            continue;
        }
        if (name != manifest_name && name != compiler_log_name && name != simulation_log_name &&
            !it->is_directory())
            files.insert(name);
    }
    return files;
}

std::map<std::string, std::string> readManifest(const fs::path& folder)
{
    const auto path = folder / manifest_name;
    const std::string text = readTextFile(path);
    try {
        const auto json = nlohmann::json::parse(text);
        if (json.at("schema") == manifest_schema)
            return json.at("files").get<std::map<std::string, std::string>>();
    } catch (const nlohmann::json::exception& error) {
        throw Error(ErrorCode::BadInput, "The export's manifest is damaged", path.string(),
                    error.what(), "Export again into another folder");
    }
    throw Error(ErrorCode::BadInput, "The export's manifest is of another kind", path.string(),
                "its schema is not bitdial.export/1", "Give a folder that 'export' made");
}

std::string manifestText(const ProjectFiles& files)
{
    nlohmann::ordered_json hashes = nlohmann::ordered_json::object();
    for (const auto& [name, content] : files)
        hashes[name] = hashOf(content);
    return nlohmann::ordered_json{{"schema", manifest_schema}, {"files", hashes}}.dump(2) + "\n";
}

bool isReplaceable(const fs::path& folder)
{
    if (!fs::is_directory(folder))
        return false;
    if (fs::is_empty(folder))
        return true;
    try {
        return changesSinceExport(folder).empty();
    } catch (const Error&) {
        return false; // no manifest or a damaged one: not an export of ours
    }
}

void writeFiles(const fs::path& folder, const ProjectFiles& files)
{
    for (const auto& [name, content] : files) {
        fs::create_directories((folder / name).parent_path());
        writeFileAtomically(folder / name, content);
    }
    writeFileAtomically(folder / manifest_name, manifestText(files));
}

/// Removes a folder when it goes out of scope.
class TemporaryFolder {
public:
    explicit TemporaryFolder(const fs::path& beside) : m_path(beside.string() + ".XXXXXX")
    {
        if (!::mkdtemp(m_path.data()))
            failFolder(beside, "the folder above it cannot be written");
    }
    /// Does not remove it after all; returns what it holds.
    fs::path keep()
    {
        m_kept = true;
        return fs::path(m_path) / "project";
    }
    ~TemporaryFolder()
    {
        std::error_code ignored;
        if (!m_kept)
            fs::remove_all(m_path, ignored);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    fs::path path() const { return m_path; }

private:
    std::string m_path;
    bool m_kept = false;
};

void writeAndRename(const fs::path& target, const ProjectFiles& files)
{
    if (!target.parent_path().empty())
        fs::create_directories(target.parent_path());
    const TemporaryFolder fresh(target);
    TemporaryFolder old(target);
    const auto project = fresh.path() / "project";
    fs::create_directory(project);
    try {
        writeFiles(project, files);
    } catch (const Error& error) {
        failFolder(target, error.details().why); // nobody asked for the temporary folder
    }
    // A folder that is not empty cannot be renamed over: the old one steps aside first.
    const bool replaces = fs::exists(target);
    if (replaces)
        fs::rename(target, old.path() / "project");
    std::error_code error;
    fs::rename(project, target, error);
    if (!error)
        return;
    std::error_code back_failure;
    if (replaces)
        fs::rename(old.path() / "project", target, back_failure);
    if (back_failure)
        throw Error(ErrorCode::Failed, "Cannot write the export", target.string(),
                    error.message() + ", nor could the export that was there be put back: " +
                        back_failure.message(),
                    "It is in " + old.keep().string() + "; move it back by hand");
    failFolder(target, error.message());
}

} // namespace

void checkExportFolder(const fs::path& folder)
{
    try {
        if (fs::exists(fs::symlink_status(folder)) && !isReplaceable(folder))
            throw Error(ErrorCode::Failed, "The export's folder is in use", folder.string(),
                        fs::is_directory(folder) ? "it holds files that are no unchanged export"
                                                 : "it is not a folder",
                        "Name another folder, or move its contents away");
    } catch (const fs::filesystem_error& error) {
        failFolder(folder, error.code().message());
    }
}

void writeExportFolder(const fs::path& folder, const ProjectFiles& files)
{
    checkExportFolder(folder);
    // "out/" and "out" are one folder; the temporary one must be beside it, not in it.
    const auto target = folder.has_filename() ? folder : folder.parent_path();
    try {
        writeAndRename(target, files);
    } catch (const fs::filesystem_error& error) {
        failFolder(folder, error.code().message());
    }
}

std::optional<std::string> titleOfExport(const fs::path& folder)
{
    std::error_code ignored;
    if (!fs::is_directory(folder, ignored) || fs::is_empty(folder, ignored))
        return std::nullopt;
    try {
        const auto json =
            nlohmann::json::parse(readTextFile(folder / "report.json"), nullptr, false);
        if (json.is_object() && json.value("title", nlohmann::json()).is_string() &&
            changesSinceExport(folder).empty())
            return json["title"].get<std::string>();
    } catch (const Error&) {
        return std::nullopt; // not an export of ours
    }
    return std::nullopt;
}

std::vector<std::string> changesSinceExport(const fs::path& folder)
{
    const auto expected = readManifest(folder);
    std::vector<std::string> changes;
    try {
        auto found = filesBelow(folder);
        for (const auto& [name, hash] : expected) {
            if (found.erase(name) == 0)
                changes.push_back("missing: " + name);
            else if (sha256Hex(readFile(folder / name)) != hash)
                changes.push_back("changed: " + name);
        }
        for (const auto& name : found)
            changes.push_back("added: " + name);
    } catch (const fs::filesystem_error& error) {
        throw Error(ErrorCode::BadInput, "The export cannot be read", folder.string(),
                    error.code().message(), "Check the folder's permissions");
    }
    return changes;
}

} // namespace bitdial
