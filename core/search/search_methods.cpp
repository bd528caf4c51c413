// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/search/free_bits.h"
#include "core/search/search_method.h"

namespace bitdial {

std::vector<std::string> searchMethodNames()
{
    return {"free-bits"};
}

std::unique_ptr<SearchMethod> makeSearchMethod(const std::string& name)
{
    if (name == "free-bits")
        return std::make_unique<FreeBits>();
    const auto names = searchMethodNames();
    throw Error(ErrorCode::Usage, "There is no such search method", name, didYouMean(name, names),
                "Choose one of those");
}

} // namespace bitdial
