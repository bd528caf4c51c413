// SPDX-License-Identifier: Apache-2.0
#include "app/cli/verb.h"

namespace bitdial::cli {

std::span<const Verb> verbs()
{
    static const std::vector<Verb> all{
        inspectVerb(),    profilesVerb(),        profileCheckVerb(), profileCompareVerb(),
        profileFitVerb(), profileMeasuredVerb(), costVerb(),         evaluateVerb(),
        rungsVerb(),      methodsVerb(),         searchVerb(),       frontVerb(),
        exportVerb(),     trainVerb(),           verifyVerb()};
    return all;
}

} // namespace bitdial::cli
