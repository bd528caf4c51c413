// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/check_job.h"

namespace bitdial {

NetworkCheck checkNetwork(const CheckWork& work, const std::stop_token& stop)
{
    NetworkCheck check{work.network, {}, {}, work.data.warnings, {}};
    for (const auto& model : work.models) {
        if (stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "Cancelled", work.network->name(), "it was stopped",
                        "Start it again");
        check.targets.push_back(checkTarget(*model));
    }
    if (work.data.validation.images != nullptr)
        check.data = summarize(*work.data.validation.images);
    return check;
}

} // namespace bitdial
