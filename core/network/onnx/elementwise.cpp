// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/folding.h"
#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace bitdial {
namespace {

/// A function that takes this many times as long as an addition is accounted for so often, so that
/// a small file cannot ask for hours of it.
constexpr std::uint64_t slow_functions_weight = 4;

using RealFunction = double (*)(double);
using RealOperation = double (*)(double, double);
using IntegerOperation = std::int64_t (*)(std::int64_t, std::int64_t);

double halfToEven(double x)
{
    const double down = std::floor(x);
    if (x - down != 0.5)
        return std::floor(x + 0.5);
    return std::fmod(down, 2) == 0 ? down : down + 1;
}

const std::map<std::string, RealFunction>& functions()
{
    static const std::map<std::string, RealFunction> table = {
        {"Neg", [](double x) { return -x; }},
        {"Abs", [](double x) { return std::abs(x); }},
        {"Sqrt", [](double x) { return std::sqrt(x); }},
        {"Exp", [](double x) { return std::exp(x); }},
        {"Log", [](double x) { return std::log(x); }},
        {"Reciprocal", [](double x) { return 1 / x; }},
        {"Floor", [](double x) { return std::floor(x); }},
        {"Ceil", [](double x) { return std::ceil(x); }},
        {"Round", [](double x) { return halfToEven(x); }},
        {"Sign", [](double x) { return double((x > 0) - (x < 0)); }},
        {"Relu", [](double x) { return x < 0 ? 0 : x; }},
        {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }},
        {"Tanh", [](double x) { return std::tanh(x); }}};
    return table;
}

const std::map<std::string, RealOperation>& realOperations()
{
    static const std::map<std::string, RealOperation> table = {
        {"Add", [](double a, double b) { return a + b; }},
        {"Sum", [](double a, double b) { return a + b; }},
        {"Sub", [](double a, double b) { return a - b; }},
        {"Mul", [](double a, double b) { return a * b; }},
        {"Div", [](double a, double b) { return a / b; }},
        {"Pow", [](double a, double b) { return std::pow(a, b); }},
        {"Min", [](double a, double b) { return b < a ? b : a; }},
        {"Max", [](double a, double b) { return a < b ? b : a; }},
        {"Equal", [](double a, double b) { return double(a == b); }},
        {"Greater", [](double a, double b) { return double(a > b); }},
        {"Less", [](double a, double b) { return double(a < b); }}};
    return table;
}

void refuseOverflow(bool overflows)
{
    if (overflows)
        throw OnnxRefusal{"it computes a whole number beyond 64 bits"};
}

std::int64_t exact(bool overflows, std::int64_t value)
{
    refuseOverflow(overflows);
    return value;
}

std::int64_t quotient(std::int64_t a, std::int64_t b)
{
    if (b == 0)
        throw OnnxInvalid{"it divides by zero"};
    refuseOverflow(b == -1 && a == std::numeric_limits<std::int64_t>::min());
    return a / b;
}

std::int64_t power(std::int64_t a, std::int64_t b)
{
    const double value = std::pow(double(a), double(b));
    constexpr double exactly_held = 9007199254740992.0; // 2^53
    refuseOverflow(!(std::abs(value) <= exactly_held));
    return std::int64_t(value);
}

const std::map<std::string, IntegerOperation>& integerOperations()
{
    using Int = std::int64_t;
    static const std::map<std::string, IntegerOperation> table = {
        {"Add",
         [](Int a, Int b) {
             Int result = 0;
             const bool overflows = __builtin_add_overflow(a, b, &result);
             return exact(overflows, result);
         }},
        {"Sub",
         [](Int a, Int b) {
             Int result = 0;
             const bool overflows = __builtin_sub_overflow(a, b, &result);
             return exact(overflows, result);
         }},
        {"Mul",
         [](Int a, Int b) {
             Int result = 0;
             const bool overflows = __builtin_mul_overflow(a, b, &result);
             return exact(overflows, result);
         }},
        {"Div", quotient},
        {"Pow", power},
        {"Min", [](Int a, Int b) { return std::min(a, b); }},
        {"Max", [](Int a, Int b) { return std::max(a, b); }},
        {"Equal", [](Int a, Int b) { return Int(a == b); }},
        {"Greater", [](Int a, Int b) { return Int(a > b); }},
        {"Less", [](Int a, Int b) { return Int(a < b); }}};
    return table;
}

