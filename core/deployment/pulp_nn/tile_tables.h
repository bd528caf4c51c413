// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/pulp_nn/tile_plan.h"

#include <cstdint>
#include <vector>

namespace bitdial {

struct ExportPlan;

/// Lines of a part of a map (templates/tiles.h: tile_move): `repeat` transfers of `bytes`, `step`
/// apart outside L1, then one of `rest`.
struct TileMove {
    std::int64_t bytes = 0;
    std::int64_t rest = 0;
    std::int64_t step = 0;
    std::int64_t line = 0; ///< 0: the bytes lie one behind the other
    std::int64_t stride = 0;
    int repeat = 1;
    std::int64_t all() const { return bytes * repeat + rest; }
    bool operator==(const TileMove&) const = default;
};

/// tile_shape.
struct TileShape {
    TileSpan row;
    TileSpan column;
    int channels = 0;
    std::int64_t in_pixel_bytes = 0; ///< of each pixel of the input that the tile takes
    TileMove in;
    TileMove out;
    ParameterBlock block;
    bool operator==(const TileShape&) const = default;
};

/// tile_step; L1 and staging offsets are bytes here.
struct TileStep {
    std::int64_t in = 0;
    std::int64_t out = 0;
    std::int64_t parameters = 0;
    std::vector<std::int64_t> in_l1; ///< per operand
    std::vector<std::int64_t> in_stage;
    std::int64_t parameters_l1 = 0;
    std::int64_t parameters_stage = 0;
    std::int64_t out_l1 = 0;
    std::int64_t out_stage = 0;
    int shape = 0;
    bool new_input = true;
    bool new_parameters = true;
};

/// What the exported program reads of one layer: its tiles in the order in which they run.
struct TileTables {
    std::vector<TileShape> shapes;
    std::vector<TileStep> steps;
    bool whole = true; ///< false: a move leaves something out, its rows are larger than transfers
};

/// After the plan's memory was mapped.
TileTables tileTables(const ExportPlan& plan, const PlannedLayer& layer);

} // namespace bitdial
