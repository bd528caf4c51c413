// SPDX-License-Identifier: Apache-2.0
// The program's end: the functions of this folder that need LibTorch, by the library's table. Their
// threads and calibrations are the program's own.
#include "core/learning/on_demand/load_tensors.h"

#include <utility>

namespace bitdial {

std::vector<std::vector<float>> sampleActivations(const std::shared_ptr<const Network>& network,
                                                  const ImageSubset& pictures,
                                                  const std::stop_token& stop)
{
    return loadTensors().sample_activations(network, pictures, stop);
}

Accuracy evaluateFloat(const std::shared_ptr<const Network>& network, const ImageSubset& data,
                       DataRole role, std::stop_token stop, std::vector<int>* predictions)
{
    return loadTensors().evaluate_float(network, data, role, std::move(stop), predictions);
}

Accuracy evaluateFake(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                      const QuantizationState& state, const ImageSubset& data, DataRole role,
                      std::stop_token stop, std::vector<int>* predictions)
{
    return loadTensors().evaluate_fake(network, bits, state, data, role, std::move(stop),
                                       predictions);
}

CodeComparison compareCodes(const RungRequest& request, std::stop_token stop,
                            const std::function<void(double fraction)>& progress)
{
    return loadTensors().compare_codes(request, std::move(stop), progress);
}

RungComparison compareRungs(const RungRequest& request, std::stop_token stop,
                            const std::function<void(double fraction)>& progress)
{
    return loadTensors().compare_rungs(request, std::move(stop), progress);
}

std::shared_ptr<const Network>
trainNetwork(const std::shared_ptr<const Network>& network, const DataSplits& data,
             const TrainOptions& options, std::stop_token stop,
             const std::function<void(const TrainProgress&)>& progress)
{
    return loadTensors().train_network(network, data, options, std::move(stop), progress);
}

QuantizationState fineTune(const std::shared_ptr<const Network>& network, const BitAssignment& bits,
                           const Calibration& calibration, const ImageSubset& train,
                           const FineTuneOptions& options, const std::stop_token& stop,
                           const std::function<void(int step)>& progress)
{
    return loadTensors().fine_tune(network, bits, calibration, train, options, stop, progress);
}

BitAssignment searchGates(const std::shared_ptr<const Network>& network,
                          const Calibration& calibration, const ImageSubset& train,
                          const GateSearchOptions& options, const SearchSpace& space,
                          const CostModel* model, const std::stop_token& stop,
                          const std::function<void(int step)>& progress)
{
    return loadTensors().search_gates(network, calibration, train, options, space, model, stop,
                                      progress);
}

} // namespace bitdial
