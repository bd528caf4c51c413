// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/export_plan.h"

#include "core/base/error.h"
#include "core/hardware/cost_model.h"
#include "core/hardware/kernel_dialect.h"
#include "core/hardware/profile_fields.h"

#include <algorithm>
#include <limits>

namespace bitdial {
namespace {

/// Kernels read whole words, up to this many bytes behind a buffer.
constexpr std::int64_t slack_bytes = 32;

/// Plans one layer; holds what its steps share.
class LayerPlanner {
public:
    LayerPlanner(ExportPlan& plan, int index)
        : m_plan(plan),
          m_network(*plan.network->network),
          m_layer(m_network.layer(index)),
          m_folded(plan.network->layers[std::size_t(index)]),
          m_bits(plan.network->assignment.layerBits(m_network, index))
    {
        m_result.index = index;
    }
    PlannedLayer plan();

private:
    [[noreturn]] void infeasible(const std::string& why, const std::string& next) const
    {
        throw Error(ErrorCode::Infeasible, "The layer cannot be exported to PULP-NN",
                    m_network.name() + ": layer '" + m_layer.name + "'", why, next);
    }
    void note(const std::string& what) { m_plan.notes.push_back({m_layer.name, what}); }
    bool isXpulpNn() const { return m_plan.isa == "XpulpNN"; }
    const StoredTensor& input() const { return m_plan.tensor(m_layer.inputs[0]); }
    void planGeometry();
    void planLinear();
    void planDepthwise();
    void planConv();
    void planMaxPool();
    void padExplicitly(Padding padding, const std::string& why);
    void name();
    void checkSizes() const;

