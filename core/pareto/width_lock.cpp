// SPDX-License-Identifier: Apache-2.0
#include "core/pareto/width_lock.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/network/network.h"
#include "core/quantization/widths.h"

#include <algorithm>
#include <string_view>

namespace bitdial {
namespace {

constexpr std::string_view weights_only = "weights:";
constexpr std::string_view activations_only = "activations:";

/// Whether all of a text fits a pattern with * and ?.
bool fits(std::string_view pattern, std::string_view text)
{
    // Where the last * stands, and up to where in the text it reaches: it takes in one more when
    // what follows does not fit.
    std::size_t star = std::string_view::npos;
    std::size_t reached = 0;
    std::size_t p = 0;
    for (std::size_t t = 0; t < text.size();) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            reached = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++reached;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// Which layers with weights are the first and the last; -1: none.
std::pair<int, int> endsOf(const Network& network)
{
    int first = -1;
    int last = -1;
    for (int i = 0; i < network.layerCount(); ++i)
        if (network.layer(i).hasWeights()) {
            first = first < 0 ? i : first;
            last = i;
        }
    return {first, last};
}

bool namesLayer(std::string_view pattern, const Network& network, int layer)
{
    const auto& what = network.layer(layer);
    const auto [first, last] = endsOf(network);
    return fits(pattern, what.name) || pattern == layerKindName(what.kind) ||
           (pattern == "first" && layer == first) || (pattern == "last" && layer == last);
}

std::vector<std::string> namesToOffer(const Network& network)
{
    std::vector<std::string> names = {"first", "last"};
    for (const auto& layer : network.layers()) {
        names.push_back(layer.name);
        if (std::ranges::find(names, layerKindName(layer.kind)) == names.end())
            names.emplace_back(layerKindName(layer.kind));
    }
    for (int t = 0; t < network.tensorCount(); ++t)
        names.push_back(network.tensor(t).name);
    return names;
}

[[noreturn]] void refuse(const WidthLock& lock, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::Usage, "A lock holds nothing", lockText(lock), why, next);
}

} // namespace

std::string lockText(const WidthLock& lock)
{
    return lock.pattern + "=" + std::to_string(lock.bits);
}

WidthLock lockFromText(const std::string& text)
{
    WidthLock lock{text, 8};
    if (const auto equals = text.rfind('='); equals != std::string::npos) {
        const auto bits = text.substr(equals + 1);
        lock.pattern = text.substr(0, equals);
        const auto found = std::ranges::find_if(
            quantized_widths, [&](int width) { return bits == std::to_string(width); });
        if (found == quantized_widths.end())
            throw Error(ErrorCode::Usage, "A lock cannot be read", text,
                        "'" + bits + "' is no width", "Widths are 2, 4 and 8");
        lock.bits = *found;
    }
    if (lock.pattern.find(',') != std::string::npos)
        throw Error(ErrorCode::Usage, "A lock cannot be read", text,
                    "commas stand between several locks", "Write ? for a comma in a name");
    if (lock.pattern.empty())
        throw Error(ErrorCode::Usage, "A lock cannot be read", text, "it names nothing",
                    "Write PATTERN=BITS, such as first=8 or 'block*=4'");
    return lock;
}

LockedTensors tensorsOf(const WidthLock& lock, const Network& network,
                        const ActivationGroups& groups)
{
    std::string_view pattern = lock.pattern;
    const bool weights = !pattern.starts_with(activations_only);
    const bool activations = !pattern.starts_with(weights_only);
    if (!weights || !activations)
        pattern.remove_prefix(pattern.find(':') + 1);
    LockedTensors named;
    bool any = false;
    const auto add = [&](int tensor) {
        const int group = groups.groupOf(tensor);
        if (!groups.isFixed(group) && std::ranges::find(named.groups, group) == named.groups.end())
            named.groups.push_back(group);
    };
    for (int i = 0; i < network.layerCount(); ++i) {
        if (!namesLayer(pattern, network, i))
            continue;
        any = true;
        if (weights && network.layer(i).hasWeights())
            named.weights.push_back(i);
        if (activations)
            for (const int input : network.layer(i).inputs)
                add(input);
    }
    for (int t = 0; activations && t < network.tensorCount(); ++t)
        if (fits(pattern, network.tensor(t).name)) {
            any = true;
            add(t);
        }
    if (!any)
        refuse(lock, "no layer, tensor or kind of layers has this name",
               didYouMean(pattern, namesToOffer(network)));
    if (named.weights.empty() && named.groups.empty())
        refuse(lock, "what it names has no width of its own to choose",
               "The network's input has 8 bits, always, and its output 32 or 8");
    return named;
}

} // namespace bitdial
