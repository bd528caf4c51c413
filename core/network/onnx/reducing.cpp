// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/folding.h"
#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

constexpr double largest_exact = 9007199254740992.0; // 2^53

double first(const std::string& op)
{
    if (op == "ReduceProd")
        return 1;
    const double infinity = std::numeric_limits<double>::infinity();
    return op == "ReduceMax" ? -infinity : op == "ReduceMin" ? infinity : 0;
}

double joined(const std::string& op, double a, double b)
{
    if (op == "ReduceProd")
        return a * b;
    if (op == "ReduceMax" || op == "ReduceMin")
        return op == "ReduceMax" ? std::max(a, b) : std::min(a, b);
    return a + b;
}

} // namespace

bool isOnnxReducing(const std::string& op)
{
    return op == "ReduceProd" || op == "ReduceSum" || op == "ReduceMean" || op == "ReduceMax" ||
           op == "ReduceMin";
}

OnnxConstant reduceOnnx(const onnx::NodeProto& node, const OnnxInputs& inputs,
                        OnnxConstants& constants)
{
    if (inputs.empty() || !inputs[0])
        throw OnnxRefusal{"an input is missing"};
    const auto& from = *inputs[0];
    const auto& op = node.op_type();
    const auto axes = onnxAxes(node, constants);
    const bool all = axes.empty() && onnxInteger(node, "noop_with_empty_axes", 0) == 0;
    std::vector<bool> reduced(from.sizes.size(), all);
    for (const auto axis : axes)
        reduced[std::size_t(onnxAxis(axis, from.sizes.size()))] = true;
    OnnxSizes kept = from.sizes;
    OnnxSizes sizes;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        kept[i] = reduced[i] ? 1 : kept[i];
        if (!reduced[i] || onnxInteger(node, "keepdims", 1) != 0)
            sizes.push_back(kept[i]);
    }
    auto to = newOnnxConstant(from.type, sizes, constants);
    const auto count = onnxCount(sizes);
    if (from.values.empty())
        throw OnnxRefusal{"it reduces a constant without numbers"};
    constants.chargeWork(from.values.size());
    constants.charge(count * sizeof(double));
    std::vector<double> sums(count, first(op));
    auto walk = onnxBroadcastWalk(kept, from.sizes);
    for (std::size_t i = 0; i < from.values.size(); ++i) {
        double& sum = sums[walk.next()];
        sum = joined(op, sum,
                     from.integers.empty() ? double(from.values[i]) : double(from.integers[i]));
    }
    const double shared = op == "ReduceMean" ? double(from.values.size()) / double(count) : 1;
    for (const double sum : sums) {
        if (isOnnxFloat(from.type))
            appendReal(to, sum / shared);
        else if (std::abs(sum) <= largest_exact)
            appendInteger(to, std::int64_t(sum / shared));
        else
            throw OnnxRefusal{"it computes a whole number beyond 2^53"};
    }
    constants.giveBack(count * sizeof(double));
    return to;
}

} // namespace bitdial
