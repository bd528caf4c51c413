// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_fit.h"

#include "core/base/error.h"

#include <algorithm>

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

/// What to do about samples of another shape than the network's.
std::string shapeRemedy(const TensorShape& samples, const TensorShape& wanted)
{
    if (TensorShape{samples.width, samples.channels, samples.height} == wanted)
        return "The samples seem to lie channels last: write \"layout\":\"nhwc\"";
    if (samples.channels != wanted.channels && (wanted.channels == 1 || wanted.channels == 3) &&
        (samples.channels == 1 || samples.channels == 3))
        return std::string("Write \"channels\":\"") + (wanted.channels == 1 ? "grey" : "rgb") +
               "\" in the data file's \"preprocess\", or choose other data";
    return "Give the data file's \"preprocess\" a resize or crop, or choose data of the network's "
           "input size";
}

/// Labels that count from 1 are the usual reason for one too many.
bool countFromOne(const ImageSubset& samples, int classes)
{
    int smallest = classes;
    int largest = 0;
    for (const int sample : samples.indices) {
        smallest = std::min(smallest, samples.images->label(sample));
        largest = std::max(largest, samples.images->label(sample));
    }
    return smallest >= 1 && largest == classes;
}

} // namespace

void checkPicturesFit(const Network& network, const ImageSubset& samples, const std::string& name)
{
    if (!samples.images || samples.size() == 0)
        refuse(network.name(), "there are no " + name + " samples", "Give data that has some");
    const auto& images = *samples.images;
    const auto& shape = network.tensor(network.input()).shape;
    if (images.shape() != shape)
        refuse(images.name(),
               "the network '" + network.name() + "' takes " + textOf(shape) +
                   ", the samples are " + textOf(images.shape()),
               shapeRemedy(images.shape(), shape));
}

void checkDataFits(const Network& network, const ImageSubset& samples, const std::string& name)
{
    checkPicturesFit(network, samples, name);
    const auto& images = *samples.images;
    for (const int sample : samples.indices) {
        const int label = images.label(sample);
        if (label >= 0 && label < network.classCount())
            continue;
        const bool shifted = countFromOne(samples, network.classCount());
        refuse(images.name() + ": sample " + std::to_string(sample),
               "its label is " + std::to_string(label) + ", the network '" + network.name() +
                   "' has " + std::to_string(network.classCount()) + " classes" +
                   (shifted ? " and the labels begin with 1" : ""),
               shifted ? "Number the labels from 0"
                       : "Choose the data that the network was made for, or correct its labels");
    }
}

} // namespace bitdial
