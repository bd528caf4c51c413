// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_fit.h"

#include "core/base/error.h"

namespace bitdial {
namespace {

std::string textOf(const TensorShape& shape)
{
    return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " +
           std::to_string(shape.width);
}

[[noreturn]] void refuse(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The data does not fit the network", where, why, next);
}

} // namespace

void checkDataFits(const Network& network, const ImageSubset& samples, const std::string& name)
{
    if (!samples.images || samples.size() == 0)
        refuse(network.name(), "there are no " + name + " samples", "Give data that has some");
    const auto& images = *samples.images;
    const auto& shape = network.tensor(network.input()).shape;
    if (images.shape() != shape)
        refuse(images.name(),
               "the network '" + network.name() + "' takes " + textOf(shape) +
                   ", the samples are " + textOf(images.shape()),
               "Choose data of the network's input size");
    for (const int sample : samples.indices) {
        const int label = images.label(sample);
        if (label < 0 || label >= network.classCount())
            refuse(images.name() + ": sample " + std::to_string(sample),
                   "its label is " + std::to_string(label) + ", the network '" + network.name() +
                       "' has " + std::to_string(network.classCount()) + " classes",
                   "Choose the data that the network was made for, or correct its labels");
    }
}

} // namespace bitdial
