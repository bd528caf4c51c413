// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/pareto/method_family.h"

#include <string>
#include <vector>

namespace bitdial {

/// What a method needs besides the network; each includes those before it.
enum class MethodNeeds {
    Nothing,  ///< no data at all
    Pictures, ///< unlabelled samples
    Labels,   ///< labelled samples to measure accuracies on
    Training  ///< labelled samples to train on
};
const char* methodNeedsName(MethodNeeds needs); ///< "nothing", "pictures", "labels", "training"

enum class OptionType {
    Number,
    Count,   ///< a whole number
    Numbers, ///< one or more numbers, different ones, with commas between them
    Choice,  ///< one of `choices`
    Target   ///< the name of one of the search's targets
};
const char* optionTypeName(OptionType type); ///< "number", "count", "numbers", "choice", "target"

/// An option of a method. Command line, help, man page and search dialog are made of it.
struct OptionSpec {
    std::string key;
    OptionType type = OptionType::Number;
    std::string title; ///< short, as a field's label: "Stage 1 steps"
    std::string help;  ///< half a sentence: what it does
    std::string value; ///< the default; empty: left out, `help` says what that means
    double least = 0;  ///< of numbers, and of each of a list
    double most = 0;
    std::vector<std::string> choices = {};
    bool quick = false; ///< shown at once; the others where all are
};

/// What users are told of a method.
struct MethodInfo {
    std::string name;    ///< "free-bits"
    std::string title;   ///< "Free Bits"
    std::string summary; ///< one sentence
    std::string source;  ///< who published it
    MethodNeeds needs = MethodNeeds::Training;
    MethodFamily family = MethodFamily::Trained;
    std::vector<OptionSpec> options;
};

/// "1 to 1000000", "bops or latency": what an option's value may be; empty where that is not known
/// beforehand.
std::string rangeText(const OptionSpec& option);

} // namespace bitdial