    ExportPlan& m_plan;
    const Network& m_network;
    const Layer& m_layer;
    const IntegerLayer& m_folded;
    LayerBits m_bits;
    PlannedLayer m_result;
};

/// Bottom and right as the windows really touch them: the kernels take declared padding for
/// needed, and windows that end before it do not touch the rows or columns behind.
Padding effectivePadding(const LayerGeometry& g)
{
    const int bottom =
        (g.output.height - 1) * g.stride_y - g.padding.top + g.kernel_height - g.input.height;
    const int right =
        (g.output.width - 1) * g.stride_x - g.padding.left + g.kernel_width - g.input.width;
    return {g.padding.top, g.padding.left, std::max(0, bottom), std::max(0, right)};
}

void LayerPlanner::planGeometry()
{
    const auto& g = m_layer.geometry;
    m_result.in = g.input;
    m_result.in.channels = input().channels;
    m_result.out = g.output;
    m_result.out.channels = m_plan.tensor(m_layer.output).channels;
    m_result.kernel_height = g.kernel_height;
    m_result.kernel_width = g.kernel_width;
    m_result.stride_y = g.stride_y;
    m_result.stride_x = g.stride_x;
    m_result.padding = effectivePadding(g);
}

/// Puts zeros (the lowest value for a max-pooling) around the map before the call.
void LayerPlanner::padExplicitly(Padding padding, const std::string& why)
{
    m_result.explicit_padding = padding;
    m_result.in.height += padding.top + padding.bottom;
    m_result.in.width += padding.left + padding.right;
    m_result.padding.top -= padding.top;
    m_result.padding.left -= padding.left;
    m_result.padding.bottom -= padding.bottom;
    m_result.padding.right -= padding.right;
    note(why);
}

void LayerPlanner::planConv()
{
    m_result.family = KernelFamily::Conv;
    const std::int64_t window =
        std::int64_t(m_result.in.channels) * m_result.kernel_height * m_result.kernel_width;
    m_result.im2col_bytes = 2 * m_plan.cores * window;
    // Found by running the library's kernel: it widens what remains of 16 channels without sign.
    if (isXpulpNn() && m_folded.inputs[0] == IntegerType{2, true} && m_folded.weight_bits == 4 &&
        m_result.in.channels % 16 != 0)
        infeasible("the XpulpNN kernel for signed 2-bit inputs and 4-bit weights is wrong for " +
                       std::to_string(m_result.in.channels) +
                       " stored input channels, no multiple of 16",
                   "Choose other bits for its input or weights");
}

void LayerPlanner::planLinear()
{
    const auto& stored = input();
    const LayerBits padding_bits{m_folded.inputs[0].bits, m_folded.weight_bits,
                                 m_folded.output.bits};
    m_result.in = {paddedLinearInputs({stored.channels, stored.shape.height, stored.shape.width},
                                      padding_bits),
                   1, 1};
    m_result.out = {
        paddedLinearOutputs(m_layer.geometry.output.channels, padding_bits, m_plan.cores), 1, 1};
    m_result.padding = {};
    if (m_folded.output.bits == 32) {
        m_result.family = KernelFamily::Linear32;
    } else if (isXpulpNn() && m_folded.output.bits == 8) {
        planConv();
        note("it is called as a 1x1 convolution: the XpulpNN linear kernel with 8-bit results "
             "uses the first channel's kappa for all");
    } else {
        m_result.family = KernelFamily::Linear;
    }
}

/// The kernel takes columns apart by the declared padding: at least one column between those that
/// touch the left and the right border, and the right border only at stride 1.
void LayerPlanner::planDepthwise()
{
    m_result.family = KernelFamily::Depthwise;
    if (m_result.kernel_height * m_result.kernel_width < 4)
        infeasible("the depthwise kernel needs at least 4 taps, it has " +
                       std::to_string(m_result.kernel_height * m_result.kernel_width),
                   "Use a network with a larger depthwise kernel there");
    const Padding padding = m_result.padding;
    const int left = (padding.left + m_result.stride_x - 1) / m_result.stride_x;
    const bool right_is_safe = padding.right == 0 || m_result.stride_x == 1;
    if (!right_is_safe || m_result.out.width <= left + padding.right)
        padExplicitly({0, padding.left, 0, padding.right},
                      "columns of zeros are put around its input before the call: the depthwise "
                      "kernel reads past a row's end in this geometry");
    const std::int64_t group = depthwiseGroup(m_bits);
    const std::int64_t taps = std::int64_t(m_result.kernel_height) * m_result.kernel_width;
    const std::int64_t column =
        std::int64_t(m_result.kernel_width) *
            (m_result.in.height + m_result.padding.top + m_result.padding.bottom) +
        m_result.kernel_width;
    m_result.im2col_bytes = m_plan.cores * group * column;
    m_result.weight_buffer_bytes = m_plan.cores * group * taps;
    m_result.map_buffer_bytes = packedBytes(m_result.in.elements(), m_bits.in);
}

void LayerPlanner::planMaxPool()
{
    m_result.family = KernelFamily::MaxPool;
    if (m_folded.inputs[0].bits != 8)
        infeasible("the max-pooling kernel works on 8 bits only, the tensor has " +
                       std::to_string(m_folded.inputs[0].bits),
                   "Give the pooling's tensors 8 bits");
    // It reduces each row in place: windows must not begin before the column they are written to.
    const Padding padding = m_result.padding;
    if (padding.left > m_result.stride_x - 1 || m_result.out.width > m_result.in.width)
        padExplicitly(padding, "a border of the lowest value is put around its input before the "
                               "call: the max-pooling kernel would read columns that it has "
                               "overwritten");
    m_result.map_buffer_bytes = m_result.in.elements();
}

std::string operationName(KernelFamily family)
{
    switch (family) {
    case KernelFamily::Conv:
        return "conv";
    case KernelFamily::Depthwise:
        return "depthwise";
    case KernelFamily::Linear:
    case KernelFamily::Linear32:
        return "linear";
    case KernelFamily::Add:
        return "add";
    case KernelFamily::AveragePool:
        return "avgpool";
    case KernelFamily::MaxPool:
        return "maxpool";
    }
    return {};
}

std::string sourceFolder(KernelFamily family)
{
    switch (family) {
    case KernelFamily::Conv:
        return "Convolution";
    case KernelFamily::Depthwise:
        return "Depthwise";
    case KernelFamily::Linear:
        return "LinearQuant";
    case KernelFamily::Linear32:
        return "LinearNoQuant";
    case KernelFamily::Add:
        return "Add";
    case KernelFamily::AveragePool:
        return "Pooling/AvgPool";
    case KernelFamily::MaxPool:
        return "Pooling/MaxPool";
    }
    return {};
}

/// pulp_nn_<op>_<in>_<out>_<weight>; an add has two inputs and no weight, a max-pooling one type.
void LayerPlanner::name()
{
    const std::string prefix = isXpulpNn() ? "xpulp_nn_" : "pulp_nn_";
    const std::string in = typeToken(m_folded.inputs[0]);
    const std::string out = typeToken(m_folded.output);
    const std::string weight = "_i" + std::to_string(m_folded.weight_bits);
    std::string suffix = in + "_" + out;
    if (m_layer.hasWeights())
        suffix += weight;
    else if (m_result.family == KernelFamily::Add)
        suffix = in + "_" + typeToken(m_folded.inputs[1]) + "_" + out;
    else if (m_result.family == KernelFamily::MaxPool)
        suffix = in;
    m_result.kernel = prefix + operationName(m_result.family) + "_" + suffix;
    m_result.sources = {"src/" + sourceFolder(m_result.family) + "/" + m_result.kernel + ".c"};
    if (m_result.family == KernelFamily::Conv) {
        // XpulpV2 unpacks the input to 8 bits before it multiplies.
        const IntegerType unpacked{isXpulpNn() ? m_folded.inputs[0].bits : 8,
                                   m_folded.inputs[0].is_signed};
        m_result.sources.push_back("src/MatrixMultiplication/" + prefix + "matmul_" +
                                   typeToken(unpacked) + "_" + out + weight + ".c");
    }
}

/// All sizes are uint16_t in the signatures; products are too inside some kernels.
void LayerPlanner::checkSizes() const
{
    const auto check = [this](const char* what, std::int64_t value) {
        if (value > std::numeric_limits<std::uint16_t>::max())
            infeasible(std::string(what) + " is " + std::to_string(value) +
                           ", but the kernel takes at most 65535 for a whole layer",
                       "Use a smaller resolution or width; layers are not tiled in this export");
    };
    const auto& in = m_result.in;
    const std::int64_t taps = std::int64_t(m_result.kernel_height) * m_result.kernel_width;
    check("the number of input channels", in.channels);
    check("the number of output channels", m_result.out.channels);
    check("the size of its map", std::max(std::max(in.height, in.width),
                                          std::max(m_result.out.height, m_result.out.width)));
    if (m_result.family == KernelFamily::Conv)
        check("the length of its window", taps * in.channels);
    if (m_result.family == KernelFamily::Depthwise)
        check("the area of its map", std::int64_t(in.height) * in.width);
    const auto& folded = m_folded;
    if (std::max({folded.shift, folded.add.shift[0], folded.add.shift[1], folded.add.out_shift,
                  folded.average_pool.out_shift}) > 31)
        infeasible("its requantization shifts by more than 31", "Fold the network again");
}

PlannedLayer LayerPlanner::plan()
{
    const CostModel costs(m_plan.network->network, m_plan.profile);
    if (!costs.hasKernel(m_result.index, m_bits))
        infeasible("the target '" + m_plan.profile->name() + "' has no " +
                       layerKindName(m_layer.kind) + " kernel for " + std::to_string(m_bits.in) +
                       "-bit inputs, " +
                       (m_bits.weight ? std::to_string(m_bits.weight) + "-bit weights, " : "") +
                       "and " + std::to_string(m_bits.out) + "-bit results",
                   "Choose other bits for it or another target");
    planGeometry();
    switch (m_layer.kind) {
    case LayerKind::Conv:
        planConv();
        break;
    case LayerKind::DepthwiseConv:
        planDepthwise();
        break;
    case LayerKind::Linear:
        planLinear();
        break;
    case LayerKind::Add:
        m_result.family = KernelFamily::Add;
        break;
    case LayerKind::AveragePool:
        m_result.family = KernelFamily::AveragePool;
        // The kernel mixes up its sides: it starts rows by the bottom padding and ends columns by
        // the right one. Equal sides mean what top and left say; it needs no others.
        m_result.padding.bottom = m_result.padding.top;
        m_result.padding.right = m_result.padding.left;
        break;
    case LayerKind::MaxPool:
        planMaxPool();
        break;
    default:
        infeasible("the kernel library has no " + std::string(layerKindName(m_layer.kind)),
                   "Use a network without it");
    }
    name();
    checkSizes();
    return std::move(m_result);
}

/// Kernels of 2-bit linears write or read whole groups behind a tensor.
void growBuffers(ExportPlan& plan, const PlannedLayer& planned)
{
    const auto& layer = plan.layer(planned);
    if (layer.kind != LayerKind::Linear)
        return;
    const auto grow = [&plan](int tensor, std::int64_t elements) {
        auto& stored = plan.tensors[std::size_t(tensor)];
        stored.buffer_bytes =
            std::max(stored.buffer_bytes, packedBytes(elements, stored.type.bits) + slack_bytes);
    };
    grow(layer.inputs[0], planned.in.channels);
    grow(layer.output, planned.out.channels);
}

void planTensors(ExportPlan& plan)
{
    const auto& network = *plan.network->network;
    for (int t = 0; t < network.tensorCount(); ++t) {
        const auto& tensor = network.tensor(t);
        StoredTensor stored;
        stored.shape = tensor.shape;
        stored.type = tensor.producer >= 0
                          ? plan.network->layers[std::size_t(tensor.producer)].output
                          : IntegerType{plan.network->assignment.activationBits(t),
                                        plan.network->input.is_signed};
        stored.channels = paddedChannels(tensor.shape.channels, stored.type.bits);
        stored.bytes = storedTensorBytes(tensor.shape, stored.type.bits);
        stored.buffer_bytes = stored.bytes + slack_bytes;
        if (stored.channels != tensor.shape.channels)
            plan.notes.push_back({tensor.producer >= 0 ? network.layer(tensor.producer).name : "",
                                  "tensor '" + tensor.name + "' is stored with " +
                                      std::to_string(stored.channels) + " channels instead of " +
                                      std::to_string(tensor.shape.channels) +
                                      "; the others are 0"});
        plan.tensors.push_back(stored);
    }
}

} // namespace

std::string typeToken(const IntegerType& type)
{
    return (type.is_signed ? "i" : "u") + std::to_string(type.bits);
}

ExportPlan planExport(std::shared_ptr<const IntegerNetwork> network,
                      std::shared_ptr<const HardwareProfile> profile)
{
    ExportPlan plan;
    plan.network = std::move(network);
    plan.profile = std::move(profile);
    // Only the XpulpNN library keeps im2col packed; it is how a profile says which one it means.
    plan.isa = plan.profile->fields().im2col_packed ? "XpulpNN" : "XpulpV2";
    plan.cores = plan.profile->cores();
    planTensors(plan);
    for (int i = 0; i < plan.network->network->layerCount(); ++i) {
        plan.layers.push_back(LayerPlanner(plan, i).plan());
        growBuffers(plan, plan.layers.back());
    }
    return plan;
}

} // namespace bitdial
