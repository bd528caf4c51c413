// SPDX-License-Identifier: Apache-2.0
// Declarations of the library's kernels that an export calls, and the entry points that join them
// to the portable implementation. Signatures: pulp-nn-mixed b69ec23e, 32bit/include/
// pulp_nn_kernels.h, the same for XpulpV2 and XpulpNN but for the names' prefix.
#include "core/deployment/pulp_nn/c_source.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <algorithm>
#include <map>

namespace bitdial {
namespace {

struct Parameter {
    std::string type;
    std::string name;
};
using Parameters = std::vector<Parameter>;

/// One kernel to declare: all layers with its name have the same types.
struct Kernel {
    KernelFamily family;
    std::vector<IntegerType> inputs;
    IntegerType output;
    int weight_bits = 0;
};

std::map<std::string, Kernel> usedKernels(const ExportPlan& plan)
{
    std::map<std::string, Kernel> kernels;
    for (const auto& p : plan.layers) {
        const auto& folded = plan.folded(p);
        Kernel& kernel = kernels[p.kernel];
        kernel = {p.subject.family, folded.inputs, folded.output, p.subject.bits.weight};
        if (kernel.family == KernelFamily::LinearByAccumulators) {
            kernel.family = KernelFamily::Linear32;
            kernel.output = {32, true};
        }
    }
    return kernels;
}

std::string elementPointer(const IntegerType& type)
{
    return type.is_signed ? "int8_t *" : "uint8_t *";
}

void append(Parameters& parameters, const std::string& type,
            std::initializer_list<const char*> names)
{
    for (const char* name : names)
        parameters.push_back({type, name});
}

Parameters weightedParameters(const Kernel& kernel)
{
    Parameters p;
    const bool window =
        kernel.family == KernelFamily::Conv || kernel.family == KernelFamily::Depthwise;
    append(p, elementPointer(kernel.inputs[0]), {"pIn"});
    if (window)
        append(p, elementPointer(kernel.inputs[0]), {"pIm2ColBuffer"});
    append(p, "int8_t *", {"pBias"});
    append(p, elementPointer(kernel.output), {"pOut"});
    append(p, "int8_t *", {"pWeight"});
    if (kernel.family == KernelFamily::Depthwise)
        append(p, "int8_t *", {"pWtBuffer"});
    if (kernel.family == KernelFamily::Linear32) {
        append(p, "uint16_t ", {"dim_vec", "num_o_neurons"});
        return p;
    }
    append(p, "int32_t *", {"pKappa", "pLambda"});
    append(p, "uint16_t ", {"out_mul", "out_shift"});
    if (window)
        append(p, "uint16_t ",
               {"dim_in_x", "dim_in_y", "ch_in", "dim_out_x", "dim_out_y", "ch_out", "dim_kernel_x",
                "dim_kernel_y", "padding_y_top", "padding_y_bottom", "padding_x_left",
                "padding_x_right", "stride_x", "stride_y"});
    else
        append(p, "uint16_t ", {"dim_vec", "num_o_neurons"});
    append(p, "uint8_t ", {"flag_relu", "flag_batchnorm"});
    return p;
}

Parameters addParameters()
{
    Parameters p;
    // The header says uint8_t for every operand, the signed ones too.
    append(p, "uint8_t *", {"pIn1", "pIn2", "pOut"});
    for (const char* side : {"1", "2"}) {
        const std::string number = side;
        p.push_back({"int32_t ", "in_mult" + number});
        p.push_back({"int32_t ", "in_add" + number});
        p.push_back({"uint16_t ", "in_shift" + number});
    }
    append(p, "int32_t ", {"out_mult", "out_add"});
    append(p, "uint16_t ", {"out_shift", "dim_im_in_x", "dim_im_in_y", "ch_im_in"});
    append(p, "int ", {"out_requant_flag"});
    return p;
}

Parameters poolParameters(const Kernel& kernel)
{
    Parameters p;
    const bool average = kernel.family == KernelFamily::AveragePool;
    append(p, elementPointer(kernel.inputs[0]), {"pIn"});
    append(p, elementPointer(kernel.output), {"pOut"});
    if (average) {
        append(p, "int32_t ", {"lambda"});
        append(p, "uint16_t ", {"out_shift"});
        append(p, "int32_t ", {"out_add"});
    }
    append(p, "uint16_t ",
           {"dim_im_in_x", "dim_im_in_y", "ch_im_in", "dim_im_out_x", "dim_im_out_y",
            "dim_kernel_x", "dim_kernel_y", "padding_t", "padding_b", "padding_l", "padding_r",
            "stride_x", "stride_y"});
    if (average)
        append(p, "int ", {"flag_requant"});
    return p;
}

Parameters parametersOf(const Kernel& kernel)
{
    switch (kernel.family) {
    case KernelFamily::Add:
        return addParameters();
    case KernelFamily::AveragePool:
    case KernelFamily::MaxPool:
        return poolParameters(kernel);
    default:
        return weightedParameters(kernel);
    }
}

std::string declaration(const std::string& name, const Kernel& kernel)
{
    std::string text = "void " + name + "(";
    bool first = true;
    for (const auto& [type, parameter] : parametersOf(kernel)) {
        text += (first ? "\n    " : ",\n    ") + type + parameter;
        first = false;
    }
    return text + ")";
}

std::string typeValue(const IntegerType& type)
{
    return "(portable_type){" + std::to_string(type.bits) + ", " + (type.is_signed ? "1" : "0") +
           "}";
}

std::string require(const std::string& condition, const std::string& kernel,
                    const std::string& rule)
{
    return "    portable_require(" + condition + ",\n        \"" + kernel + "\", \"" + rule +
           "\");\n";
}

constexpr const char* requant_rule = "bias NULL, requantization by kappa and lambda";
constexpr const char* requant_condition = "!pBias && flag_relu == 1 && flag_batchnorm == 1";

/// Spoils what the library's kernel unpacks into, so that nothing else may lie there.
std::string scratchBody(const std::string& name, const Kernel& kernel)
{
    const std::string taps = "dim_kernel_x * dim_kernel_y";
    if (kernel.family != KernelFamily::Depthwise) {
        const bool packed = name.starts_with("xpulp");
        const int bits = packed ? std::max(kernel.inputs[0].bits, kernel.weight_bits) : 8;
        return "    portable_spoil(pIm2ColBuffer, (size_t)(2 * " + taps + " * ch_in * " +
               std::to_string(bits) + " / 8));\n";
    }
    const int group =
        depthwiseGroup({kernel.inputs[0].bits, kernel.weight_bits, kernel.output.bits});
    const std::string groups = std::to_string(group) + " * ";
    return "    portable_spoil(pIm2ColBuffer, (size_t)(" + groups +
           "dim_kernel_x * (dim_in_y + padding_y_top + padding_y_bottom + 1)));\n" +
           (kernel.weight_bits < 8
                ? "    portable_spoil(pWtBuffer, (size_t)(" + groups + taps + "));\n"
                : "    (void)pWtBuffer;\n");
}

std::string windowBody(const std::string& name, const Kernel& kernel)
{
    const bool depthwise = kernel.family == KernelFamily::Depthwise;
    std::string text =
        "    const portable_geometry geometry = {dim_in_x, dim_in_y, ch_in, dim_out_x, dim_out_y,\n"
        "        ch_out, dim_kernel_x, dim_kernel_y, padding_y_top, padding_x_left, stride_x,\n"
        "        stride_y};\n"
        "    const portable_requantization requantization = {pKappa, pLambda, out_shift};\n"
        "    (void)out_mul;\n    (void)padding_y_bottom;\n    (void)padding_x_right;\n";
    text += scratchBody(name, kernel);
    text += require(requant_condition, name, requant_rule);
    // With 8 bits on both sides, whole filters and pixels are whole bytes anyway.
    const bool bytes = !depthwise && kernel.inputs[0].bits == 8 && kernel.weight_bits == 8;
    text += require(bytes ? "ch_out % 8 == 0" : "ch_in % 8 == 0 && ch_out % 8 == 0", name,
                    "channels a multiple of 8");
    if (depthwise && name.starts_with("xpulp"))
        text += require("dim_kernel_x * dim_kernel_y % 4 <= 1", name,
                        "0 or 1 taps beyond a multiple of 4");
    if (depthwise)
        text += require("dim_kernel_x * dim_kernel_y >= 4 && dim_kernel_x >= 2 && "
                        "ch_in == ch_out &&\n"
                        "        (stride_x == 1 || padding_x_right == 0) &&\n"
                        "        dim_out_x > (padding_x_left + stride_x - 1) / stride_x + "
                        "padding_x_right",
                        name,
                        "4 taps, 2 columns of them, a column that touches no border, right padding "
                        "at stride 1");
    return text + "    portable_" + (depthwise ? "depthwise" : "conv") + "(pIn, " +
           typeValue(kernel.inputs[0]) + ", pWeight, " + std::to_string(kernel.weight_bits) +
           ",\n        pOut, " + typeValue(kernel.output) + ", requantization, geometry);\n";
}

std::string linearBody(const std::string& name, const Kernel& kernel)
{
    const bool narrow = kernel.inputs[0].bits == 2 || kernel.weight_bits == 2;
    const std::string multiple = narrow ? "16" : "8";
    const std::string rule =
        require("dim_vec % " + multiple + " == 0", name, "inputs a multiple of " + multiple);
    const std::string head =
        "(pIn, " + typeValue(kernel.inputs[0]) + ", pWeight, " + std::to_string(kernel.weight_bits);
    if (kernel.family == KernelFamily::Linear32)
        return rule + "    portable_linear_32" + head +
               ",\n        pBias, pOut, dim_vec, num_o_neurons);\n";
    return "    const portable_geometry geometry = {1, 1, dim_vec, 1, 1, num_o_neurons, 1, 1, 0, "
           "0, 1, 1};\n"
           "    const portable_requantization requantization = {pKappa, pLambda, out_shift};\n"
           "    (void)out_mul;\n" +
           require(requant_condition, name, requant_rule) + rule +
           require("num_o_neurons % 4 == 0", name, "neurons a multiple of 4") +
           "    portable_conv" + head + ",\n        pOut, " + typeValue(kernel.output) +
           ", requantization, geometry);\n";
}

std::string addBody(const std::string& name, const Kernel& kernel)
{
    return "    const portable_scaling first = {in_mult1, in_add1, in_shift1};\n"
           "    const portable_scaling second = {in_mult2, in_add2, in_shift2};\n"
           "    const portable_scaling sum = {out_mult, out_add, out_shift};\n" +
           require("ch_im_in % 8 == 0 && out_requant_flag", name,
                   "channels a multiple of 8, requantization on") +
           "    portable_add(pIn1, " + typeValue(kernel.inputs[0]) + ", first, pIn2, " +
           typeValue(kernel.inputs[1]) + ", second,\n        pOut, " + typeValue(kernel.output) +
           ", sum, (size_t)dim_im_in_x * (size_t)dim_im_in_y * (size_t)ch_im_in);\n";
}

std::string poolBody(const std::string& name, const Kernel& kernel)
{
    const std::string geometry =
        "    const portable_geometry geometry = {dim_im_in_x, dim_im_in_y, ch_im_in, "
        "dim_im_out_x,\n"
        "        dim_im_out_y, ch_im_in, dim_kernel_x, dim_kernel_y, padding_t, padding_l, "
        "stride_x,\n        stride_y};\n";
    if (kernel.family == KernelFamily::MaxPool)
        return geometry + "    (void)padding_b;\n    (void)padding_r;\n" +
               require("padding_l < stride_x && dim_im_out_x <= dim_im_in_x", name,
                       "left padding below the stride") +
               "    portable_max_pool(pIn, pOut, " + typeValue(kernel.output) + ", geometry);\n";
    return geometry +
           require("flag_requant && padding_t == padding_b && padding_l == padding_r &&\n"
                   "        ch_im_in % 8 == 0",
                   name, "requantization on, equal padding on opposite sides") +
           "    portable_average_pool(pIn, " + typeValue(kernel.inputs[0]) + ", pOut, " +
           typeValue(kernel.output) + ", lambda, out_add,\n        out_shift, geometry);\n";
}

std::string body(const std::string& name, const Kernel& kernel)
{
    switch (kernel.family) {
    case KernelFamily::Conv:
    case KernelFamily::Depthwise:
        return windowBody(name, kernel);
    case KernelFamily::Linear:
    case KernelFamily::LinearByAccumulators: // declared as Linear32
    case KernelFamily::Linear32:
        return linearBody(name, kernel);
    case KernelFamily::Add:
        return addBody(name, kernel);
    case KernelFamily::AveragePool:
    case KernelFamily::MaxPool:
        return poolBody(name, kernel);
    }
    return {};
}

} // namespace

std::string kernelsHeader(const ExportPlan& plan)
{
    std::string text = "/* SPDX-License-Identifier: Apache-2.0 */\n"
                       "/* The kernels that this network calls, with the library's signatures. */\n"
                       "#ifndef PULP_NN_KERNELS_H\n#define PULP_NN_KERNELS_H\n\n"
                       "#include <stdint.h>\n\n";
    for (const auto& [name, kernel] : usedKernels(plan))
        text += declaration(name, kernel) + ";\n\n";
    return text + "#endif\n";
}

std::string kernelsSource(const ExportPlan& plan)
{
    std::string text = "/* SPDX-License-Identifier: Apache-2.0 */\n"
                       "/* Entry points of the kernels that this network calls. */\n"
                       "#include \"pulp_nn_kernels.h\"\n\n#include \"portable_kernels.h\"\n";
    for (const auto& [name, kernel] : usedKernels(plan))
        text += "\n" + declaration(name, kernel) + "\n{\n" + body(name, kernel) + "}\n";
    return text;
}

} // namespace bitdial
