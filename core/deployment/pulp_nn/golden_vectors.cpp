// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/golden_vectors.h"

#include "core/data/data_fit.h"
#include "core/deployment/pulp_nn/packing.h"

#include <algorithm>

namespace bitdial {

std::vector<std::vector<float>> goldenInputs(const Network& network, const ImageSubset& samples,
                                             int count)
{
    checkPicturesFit(network, samples, "golden");
    std::vector<std::vector<float>> inputs;
    for (int i = 0; i < std::min(count, samples.size()); ++i) {
        inputs.emplace_back(std::size_t(samples.images->shape().elements()));
        samples.images->writeInput(samples.indices[std::size_t(i)], inputs.back().data());
    }
    return inputs;
}

std::vector<GoldenImage> goldenImages(const ExportPlan& plan,
                                      const std::vector<std::vector<float>>& inputs)
{
    const auto& network = *plan.network->network;
    IntegerExecutor executor(plan.network);
    executor.keepAllTensors(true);
    std::vector<GoldenImage> images;
    for (const auto& input : inputs) {
        executor.run(input);
        auto& image = images.emplace_back();
        image.input = packTensor(plan.tensor(network.input()), executor.tensor(network.input()));
        for (const auto& layer : network.layers())
            image.outputs.push_back(
                packTensor(plan.tensor(layer.output), executor.tensor(layer.output)));
    }
    return images;
}

} // namespace bitdial
