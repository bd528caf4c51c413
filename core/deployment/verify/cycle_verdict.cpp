// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/cycle_verdict.h"

#include "core/base/number_text.h"

#include <cmath>

namespace bitdial {
namespace {

double deviation(const CountedCycles& cycles)
{
    return cycles.promised == 0 ? 0 : double(cycles.measured) / double(cycles.promised) - 1;
}

bool sameTools(const TargetTools& a, const TargetTools& b)
{
    return a.simulator == b.simulator && a.compiler == b.compiler &&
           a.hardware_loops == b.hardware_loops;
}

} // namespace

std::string toolsText(const TargetTools& tools)
{
    std::string text = tools.simulator + ", " + tools.compiler;
    if (tools.hardware_loops)
        text += *tools.hardware_loops ? ", with hardware loops" : ", without hardware loops";
    return text;
}

std::string deviationText(const CountedCycles& cycles)
{
    const double percent = deviation(cycles) * 100;
    return (percent < 0 ? "" : "+") + fixedText(percent, 1) + " %";
}

void judgeCycles(VerifyResult& result, const std::optional<TargetTools>& measured_with)
{
    result.cycles_kept.reset();
    if (!result.total || result.total->promised == 0)
        result.cycles_reason = "no cycles were promised or counted";
    else if (!result.tools)
        result.cycles_reason = "a log does not say with which compiler its program was made";
    else if (!measured_with)
        result.cycles_reason = "the profile does not say what its cycles were measured with";
    else if (!sameTools(*measured_with, *result.tools))
        result.cycles_reason = "the profile was measured with " + toolsText(*measured_with) +
                               "; these were counted with " + toolsText(*result.tools);
    else {
        result.cycles_kept = std::abs(deviation(*result.total)) <= kept_promise;
        result.cycles_reason = deviationText(*result.total) + " beside the promise, " +
                               (*result.cycles_kept ? "within " : "more than ") +
                               fixedText(kept_promise * 100, 0) + " %";
    }
}

} // namespace bitdial
