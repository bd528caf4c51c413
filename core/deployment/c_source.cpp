// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/c_source.h"

#include "core/deployment/packing.h"

#include <algorithm>
#include <span>

namespace bitdial {
namespace {

constexpr const char* licence = "/* SPDX-License-Identifier: Apache-2.0 */\n";
constexpr std::size_t numbers_per_line = 16;

template <typename Number> std::string numberList(std::span<const Number> numbers)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        text += i % numbers_per_line == 0 ? "\n    " : " ";
        const auto value = std::int64_t(numbers[i]);
        // -2147483648 is an expression in C whose type is not int.
        text += value == INT32_MIN ? "-2147483647 - 1" : std::to_string(value);
        text += ',';
    }
    return text;
}

std::string upperBound(const ExportPlan& plan, std::int64_t PlannedLayer::*bytes,
                       std::int64_t slack)
{
    std::int64_t largest = 0;
    for (const auto& layer : plan.layers)
        largest = std::max(largest, layer.*bytes);
    return std::to_string(largest + slack);
}

std::string tensorName(int tensor)
{
    return "tensor_" + std::to_string(tensor);
}

std::string layerName(const PlannedLayer& layer)
{
    return "layer_" + std::to_string(layer.index);
}

std::string tensorValue(const ExportPlan& plan, int tensor)
{
    const auto& stored = plan.tensor(tensor);
    return "{" + tensorName(tensor) + ", " + std::to_string(stored.bytes) + ", " +
           std::to_string(stored.shape.height) + ", " + std::to_string(stored.shape.width) + ", " +
           std::to_string(stored.channels) + ", " + std::to_string(stored.type.bits) + ", " +
           (stored.type.is_signed ? "1" : "0") + "}";
}

/// Copies the input into map_buffer before the call, by one core.
std::string prepareMap(const ExportPlan& plan, const PlannedLayer& planned)
{
    if (planned.map_buffer_bytes == 0)
        return {};
    const int tensor = plan.layer(planned).inputs[0];
    const auto& stored = plan.tensor(tensor);
    const auto& border = planned.explicit_padding;
    const bool planes = planned.family == KernelFamily::Depthwise;
    const int fill = !planes && stored.type.is_signed ? 0x80 : 0;
    std::string text = "    if (pi_core_id() == 0) {\n        const layout_map map = {";
    for (const int value :
         {stored.shape.height, stored.shape.width, stored.channels * stored.type.bits / 8,
          border.top, border.left, border.bottom, border.right})
        text += std::to_string(value) + ", ";
    return text + std::to_string(fill) + "};\n        layout_" + (planes ? "to_planes" : "copy") +
           "(" + tensorName(tensor) + ", map_buffer, map);\n    }\n    pi_cl_team_barrier();\n";
}

/// Arguments from dim_in_x to stride_y of a convolution.
std::vector<int> windowArguments(const PlannedLayer& p)
{
    return {p.in.width,     p.in.height,     p.in.channels,   p.out.width,   p.out.height,
            p.out.channels, p.kernel_width,  p.kernel_height, p.padding.top, p.padding.bottom,
            p.padding.left, p.padding.right, p.stride_x,      p.stride_y};
}

/// Arguments from dim_im_in_x to stride_y of a pooling (input and output share their channels).
std::vector<int> poolArguments(const PlannedLayer& p)
{
    return {p.in.width,      p.in.height,     p.in.channels, p.out.width,      p.out.height,
            p.kernel_width,  p.kernel_height, p.padding.top, p.padding.bottom, p.padding.left,
            p.padding.right, p.stride_x,      p.stride_y};
}

std::string joined(const std::vector<int>& numbers)
{
    std::string text;
    for (const int number : numbers)
        text += (text.empty() ? "" : ", ") + std::to_string(number);
    return text;
}

/// A pointer to any element type: buffers are bytes, void* fits each signature.
std::string pointer(const std::string& buffer)
{
    return "(void *)" + buffer;
}

std::string weightedArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    const auto& layer = plan.layer(p);
    const std::string own = layerName(p);
    const bool depthwise = p.family == KernelFamily::Depthwise;
    const std::string in = depthwise ? "map_buffer" : tensorName(layer.inputs[0]);
    const std::string out = tensorName(layer.output);
    if (p.family == KernelFamily::Linear32)
        return pointer(in) + ", " + pointer(own + "_bias") + ", " + pointer(out) + ",\n        " +
               own + "_weights, " + std::to_string(p.in.channels) + ", " +
               std::to_string(p.out.channels);
    const std::string requantization = own + "_weights, " + (depthwise ? "weight_buffer, " : "") +
                                       own + "_kappa, " + own + "_lambda,\n        1, " +
                                       std::to_string(plan.folded(p).shift) + ", ";
    if (p.family == KernelFamily::Linear)
        return pointer(in) + ", NULL, " + pointer(out) + ", " + requantization +
               joined({p.in.channels, p.out.channels}) + ", 1, 1";
    return pointer(in) + ", " + pointer("im2col_buffer") + ", NULL, " + pointer(out) +
           ",\n        " + requantization + joined(windowArguments(p)) + ", 1, 1";
}

