// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/memory_map.h"

#include "core/base/error.h"
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/hardware/model/memory_plan.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>

namespace bitdial {
namespace {

bool liveTogether(const LiveBlock& a, const LiveBlock& b)
{
    return a.first <= b.last && b.first <= a.last;
}

/// What is free beside the placed blocks that live together with one, lowest first.
struct Gap {
    std::int64_t begin = 0;
    std::int64_t end = 0;
};

/// An arena of a given size that blocks are put into one after the other.
class Arena {
public:
    Arena(const std::vector<LiveBlock>& blocks, std::int64_t bytes)
        : m_blocks(blocks), m_bytes(bytes), m_offsets(blocks.size(), 0)
    {
    }

    /// At the lowest or the highest free offset; false: there is none.
    bool put(std::size_t block, bool lowest)
    {
        const std::int64_t size = wholeWords(m_blocks[block].bytes);
        for (const Gap& gap : gaps(block, lowest))
            if (gap.end - gap.begin >= size) {
                m_offsets[block] = lowest ? gap.begin : gap.end - size;
                m_used = std::max(m_used, m_offsets[block] + size);
                m_placed.push_back(block);
                return true;
            }
        return false;
    }
    Placement placement() const { return {m_offsets, m_used}; }

private:
    std::vector<Gap> gaps(std::size_t block, bool lowest_first) const
    {
        std::vector<Gap> taken;
        for (const std::size_t other : m_placed)
            if (liveTogether(m_blocks[block], m_blocks[other]))
                taken.push_back(
                    {m_offsets[other], m_offsets[other] + wholeWords(m_blocks[other].bytes)});
        std::ranges::sort(taken, {}, &Gap::begin);
        std::vector<Gap> free;
        std::int64_t end = 0;
        for (const Gap& gap : taken) {
            if (gap.begin > end)
                free.push_back({end, gap.begin});
            end = std::max(end, gap.end);
        }
        free.push_back({end, m_bytes});
        if (!lowest_first)
            std::ranges::reverse(free);
        return free;
    }

