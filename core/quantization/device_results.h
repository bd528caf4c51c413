// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/quantization/accuracy.h"
#include "core/quantization/integer_network.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// What a chip gave for the first images of a data set, in the data's order.
struct DeviceResults {
    int classes = 0;
    std::vector<int> predictions;     ///< one class per image
    std::vector<std::int32_t> logits; ///< images x classes; empty: the file has classes only
    bool operator==(const DeviceResults&) const = default;
};

/// Parses a CSV whose first row is `image,class` or `image,logit0,logit1,...` (one column for each
/// of `classes`), and whose further rows are the images 0, 1, 2, ... without a gap. Logits are the
/// network's integer outputs; the first of several largest is the class. Empty lines are skipped.
/// Throws Error(BadInput) with `where`:line: another first row, an image out of turn, a class or
/// logit that is no whole number in range, no row or more than max_samples of them.
DeviceResults parseDeviceResults(std::string_view text, int classes, const std::string& where);
/// The same of a file of at most 32 MiB.
DeviceResults readDeviceResults(const std::filesystem::path& path, int classes);

/// A logit that the chip and the integer network give differently.
struct LogitMismatch {
    int image = 0; ///< position in the samples
    int output = 0;
    std::int32_t device = 0;
    std::int32_t integer = 0;
    bool operator==(const LogitMismatch&) const = default;
};

/// The device rung, and how it compares with the integer rung on the same images.
struct DeviceComparison {
    Accuracy accuracy;        ///< rung Device
    int agreeing = 0;         ///< images to which both give the same class
    bool has_logits = false;  ///< the chip's logits were compared too
    int differing_images = 0; ///< by a logit
    std::optional<LogitMismatch> first_mismatch;
};

/// `samples` begin with the images of the results. Throws Error(BadInput) when the results have
/// more images than the samples, or another number of classes than the network; Error(Cancelled).
DeviceComparison compareDevice(const DeviceResults& results,
                               const std::shared_ptr<const IntegerNetwork>& integers,
                               const ImageSubset& samples, DataRole role, std::stop_token stop = {},
                               const std::function<void(double fraction)>& progress = {});

} // namespace bitdial