std::string addArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    const auto& layer = plan.layer(p);
    const auto& add = plan.folded(p).add;
    return pointer(tensorName(layer.inputs[0])) + ", " + pointer(tensorName(layer.inputs[1])) +
           ", " + pointer(tensorName(layer.output)) + ",\n        " +
           joined({add.mul[0], add.add[0], add.shift[0], add.mul[1], add.add[1], add.shift[1],
                   add.out_mul, add.out_add, add.out_shift, p.in.width, p.in.height,
                   p.in.channels}) +
           ", 1";
}

std::string callArguments(const ExportPlan& plan, const PlannedLayer& p)
{
    const auto& layer = plan.layer(p);
    const std::string out = pointer(tensorName(layer.output));
    if (layer.hasWeights())
        return weightedArguments(plan, p);
    if (p.family == KernelFamily::Add)
        return addArguments(plan, p);
    if (p.family == KernelFamily::MaxPool)
        return pointer("map_buffer") + ", " + out + ",\n        " + joined(poolArguments(p));
    const auto& pool = plan.folded(p).average_pool;
    return pointer(tensorName(layer.inputs[0])) + ", " + out + ",\n        " +
           joined({pool.lambda, pool.out_shift, pool.out_add}) + ", " + joined(poolArguments(p)) +
           ", 1";
}

std::string layerFunction(const ExportPlan& plan, const PlannedLayer& p)
{
    return "/* " + cSafe(plan.layer(p).name) + " */\nstatic void run_" + layerName(p) +
           "(void)\n{\n" + prepareMap(plan, p) + "    " + p.kernel + "(" + callArguments(plan, p) +
           ");\n}\n\n";
}

std::string layerTable(const ExportPlan& plan)
{
    std::string text = "const network_layer network_layers[NETWORK_LAYERS] = {\n";
    for (const auto& p : plan.layers)
        text += "    {\"" + cSafe(plan.layer(p).name) + "\", \"" + p.kernel + "\", \"" +
                goldenFileName(p.index) + "\",\n     " + tensorValue(plan, plan.layer(p).output) +
                "},\n";
    text += "};\n\nvoid network_run_layer(int layer)\n{\n    switch (layer) {\n";
    for (const auto& p : plan.layers)
        text += "    case " + std::to_string(p.index) + ":\n        run_" + layerName(p) +
                "();\n        break;\n";
    return text + "    default:\n        break;\n    }\n}\n";
}

} // namespace

std::string cSafe(const std::string& text)
{
    std::string safe;
    for (const char c : text)
        safe += c >= ' ' && c <= '~' && c != '"' && c != '\\' && c != '*' && c != '?' && c != '%'
                    ? c
                    : '_';
    return safe;
}

std::string goldenFileName(int layer)
{
    const std::string number = std::to_string(layer);
    return "layer_" + std::string(number.size() < 3 ? 3 - number.size() : 0, '0') + number + ".bin";
}

std::string networkHeader(const ExportPlan& plan, int images)
{
    return std::string(licence) +
           "#ifndef NETWORK_H\n#define NETWORK_H\n\n#include <stddef.h>\n#include <stdint.h>\n\n"
           "#define NETWORK_LAYERS " +
           std::to_string(plan.layers.size()) + "\n#define NETWORK_GOLDEN_IMAGES " +
           std::to_string(images) +
           "\n\n/* A stored tensor: H,W,C, first channel in the low bits, channels padded. */\n"
           "typedef struct {\n    uint8_t *data;\n    size_t bytes;\n    int height, width, "
           "channels;\n    int bits, is_signed;\n} network_tensor;\n\n"
           "typedef struct {\n    const char *name;\n    const char *kernel;\n    const char "
           "*golden_file;\n    network_tensor output;\n} network_layer;\n\n"
           "extern const network_tensor network_input;\n"
           "extern const network_layer network_layers[NETWORK_LAYERS];\n\n"
           "/* Every core of the team calls it with the same layer. */\n"
           "void network_run_layer(int layer);\n\n#endif\n";
}