bool compares(const std::string& op)
{
    return op == "Equal" || op == "Greater" || op == "Less";
}

/// Computes one node.
class Elementwise {
public:
    Elementwise(const onnx::NodeProto& node, const OnnxInputs& inputs, OnnxConstants& constants)
        : m_node(node), m_inputs(inputs), m_constants(constants)
    {
    }

    OnnxConstant result()
    {
        const auto& op = m_node.op_type();
        if (op == "Cast")
            return cast();
        if (op == "Where")
            return chosen();
        if (op == "Clip")
            return clipped();
        if (functions().contains(op))
            return ofOne();
        if (m_inputs.size() == 1 && (op == "Sum" || op == "Min" || op == "Max")) {
            m_constants.charge(input(0)->values.size() * sizeof(float));
            return *input(0);
        }
        auto all = ofTwo(*input(0), *input(1));
        for (std::size_t i = 2; i < m_inputs.size(); ++i) {
            const auto bytes = all.values.size() * sizeof(float);
            all = ofTwo(all, *input(i));
            m_constants.giveBack(bytes);
        }
        return all;
    }

private:
    const std::shared_ptr<const OnnxConstant>& input(std::size_t index) const
    {
        if (index >= m_inputs.size() || !m_inputs[index])
            throw OnnxRefusal{"an input is missing"};
        return m_inputs[index];
    }

    /// Accounts for the time of functions that are slow.
    void chargeTime(std::size_t count)
    {
        static const std::set<std::string> slow = {"Exp", "Log", "Pow", "Sigmoid", "Tanh"};
        if (slow.contains(m_node.op_type()))
            m_constants.chargeWork(slow_functions_weight * count);
    }

    OnnxConstant ofOne()
    {
        const auto& from = *input(0);
        const auto& op = m_node.op_type();
        const auto function = functions().at(op);
        chargeTime(from.values.size());
        auto to = newOnnxConstant(from.type, from.sizes, m_constants);
        if (isOnnxFloat(from.type)) {
            for (const float value : from.values)
                appendReal(to, function(double(value)));
            return to;
        }
        if (op != "Neg" && op != "Abs" && op != "Sign" && op != "Relu")
            throw OnnxRefusal{"it computes a constant that is no float"};
        for (std::size_t i = 0; i < from.values.size(); ++i) {
            const auto value = onnxIntegerAt(from, i);
            refuseOverflow(value == std::numeric_limits<std::int64_t>::min());
            appendInteger(to, op == "Neg"    ? -value
                              : op == "Abs"  ? std::abs(value)
                              : op == "Sign" ? (value > 0) - (value < 0)
                                             : std::max<std::int64_t>(value, 0));
        }
        return to;
    }

    OnnxConstant ofTwo(const OnnxConstant& a, const OnnxConstant& b)
    {
        const auto& op = m_node.op_type();
        const bool real = isOnnxFloat(a.type);
        if (real != isOnnxFloat(b.type) && op != "Pow") // only that mixes types
            throw OnnxRefusal{"it computes a constant from constants of different types"};
        auto sizes = onnxBroadcastSizes(a.sizes, b.sizes);
        const auto count = onnxCount(sizes);
        chargeTime(count);
        auto from_a = onnxBroadcastWalk(a.sizes, sizes);
        auto from_b = onnxBroadcastWalk(b.sizes, sizes);
        auto to = newOnnxConstant(compares(op) ? int(onnx_bool) : a.type, sizes, m_constants);
        if (real) {
            const auto operation = realOperations().at(op);
            for (std::size_t i = 0; i < count; ++i) {
                const double value =
                    operation(double(a.values[from_a.next()]), double(b.values[from_b.next()]));
                compares(op) ? appendInteger(to, std::int64_t(value)) : appendReal(to, value);
            }
            return to;
        }
        const auto operation = integerOperations().find(op);
        if (operation == integerOperations().end() || isOnnxFloat(b.type))
            throw OnnxRefusal{"it computes a constant that is no float"};
        for (std::size_t i = 0; i < count; ++i) {
            const auto x = onnxIntegerAt(a, from_a.next());
            appendInteger(to, operation->second(x, onnxIntegerAt(b, from_b.next())));
        }
        return to;
    }

