// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"

#include <cstdint>
#include <string>

namespace bitdial {

/// Opens `demo` (Fashion-MNIST as the distribution's package dataset-fashion-mnist installs it) or
/// a data.json (schema bitdial.data/1). Splits: demo: 60,000 training
/// images into 54,000 train, 1,000 calibration, 5,000 validation by `seed`, and the 10,000 test
/// images. A data.json names one set: 10 % calibration (at most 1,000), 20 % validation, 20 % test,
/// the rest train, by `seed`. Samples that lie in two subsets are counted in `warnings`. Throws
/// Error(BadInput) naming file, place, reason and remedy.
DataSplits openData(const std::string& source, std::uint64_t seed = 1);

/// Every sample that accuracy is reported on: demo's 10,000 test images, or all samples of a
/// data.json's set, in file order.
ImageSubset openEvaluationData(const std::string& source);

/// `source` as projects keep it: absolute where it is a path; `demo` and an empty text as they are.
std::string keptDataSource(const std::string& source);

} // namespace bitdial
