// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/export_plan.h"
#include "core/deployment/pulp_nn/golden_vectors.h"

#include <string>
#include <vector>

namespace bitdial {

enum class GoldenPlace { Nowhere, L2, L3 };

/// Which golden vectors the target's program compares, and where it has them: compiled in, where L2
/// holds an image of them beside the network; else in flash/golden.bin, which the program copies
/// behind the network's part of the external RAM.
struct TargetGolden {
    GoldenPlace place = GoldenPlace::Nowhere;
    std::size_t images = 0;
    std::vector<char> compared;   ///< per layer; all of them unless L3 is too small for an image
    std::int64_t flash_bytes = 0; ///< of flash/golden.bin

    int comparedLayers() const;
};

TargetGolden placeGolden(const ExportPlan& plan, const std::vector<GoldenImage>& images);

// The files that follow; `images` are those of placeGolden.
std::string goldenHeader(const TargetGolden& golden); ///< src/golden_pulp.h
std::string goldenSource(const TargetGolden& golden,
                         const std::vector<GoldenImage>& images); ///< src/golden_pulp.c
std::string flashGolden(const TargetGolden& golden,
                        const std::vector<GoldenImage>& images); ///< flash/golden.bin

} // namespace bitdial
