// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/cli/arguments.h"
#include "core/data/image_set.h"
#include "core/quantization/accuracy.h"
#include "core/session/quantized_point.h"

#include <memory>
#include <stop_token>
#include <string>

namespace bitdial::cli {

/// A point and where its samples come from.
struct AskedPoint {
    QuantizedPoint point;
    std::string data_source;
};

/// The point `--point` of a project, with the weights it was measured with.
AskedPoint pointOfProject(const std::string& path, std::int64_t id);
/// The network with the bits of --bits or --uniform, its steps calibrated on the data's calibration
/// samples.
AskedPoint calibratedOn(const std::string& data_source,
                        const std::shared_ptr<const Network>& network, BitAssignment bits,
                        std::stop_token stop);
/// `--point` of the project that the first operand names, else the network with its bits and steps
/// calibrated on --data.
QuantizedPoint pointToEvaluate(const Arguments& arguments, std::stop_token stop);

/// Samples of a data source and what they are.
struct EvaluationSamples {
    ImageSubset subset;
    DataRole role = DataRole::All;
};
/// Those of --data, in the data's order; the first --samples of them where that is given.
EvaluationSamples openSamples(const Arguments& arguments);

/// openData() with what the user should know of its subsets as messages.
DataSplits openSplits(const std::string& data_source);

/// --threads, else usualThreads(); for this program's own loops, and told to LibTorch.
int useThreads(const Arguments& arguments);
OptionSpec threadsOption();

} // namespace bitdial::cli