    OnnxConstant cast()
    {
        const auto& from = *input(0);
        const int type = int(onnxInteger(m_node, "to", 0));
        if (onnxTypeBits(type) == 0)
            throw OnnxRefusal{"it converts a constant to " + onnxTypeName(type)};
        auto to = newOnnxConstant(type, from.sizes, m_constants);
        constexpr double beyond = 9223372036854775808.0; // 2^63
        for (std::size_t i = 0; i < from.values.size(); ++i) {
            if (isOnnxFloat(type)) {
                appendReal(to, double(from.values[i]));
                continue;
            }
            const double value = std::trunc(double(from.values[i]));
            if (type == onnx_bool)
                appendInteger(to, from.values[i] != 0 ? 1 : 0);
            else if (isOnnxInteger(from.type))
                appendInteger(to, onnxIntegerAt(from, i));
            else if (value >= -beyond && value < beyond)
                appendInteger(to, std::int64_t(value));
            else
                throw OnnxRefusal{"it converts a number that no integer holds"};
        }
        return to;
    }

    OnnxConstant chosen()
    {
        const auto& which = *input(0);
        const OnnxConstant* parts[] = {input(1).get(), input(2).get()};
        if (!isOnnxInteger(which.type) || parts[0]->type != parts[1]->type)
            throw OnnxRefusal{"it chooses between constants of different types"};
        const auto sizes =
            onnxBroadcastSizes(which.sizes, onnxBroadcastSizes(parts[0]->sizes, parts[1]->sizes));
        auto to = newOnnxConstant(parts[0]->type, sizes, m_constants);
        auto from_which = onnxBroadcastWalk(which.sizes, sizes);
        OnnxWalk walks[] = {onnxBroadcastWalk(parts[0]->sizes, sizes),
                            onnxBroadcastWalk(parts[1]->sizes, sizes)};
        const auto count = onnxCount(sizes);
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t elements[] = {walks[0].next(), walks[1].next()};
            const std::size_t part = which.values[from_which.next()] != 0 ? 0 : 1;
            appendFrom(to, *parts[part], elements[part]);
        }
        return to;
    }

    float bound(std::size_t index, const std::string& name, float fallback) const
    {
        if (index >= m_inputs.size() || !m_inputs[index])
            return onnxFloat(m_node, name, fallback);
        if (m_inputs[index]->values.size() != 1)
            throw OnnxRefusal{"its " + name + " is not a single number"};
        return m_inputs[index]->values[0];
    }

    /// Of floats; that of integers says how many bits of a code are used.
    OnnxConstant clipped()
    {
        const auto& from = *input(0);
        if (!isOnnxFloat(from.type))
            throw OnnxRefusal{"it clips a constant that is no float"};
        const float low = bound(1, "min", -std::numeric_limits<float>::infinity());
        const float high = bound(2, "max", std::numeric_limits<float>::infinity());
        auto to = newOnnxConstant(from.type, from.sizes, m_constants);
        for (const float value : from.values) {
            const float raised = value < low ? low : value;
            appendReal(to, double(high < raised ? high : raised));
        }
        return to;
    }

    const onnx::NodeProto& m_node;
    const OnnxInputs& m_inputs;
    OnnxConstants& m_constants;
};

} // namespace

bool isOnnxElementwise(const std::string& op)
{
    return op == "Cast" || op == "Where" || op == "Clip" || functions().contains(op) ||
           realOperations().contains(op);
}

OnnxConstant computeOnnxElementwise(const onnx::NodeProto& node, const OnnxInputs& inputs,
                                    OnnxConstants& constants)
{
    return Elementwise(node, inputs, constants).result();
}

} // namespace bitdial
