// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/kernel_names.h"

namespace bitdial {
namespace {

std::string operationName(KernelFamily family)
{
    switch (family) {
    case KernelFamily::Conv:
        return "conv";
    case KernelFamily::Depthwise:
        return "depthwise";
    case KernelFamily::Linear:
    case KernelFamily::Linear32:
    case KernelFamily::LinearByAccumulators:
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
    case KernelFamily::LinearByAccumulators:
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

} // namespace

std::string typeToken(const IntegerType& type)
{
    return (type.is_signed ? "i" : "u") + std::to_string(type.bits);
}

/// pulp_nn_<op>_<in>_<out>_<weight>; an add has two inputs and no weight, a max-pooling one type.
KernelName kernelName(KernelFamily family, const IntegerLayer& layer, int stored_weight_bits,
                      bool is_xpulp_nn)
{
    const std::string prefix = is_xpulp_nn ? "xpulp_nn_" : "pulp_nn_";
    const std::string in = typeToken(layer.inputs[0]);
    const std::string out =
        family == KernelFamily::LinearByAccumulators ? "i32" : typeToken(layer.output);
    const std::string weight = "_i" + std::to_string(stored_weight_bits);
    std::string suffix = in + "_" + out + weight;
    if (family == KernelFamily::Add)
        suffix = in + "_" + typeToken(layer.inputs[1]) + "_" + out;
    else if (family == KernelFamily::AveragePool)
        suffix = in + "_" + out;
    else if (family == KernelFamily::MaxPool)
        suffix = in;
    KernelName kernel;
    kernel.name = prefix + operationName(family) + "_" + suffix;
    kernel.sources = {"src/" + sourceFolder(family) + "/" + kernel.name + ".c"};
    if (family == KernelFamily::Conv) {
        // XpulpV2 unpacks the input to 8 bits before it multiplies.
        const IntegerType unpacked{is_xpulp_nn ? layer.inputs[0].bits : 8,
                                   layer.inputs[0].is_signed};
        kernel.sources.push_back("src/MatrixMultiplication/" + prefix + "matmul_" +
                                 typeToken(unpacked) + "_" + out + weight + ".c");
    }
    return kernel;
}

} // namespace bitdial
