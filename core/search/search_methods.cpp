// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/search/free_bits.h"
#include "core/search/search_method.h"

namespace bitdial {

SearchMethods::Method SearchMethods::find(const std::string& name) const
{
    std::vector<std::string> names;
    for (const auto& method : m_methods) {
        if (method->name() == name)
            return method;
        names.push_back(method->name());
    }
    throw Error(ErrorCode::Usage, "There is no such search method", name, didYouMean(name, names),
                "Choose one of those");
}

SearchMethods standardSearchMethods()
{
    return SearchMethods({std::make_shared<FreeBits>()});
}

} // namespace bitdial
