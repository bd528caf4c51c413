// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/base/error.h"
#include "core/base/nearest_name.h"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>

using namespace bitdial;
using namespace bitdial::cli;

namespace {

std::string generalHelp()
{
    std::string text = "usage: bitdial-cli VERB ... (bitdial-cli VERB --help says more)\n\n"
                       "Design-space explorer for mixed-precision quantized networks, without a "
                       "window.\n\nverbs:\n";
    for (const auto& verb : verbs()) {
        std::string word = "  " + verb.spec.verb;
        word.resize(std::max<std::size_t>(word.size() + 1, 20), ' ');
        text += word + verb.spec.summary + "\n";
    }
    return text + "\noptions:\n  --version         show the version\n"
                  "  --help            show this text\n\n"
                  "exit status: 0 done, 1 failed, 2 wrong usage, 3 bad input file, 4 infeasible "
                  "request, 5 cancelled\n";
}

/// The verb that the words begin with; a verb of two words needs both.
const Verb& findVerb(const std::vector<std::string>& words)
{
    std::vector<std::string> names;
    for (const auto& verb : verbs()) {
        names.push_back(verb.spec.verb);
        const bool two = verb.spec.verb.find(' ') != std::string::npos;
        if (words[0] == verb.spec.verb ||
            (two && words.size() > 1 && words[0] + " " + words[1] == verb.spec.verb))
            return verb;
    }
    std::string name = words[0];
    const bool begins_one = std::ranges::any_of(
        names, [&](const std::string& verb) { return verb.starts_with(words[0] + " "); });
    if (begins_one && words.size() > 1)
        name += " " + words[1];
    throw Error(ErrorCode::Usage, "Unknown verb", "bitdial-cli", "'" + name + "' is not a verb",
                didYouMean(name, names));
}

int run(const std::vector<std::string>& words)
{
    if (words.empty())
        throw Error(ErrorCode::Usage, "A verb is missing", "bitdial-cli", "there is nothing to do",
                    "See bitdial-cli --help");
    if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
        print(generalHelp());
        return exit_done;
    }
    if (words[0] == "--version") {
        print("bitdial-cli " BITDIAL_VERSION "\n");
        return exit_done;
    }
    const auto& verb = findVerb(words);
    const std::size_t used = verb.spec.verb.find(' ') == std::string::npos ? 1 : 2;
    const Arguments arguments(verb.spec, std::span(words).subspan(used));
    if (arguments.wantsHelp()) {
        print(helpText(verb.spec) + (verb.more_help != nullptr ? verb.more_help() : ""));
        return exit_done;
    }
    return verb.run(arguments);
}

/// Reports the error where the user asked for it; returns the exit status.
int report(const Error& error, bool json)
{
    if (json)
        std::fputs(errorJson(error.details()).c_str(), stdout);
    else
        std::fprintf(stderr, "bitdial-cli: %s\n", error.what());
    std::fflush(stdout);
    return int(error.code());
}

} // namespace

int main(int argc, char** argv)
{
    const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
    // Known before the command line is understood: errors in it are JSON too.
    const bool json = std::ranges::find(words, "--json") != words.end();
    try {
        const int status = run(words);
        finishOutput();
        return status;
    } catch (const Error& error) {
        return report(error, json);
    } catch (const std::bad_alloc&) {
        return report(Error(ErrorCode::Failed, "Out of memory", "bitdial-cli",
                            "the system gave no more memory", "Close other programs"),
                      json);
    } catch (const std::exception& error) {
        return report(Error(ErrorCode::Failed, "Unexpected failure", "bitdial-cli", error.what(),
                            "Please report it with the command line"),
                      json);
    }
}
