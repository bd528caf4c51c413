// SPDX-License-Identifier: Apache-2.0
#include "core/search/accuracy_list.h"

#include <nlohmann/json.hpp>

namespace bitdial {

nlohmann::json accuracyList(const std::vector<Accuracy>& accuracies)
{
    auto list = nlohmann::json::array();
    for (const auto& a : accuracies)
        list.push_back({int(a.rung), int(a.role), a.correct, a.samples});
    return list;
}

std::vector<Accuracy> accuraciesOf(const nlohmann::json& list)
{
    std::vector<Accuracy> accuracies;
    for (const auto& a : list)
        accuracies.push_back({Rung(a.at(0).get<int>()), DataRole(a.at(1).get<int>()),
                              a.at(2).get<int>(), a.at(3).get<int>()});
    return accuracies;
}

} // namespace bitdial
