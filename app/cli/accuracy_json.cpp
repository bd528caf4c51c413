// SPDX-License-Identifier: Apache-2.0
#include "app/cli/accuracy_json.h"

namespace bitdial::cli {

nlohmann::ordered_json accuracyJson(const Accuracy& accuracy)
{
    return {{"rung", rungName(accuracy.rung)}, {"role", dataRoleName(accuracy.role)},
            {"top1", accuracy.top1()},         {"correct", accuracy.correct},
            {"samples", accuracy.samples},     {"ci_low", accuracy.ciLow()},
            {"ci_high", accuracy.ciHigh()}};
}

} // namespace bitdial::cli
