// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/session/method_listing.h"

namespace bitdial::cli {
namespace {

int run(const Arguments& arguments)
{
    const auto methods = standardSearchMethods();
    const auto format =
        arguments.choice("format", {"text", "json", "man"}, arguments.json() ? "json" : "text");
    if (format == "man")
        print(methodsManSection(methods));
    else
        print(format == "json" ? methodsJson(methods) : methodsText(methods));
    return exit_done;
}

} // namespace

Verb methodsVerb()
{
    return {{"methods",
             {},
             "The search methods known, with their options and defaults.",
             {{"format", "F", "text, json, or man: this section of the manual page"}}},
            run};
}

} // namespace bitdial::cli
