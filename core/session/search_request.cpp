// SPDX-License-Identifier: Apache-2.0
#include "core/session/search_request.h"

#include "core/base/error.h"
#include "core/project/run_log.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>

namespace bitdial {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* schema = "bitdial.search/1";

[[noreturn]] void refuse(const std::string& where, const std::string& why)
{
    throw Error(ErrorCode::BadInput, "The search request cannot be read", where, why,
                "Ask for the search anew");
}

/// A JSON value as the method's option text: "0.002,0.004" of a list.
std::string optionText(const Json& value)
{
    if (value.is_string())
        return value.get<std::string>();
    if (!value.is_array())
        return value.dump();
    std::string text;
    for (const auto& part : value)
        text += (text.empty() ? "" : ",") + optionText(part);
    return text;
}

std::map<std::string, std::string> optionsOf(const Json& object)
{
    std::map<std::string, std::string> options;
    for (const auto& [key, value] : object.items())
        options[key] = optionText(value);
    return options;
}

/// A JSON number has 53 bits: seeds are text.
std::uint64_t seedOf(const std::string& text, const std::string& where)
{
    std::uint64_t seed = 0;
    const auto* end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, seed);
    if (error != std::errc() || stopped != end)
        refuse(where, "'" + text + "' is no seed");
    return seed;
}

} // namespace

std::string toJson(const SearchRequest& request)
{
    return Json({{"schema", schema},
                 {"method", request.method},
                 {"targets", request.targets},
                 {"options", request.options},
                 {"seed", std::to_string(request.seed)},
                 {"time_budget_s", request.time_budget_s}})
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

SearchRequest searchRequestFromJson(std::string_view json, const std::string& where)
{
    try {
        const auto object = Json::parse(json);
        if (object.at("schema") != schema)
            refuse(where, "its schema is not " + std::string(schema));
        return {object.at("method").get<std::string>(),
                object.at("targets").get<std::vector<std::string>>(),
                optionsOf(object.at("options")),
                seedOf(object.at("seed").get<std::string>(), where),
                object.at("time_budget_s").get<double>(),
                false};
    } catch (const Json::exception& error) {
        refuse(where, error.what());
    }
}

bool isSameSearch(const SearchRequest& one, const SearchRequest& other)
{
    return one.method == other.method && one.targets == other.targets &&
           one.options == other.options && one.seed == other.seed;
}

SearchRequest requestFromPoints(std::span<const DesignPoint> points, const std::string& method)
{
    SearchRequest request;
    request.method = method;
    const Provenance* latest = nullptr;
    for (const auto& point : points) {
        const auto& from = point.provenance;
        // Its references, where nobody kept what was asked: format 1 had this one method.
        const bool may_be_its = from.run == 0 && from.role == PointRole::Reference;
        if (!from.options_json.empty() && (from.method == method || may_be_its))
            latest = &from;
    }
    if (latest == nullptr)
        return request;
    request.seed = latest->seed;
    request.options = optionsOf(Json::parse(latest->options_json, nullptr, false));
    for (const auto& point : points) {
        const auto& from = point.provenance;
        const bool is_its = from.options_json == latest->options_json && from.seed == latest->seed;
        if (is_its && !from.target.empty() &&
            std::ranges::find(request.targets, from.target) == request.targets.end())
            request.targets.push_back(from.target);
    }
    return request;
}

std::optional<SearchRequest> resumableRequest(Project& project, std::span<const DesignPoint> points,
                                              const std::string& method)
{
    const auto run = RunLog(project).unfinished(method);
    if (!run)
        return std::nullopt;
    if (run->request.empty())
        return requestFromPoints(points, method);
    return searchRequestFromJson(run->request,
                                 project.path().string() + ": run " + std::to_string(run->id));
}

std::map<std::string, SearchRequest> resumableRequests(Project& project,
                                                       std::span<const DesignPoint> points)
{
    std::map<std::string, SearchRequest> requests;
    for (const auto& run : RunLog(project).runs())
        if (!requests.contains(run.method))
            if (auto request = resumableRequest(project, points, run.method))
                requests.emplace(run.method, std::move(*request));
    return requests;
}

} // namespace bitdial
