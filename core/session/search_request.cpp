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

/// Limits and locks, as a request and a point's options both hold them: lists of text. The option
/// max_latency_ms, which Free Bits had before there were limits, becomes one of them.
void readConstraints(const Json& from, SearchRequest& request)
{
    for (const auto& text : from.value("max", Json::array()))
        request.budgets.push_back(budgetFromText(text.get<std::string>()));
    for (const auto& text : from.value("lock", Json::array()))
        request.locks.push_back(lockFromText(text.get<std::string>()));
    request.options.erase("max");
    request.options.erase("lock");
    if (const auto old = request.options.extract("max_latency_ms"))
        request.budgets.push_back(budgetFromText("latency_ms=" + old.mapped()));
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
    auto max = Json::array();
    for (const auto& budget : request.budgets)
        max.push_back(budgetText(budget));
    auto lock = Json::array();
    for (const auto& each : request.locks)
        lock.push_back(lockText(each));
    return Json({{"schema", schema},
                 {"method", request.method},
                 {"targets", request.targets},
                 {"options", request.options},
                 {"max", max},
                 {"lock", lock},
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
        SearchRequest request;
        request.method = object.at("method").get<std::string>();
        request.targets = object.at("targets").get<std::vector<std::string>>();
        request.options = optionsOf(object.at("options"));
        request.seed = seedOf(object.at("seed").get<std::string>(), where);
        request.time_budget_s = object.at("time_budget_s").get<double>();
        readConstraints(object, request);
        return request;
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Usage)
            throw;
        refuse(where, error.details().where + ": " + error.details().why);
    } catch (const Json::exception& error) {
        refuse(where, error.what());
    }
}

bool isSameSearch(const SearchRequest& one, const SearchRequest& other)
{
    return one.method == other.method && one.targets == other.targets &&
           one.options == other.options && one.budgets == other.budgets &&
           one.locks == other.locks && one.seed == other.seed;
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
    const auto options = Json::parse(latest->options_json, nullptr, false);
    if (!options.is_object())
        return request; // no options of ours: there is nothing to suggest
    request.options = optionsOf(options);
    try {
        readConstraints(options, request);
    } catch (const std::exception&) {
        request = {};
        request.method = method; // no limits of ours either
    }
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
            try {
                if (auto request = resumableRequest(project, points, run.method))
                    requests.emplace(run.method, std::move(*request));
            } catch (const Error& error) {
                // Nobody can go on with a request that cannot be read; the project opens all the
                // same.
                if (error.code() != ErrorCode::BadInput)
                    throw;
            }
    return requests;
}

} // namespace bitdial