    const std::vector<LiveBlock>& m_blocks;
    std::int64_t m_bytes;
    std::int64_t m_used = 0;
    std::vector<std::int64_t> m_offsets;
    std::vector<std::size_t> m_placed;
};

/// Puts the blocks in the given order at the lowest free offsets.
Placement placeInOrder(const std::vector<LiveBlock>& blocks, const std::vector<std::size_t>& order)
{
    Arena arena(blocks, std::numeric_limits<std::int64_t>::max());
    for (const std::size_t block : order)
        arena.put(block, true);
    return arena.placement();
}

/// Puts them in turn at the lowest and the highest free offsets of an arena as small as can be:
/// what a chain of layers needs. None where that leaves a gap somewhere.
std::optional<Placement> placeInTurn(const std::vector<LiveBlock>& blocks,
                                     const std::vector<std::size_t>& order)
{
    std::int64_t most = 0;
    for (const LiveBlock& at : blocks) {
        std::int64_t alive = 0;
        for (const LiveBlock& block : blocks)
            alive +=
                block.first <= at.first && at.first <= block.last ? wholeWords(block.bytes) : 0;
        most = std::max(most, alive);
    }
    Arena arena(blocks, most);
    bool lowest = true;
    for (const std::size_t block : order) {
        if (!arena.put(block, lowest))
            return std::nullopt;
        lowest = !lowest;
    }
    return arena.placement();
}

/// Lays staging buffers one behind the other.
void stage(StagePlan& plan, TileBuffer& buffer, std::int64_t bytes, int copies)
{
    buffer = {plan.bytes, wholeWords(bytes), copies, copies > 1 ? wholeWords(bytes) : 0};
    plan.bytes += buffer.bytes * buffer.copies;
}

/// Real pixels of the largest tile's input, without a border.
std::int64_t largestInput(const TilePlan& tiles)
{
    const auto largest = [](const TiledAxis& axis) {
        int most = 0;
        for (int tile = 0; tile < axis.tiles(); ++tile)
            most = std::max(most, axis.span(tile).in_size);
        return std::int64_t(most);
    };
    return largest(tiles.rows) * largest(tiles.columns);
}

StagePlan planStage(const ExportPlan& plan, const MemoryMap& map, const PlannedLayer& planned)
{
    const Layer& layer = plan.layer(planned);
    const TilePlan& tiles = planned.tiles;
    StagePlan stages;
    stages.inputs.resize(tiles.inputs.size());
    for (std::size_t i = 0; i < tiles.inputs.size(); ++i) {
        const int tensor = layer.inputs[i];
        if (map.tensor_in_l3[std::size_t(tensor)] == 0)
            continue;
        const std::int64_t pixel = isChannelWise(planned.subject.family)
                                       ? packedBytes(tiles.tiling.channels, planned.subject.bits.in)
                                       : plan.pixelBytes(planned, tensor);
        const bool changes =
            isChannelWise(planned.subject.family) ? tiles.tiles() > 1 : tiles.mapTiles() > 1;
        stage(stages, stages.inputs[i], largestInput(tiles) * pixel,
              changes && tiles.tiling.double_buffered ? 2 : 1);
    }
    if (map.weights_in_l3 && layer.hasWeights())
        stage(stages, stages.parameters, tiles.parameters.bytes, tiles.parameters.copies);
    if (map.tensor_in_l3[std::size_t(layer.output)] != 0)
        stage(stages, stages.output, tiles.output.bytes, tiles.output.copies);
    return stages;
}

void placeWeights(const ExportPlan& plan, MemoryMap& map)
{
    std::int64_t& total = map.weights_in_l3 ? map.l3_weight_bytes : map.l2_weight_bytes;
    for (const PlannedLayer& layer : plan.layers) {
        map.parameters.push_back(total);
        total += parameterBytes(layer.subject, layer.tiles);
    }
}

void placeTensors(const ExportPlan& plan, MemoryMap& map)
{
    const Network& network = *plan.network->network;
    map.tensor_offsets.resize(plan.tensors.size());
    for (const char in_l3 : {char(0), char(1)}) {
        std::vector<LiveBlock> blocks;
        std::vector<std::size_t> tensors;
        for (std::size_t t = 0; t < plan.tensors.size(); ++t) {
            const ActivationTensor& tensor = network.tensor(int(t));
            if (map.tensor_in_l3[t] != in_l3 || map.tensor_in_l1[t] != 0)
                continue;
            LiveBlock block{plan.tensors[t].bytes, std::max(0, tensor.producer), 0};
            block.last = block.first;
            for (const int consumer : tensor.consumers)
                block.last = std::max(block.last, consumer);
            blocks.push_back(block);
            tensors.push_back(t);
        }
        const Placement placement = placeByLife(blocks);
        const std::int64_t base = in_l3 != 0 ? map.l3_weight_bytes : 0;
        for (std::size_t i = 0; i < tensors.size(); ++i)
            map.tensor_offsets[tensors[i]] = base + placement.offsets[i];
        (in_l3 != 0 ? map.l3_bytes : map.l2_tensor_bytes) = base + placement.bytes;
    }
}

[[noreturn]] void refuse(const ExportPlan& plan, const std::string& why)
{
    throw Error(ErrorCode::Infeasible, "The network does not fit the target's memory",
                plan.network->network->name() + " on " + plan.profile->name(), why,
                "Choose fewer bits or a target with more memory");
}

} // namespace

Placement placeByLife(const std::vector<LiveBlock>& blocks)
{
    std::vector<std::size_t> in_time(blocks.size());
    std::iota(in_time.begin(), in_time.end(), std::size_t(0));
    std::vector<std::size_t> by_size = in_time;
    std::ranges::stable_sort(by_size, std::greater{},
                             [&](std::size_t at) { return blocks[at].bytes; });
    std::vector<std::size_t> by_life = by_size;
    std::ranges::stable_sort(by_life, std::greater{},
                             [&](std::size_t at) { return blocks[at].last - blocks[at].first; });
    std::ranges::stable_sort(in_time, {}, [&](std::size_t at) { return blocks[at].first; });
    Placement best = placeInOrder(blocks, by_size);
    const auto take = [&best](Placement other) {
        if (other.bytes < best.bytes)
            best = std::move(other);
    };
    take(placeInOrder(blocks, in_time));
    take(placeInOrder(blocks, by_life));
    if (auto in_turn = placeInTurn(blocks, in_time))
        take(std::move(*in_turn));
    return best;
}

MemoryMap mapMemory(const ExportPlan& plan, const MemoryPlan& promised, std::int64_t l1_bytes)
{
    const auto& fields = plan.profile->fields();
    MemoryMap map;
    map.weights_in_l3 = promised.weights_in_l3;
    map.tensor_in_l3 = promised.tensor_in_l3;
    map.tensor_in_l1.assign(plan.tensors.size(), 0);
    for (const PlannedLayer& layer : plan.layers)
        map.tensor_in_l1[std::size_t(plan.layer(layer).output)] = layer.tiles.stored ? 0 : 1;
    placeWeights(plan, map);
    placeTensors(plan, map);
    for (const PlannedLayer& layer : plan.layers) {
        map.stages.push_back(planStage(plan, map, layer));
        map.l2_stage_bytes = std::max(map.l2_stage_bytes, map.stages.back().bytes);
    }
    map.l1_bytes = l1_bytes;
    if (map.l2Bytes() > fields.l2.usableBytes())
        refuse(plan, "L2 has " + std::to_string(fields.l2.usableBytes()) +
                         " usable bytes; activations take " + std::to_string(map.l2_tensor_bytes) +
                         ", weights " + std::to_string(map.l2_weight_bytes) +
                         ", and what streams from L3 " + std::to_string(map.l2_stage_bytes));
    if (map.l3_bytes > fields.l3.bytes)
        refuse(plan, "L3 has " + std::to_string(fields.l3.bytes) + " bytes; weights take " +
                         std::to_string(map.l3_weight_bytes) + ", with activations " +
                         std::to_string(map.l3_bytes));
    return map;
}

} // namespace bitdial
