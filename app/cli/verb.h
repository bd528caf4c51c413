// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli/arguments.h"

#include <span>

namespace bitdial::cli {

/// Exit status of the program; errors carry their own.
constexpr int exit_done = 0;

/// One verb of the headless program. `run` prints results to standard output, messages to standard
/// error, throws Error, and returns the exit status.
struct Verb {
    CommandSpec spec;
    int (*run)(const Arguments& arguments);
    std::string (*more_help)() = nullptr; ///< what --help says behind the options
};

/// All verbs, in the order of the help. A verb of two words ("profile check") is listed as such.
std::span<const Verb> verbs();

// One file per verb.
Verb inspectVerb();
Verb profilesVerb();
Verb profileCheckVerb();
Verb profileCompareVerb();
Verb profileFitVerb();
Verb profileMeasuredVerb();
Verb costVerb();
Verb evaluateVerb();
Verb rungsVerb();
Verb methodsVerb();
Verb searchVerb();
Verb frontVerb();
Verb exportVerb();
Verb trainVerb();
Verb verifyVerb();

} // namespace bitdial::cli