std::string networkSource(const ExportPlan& plan)
{
    std::string text = std::string(licence) +
                       "#include \"pmsis.h\"\n\n#include \"network.h\"\n\n#include \"layout.h\"\n"
                       "#include \"pulp_nn_kernels.h\"\n#include \"weights.h\"\n\n"
                       "#define ALIGNED __attribute__((aligned(4)))\n\n";
    for (std::size_t t = 0; t < plan.tensors.size(); ++t)
        text += "static uint8_t " + tensorName(int(t)) + "[" +
                std::to_string(plan.tensors[t].buffer_bytes) + "] ALIGNED;\n";
    // Kernels store and load whole words, up to 32 bytes behind what they need.
    text += "static uint8_t im2col_buffer[" + upperBound(plan, &PlannedLayer::im2col_bytes, 32) +
            "] ALIGNED;\nstatic uint8_t map_buffer[" +
            upperBound(plan, &PlannedLayer::map_buffer_bytes, 32) +
            "] ALIGNED;\nstatic int8_t weight_buffer[" +
            upperBound(plan, &PlannedLayer::weight_buffer_bytes, 32) + "] ALIGNED;\n\n";
    for (const auto& p : plan.layers)
        text += layerFunction(plan, p);
    text += "const network_tensor network_input = " +
            tensorValue(plan, plan.network->network->input()) + ";\n\n" + layerTable(plan);
    // Not every network has a layer that needs each buffer.
    return text + "\nvoid *const network_buffers[] = {im2col_buffer, map_buffer, weight_buffer};\n";
}

std::string weightsHeader(const ExportPlan& plan)
{
    std::string text =
        std::string(licence) + "#ifndef WEIGHTS_H\n#define WEIGHTS_H\n\n#include <stdint.h>\n\n";
    for (const auto& p : plan.layers) {
        if (!plan.layer(p).hasWeights())
            continue;
        text += "extern int8_t " + layerName(p) + "_weights[];\n";
        for (const char* name : {"_kappa", "_lambda"})
            if (p.family != KernelFamily::Linear32)
                text += "extern int32_t " + layerName(p) + name + "[];\n";
        if (p.family == KernelFamily::Linear32)
            text += "extern int32_t " + layerName(p) + "_bias[];\n";
    }
    return text + "\n#endif\n";
}

std::string weightsSource(const ExportPlan& plan)
{
    std::string text = std::string(licence) +
                       "#include \"weights.h\"\n\n#define ALIGNED __attribute__((aligned(4)))\n\n";
    const auto parameters = [&text](const PlannedLayer& p, const char* name,
                                    std::span<const std::int32_t> values) {
        const auto padded = paddedParameters(p, values);
        text += "int32_t " + layerName(p) + name + "[] = {" +
                numberList(std::span<const std::int32_t>(padded)) + "\n};\n\n";
    };
    for (const auto& p : plan.layers) {
        if (!plan.layer(p).hasWeights())
            continue;
        const auto bytes = packWeights(plan, p);
        const std::vector<std::int8_t> words(bytes.begin(), bytes.end());
        text += "/* " + cSafe(plan.layer(p).name) + ": " +
                std::to_string(plan.folded(p).weight_bits) + "-bit weights */\nint8_t " +
                layerName(p) + "_weights[] ALIGNED = {" +
                numberList(std::span<const std::int8_t>(words)) + "\n};\n\n";
        const auto& folded = plan.folded(p);
        if (p.family == KernelFamily::Linear32) {
            parameters(p, "_bias", folded.bias);
            continue;
        }
        parameters(p, "_kappa", folded.kappa);
        parameters(p, "_lambda", folded.lambda);
    }
    return text;
}

std::string goldenHeader(const ExportPlan&, std::size_t images)
{
    return std::string(licence) +
           "#ifndef GOLDEN_PULP_H\n#define GOLDEN_PULP_H\n\n#include \"network.h\"\n\n"
           "#define GOLDEN_PULP_IMAGES " +
           std::to_string(images) +
           "\n\nextern const uint8_t *const golden_pulp_inputs[GOLDEN_PULP_IMAGES];\n"
           "extern const uint8_t *const "
           "golden_pulp_outputs[GOLDEN_PULP_IMAGES][NETWORK_LAYERS];\n\n#endif\n";
}

std::string goldenSource(const ExportPlan&, const std::vector<GoldenImage>& images)
{
    std::string text = std::string(licence) + "#include \"golden_pulp.h\"\n\n";
    std::string inputs = "const uint8_t *const golden_pulp_inputs[GOLDEN_PULP_IMAGES] = {\n";
    std::string outputs =
        "const uint8_t *const golden_pulp_outputs[GOLDEN_PULP_IMAGES][NETWORK_LAYERS] = {\n";
    const auto array = [&text](const std::string& name, const std::vector<std::uint8_t>& bytes) {
        text += "static const uint8_t " + name + "[] = {" +
                numberList(std::span<const std::uint8_t>(bytes)) + "\n};\n\n";
    };
    for (std::size_t i = 0; i < images.size(); ++i) {
        const std::string image = "image_" + std::to_string(i);
        array(image + "_input", images[i].input);
        inputs += "    " + image + "_input,\n";
        outputs += "    {";
        for (std::size_t layer = 0; layer < images[i].outputs.size(); ++layer) {
            const std::string name = image + "_layer_" + std::to_string(layer);
            array(name, images[i].outputs[layer]);
            outputs += (layer == 0 ? "" : ",\n     ") + name;
        }
        outputs += "},\n";
    }
    return text + inputs + "};\n\n" + outputs + "};\n";
}

} // namespace bitdial
