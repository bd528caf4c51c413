// SPDX-License-Identifier: Apache-2.0
#include "core/learning/activation_samples.h"

#include "core/learning/batches.h"
#include "core/learning/torch_errors.h"
#include "core/learning/torch_network.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <span>

namespace bitdial {
namespace {

constexpr int MaxSamples = 512;
constexpr std::size_t MaxValues = 20000; ///< kept per tensor

/// One value of each `step`, drawn at random: a fixed stride would share factors with the map's
/// width and see the same columns again and again. At most about `room` are kept of a batch.
void keepSome(const at::Tensor& value, std::size_t room, std::mt19937_64& random,
              std::vector<float>& kept)
{
    const auto flat = value.contiguous();
    const float* data = flat.data_ptr<float>();
    const auto count = std::size_t(flat.numel());
    const std::size_t step = std::max<std::size_t>(1, count / std::max<std::size_t>(1, room));
    for (std::size_t begin = 0; begin < count; begin += step)
        kept.push_back(data[begin + std::size_t(random() % std::min(step, count - begin))]);
}

std::vector<std::vector<float>> sample(const std::shared_ptr<const Network>& network,
                                       const ImageSubset& pictures, const std::stop_token& stop)
{
    const at::NoGradGuard no_grad;
    std::vector<std::vector<float>> values(std::size_t(network->tensorCount()));
    TorchNetwork model(network, *network->parameters());
    std::mt19937_64 random(1); // the same values for every search, whatever its seed
    const int samples = std::min(MaxSamples, pictures.size());
    constexpr int BatchSize = 64;
    const int batches = (samples + BatchSize - 1) / BatchSize;
    ForwardHooks hooks;
    hooks.activation = [&](int tensor, const at::Tensor& value) {
        keepSome(value, MaxValues / std::size_t(batches), random, values[std::size_t(tensor)]);
        return value;
    };
    std::vector<int> positions(std::size_t(samples), 0);
    std::iota(positions.begin(), positions.end(), 0);
    for (int begin = 0; begin < samples; begin += BatchSize) {
        if (stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "The calibration was cancelled", network->name(), "",
                        "");
        const auto count = std::size_t(std::min(BatchSize, samples - begin));
        model.forward(
            makeBatch(pictures, std::span(positions).subspan(std::size_t(begin), count)).inputs,
            false, hooks);
    }
    return values;
}

} // namespace

std::vector<std::vector<float>> sampleActivations(const std::shared_ptr<const Network>& network,
                                                  const ImageSubset& pictures,
                                                  const std::stop_token& stop)
{
    return withTorchErrors("The calibration failed", network->name(),
                           [&] { return sample(network, pictures, stop); });
}

} // namespace bitdial
