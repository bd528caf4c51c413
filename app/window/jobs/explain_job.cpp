// SPDX-License-Identifier: Apache-2.0
#include "app/window/jobs/explain_job.h"

namespace bitdial {

CostExplanations explainCosts(const ExplainWork& work, const std::stop_token& stop)
{
    CostExplanations explained{work.network, {}};
    for (const auto& model : work.models) {
        auto& layers = explained.targets.emplace_back();
        for (int layer = 0; layer < work.network->layerCount(); ++layer) {
            if (stop.stop_requested())
                throw Error(ErrorCode::Cancelled, "Cancelled", work.network->name(),
                            "it was stopped", "Start it again");
            layers.push_back(model->explain(layer, work.assignment));
        }
    }
    return explained;
}

} // namespace bitdial
