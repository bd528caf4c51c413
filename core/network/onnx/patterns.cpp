// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/patterns.h"

#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

constexpr int deepest_product = 3;
constexpr int most_identities = 8;
constexpr double tolerance = 1e-5; ///< of the constants, relative

bool isNear(double value, double expected)
{
    return std::abs(value - expected) <= tolerance * std::max(1e-3, std::abs(expected));
}

bool isOp(const onnx::NodeProto* node, const std::string& op)
{
    return node && node->op_type() == op && isStandardOnnx(*node);
}

/// scale * min(max(x + 3, 0), 6) of some value x.
struct Gate {
    std::string x;
    double scale = 1;
};

/// A product's factors: numbers, the value x and its gate.
struct Factors {
    double number = 1;
    int values = 0;
    int gates = 0;
};

class PatternSearch {
public:
    PatternSearch(const OnnxOrder& order, const std::string& output, OnnxConstants& constants)
        : m_order(order), m_output(output), m_constants(constants)
    {
        for (const auto* node : order.nodes) {
            for (const auto& made : node->output())
                m_makers[made] = node;
            for (const auto& read : node->input())
                m_readers[read].push_back(node);
        }
    }

    OnnxPatterns search()
    {
        // The whole product comes before its parts.
        for (auto node = m_order.nodes.rbegin(); node != m_order.nodes.rend(); ++node) {
            if (m_found.absorbed.contains(*node) || (*node)->output_size() != 1)
                continue;
            if (isOp(*node, "Mul") || isOp(*node, "Div"))
                findHardSwish(**node);
            else if (isOp(*node, "Transpose"))
                findShuffle(**node);
        }
        for (const auto& [value, readers] : m_readers)
            if (readers.size() == 1 && value != m_output)
                m_found.sole_readers[value] = readers[0];
        return std::move(m_found);
    }

private:
    const onnx::NodeProto* maker(const std::string& value) const
    {
        const auto found = m_makers.find(value);
        return found == m_makers.end() ? nullptr : found->second;
    }

    /// The value behind Identity nodes; these belong to the pattern.
    std::string resolved(std::string value)
    {
        for (int i = 0; i < most_identities; ++i) {
            const auto* node = maker(value);
            if (!isOp(node, "Identity") || node->input_size() != 1)
                break;
            m_parts.push_back(node);
            value = node->input(0);
        }
        return value;
    }

    std::optional<double> number(const onnx::NodeProto& node, int index)
    {
        if (!onnxHasInput(node, index) || !m_constants.has(node.input(index)))
            return {};
        const auto constant = m_constants.get(node.input(index));
        if (constant->values.size() != 1)
            return {};
        return double(constant->values[0]);
    }

    /// Of a node of two inputs, one of them a number: which input is the other.
    std::optional<int> otherThanNumber(const onnx::NodeProto& node, double& value)
    {
        for (int i = 0; i < 2 && node.input_size() == 2; ++i)
            if (const auto found = number(node, i)) {
                value = *found;
                return 1 - i;
            }
        return {};
    }

    /// The value before the nodes that bound it, Clip or Relu, Min and Max.
    std::string unbounded(std::string value, double& low, double& high)
    {
        for (int i = 0; i < 2; ++i) {
            value = resolved(value);
            const auto* node = maker(value);
            double bound = 0;
            if (isOp(node, "Clip")) {
                const auto given = [&](int index, const char* name, double fallback) {
                    if (onnxHasInput(*node, index))
                        return number(*node, index).value_or(std::nan(""));
                    return double(onnxFloat(*node, name, float(fallback)));
                };
                low = std::max(low, given(1, "min", low));
                high = std::min(high, given(2, "max", high));
            } else if (isOp(node, "Relu")) {
                low = std::max(low, 0.0);
            } else if (isOp(node, "Min") || isOp(node, "Max")) {
                const auto other = otherThanNumber(*node, bound);
                if (!other)
                    return value;
                node->op_type() == "Min" ? high = std::min(high, bound)
                                         : low = std::max(low, bound);
                m_parts.push_back(node);
                value = node->input(*other);
                continue;
            } else {
                return value;
            }
            m_parts.push_back(node);
            value = node->input_size() > 0 ? node->input(0) : std::string();
        }
        return resolved(value);
    }

    /// Whether the value is `factor` * x + `summand`; x.
    std::optional<std::string> shifted(const std::string& value, double factor, double summand)
    {
        const auto* sum = maker(value);
        double found = 0;
        const auto other = isOp(sum, "Add") ? otherThanNumber(*sum, found) : std::nullopt;
        if (!other || !isNear(found, summand))
            return {};
        m_parts.push_back(sum);
        const auto scaled = resolved(sum->input(*other));
        if (factor == 1)
            return scaled;
        const auto* product = maker(scaled);
        if (!isOp(product, "Mul") && !isOp(product, "Div"))
            return {};
        const auto term = otherThanNumber(*product, found);
        if (!term || (product->op_type() == "Div" && *term != 0) ||
            !isNear(product->op_type() == "Div" ? 1 / found : found, factor))
            return {};
        m_parts.push_back(product);
        return resolved(product->input(*term));
    }

    std::optional<Gate> gate(const std::string& value)
    {
        const auto* node = maker(value);
        if (isOp(node, "HardSigmoid") && node->input_size() == 1) {
            if (!isNear(double(onnxFloat(*node, "alpha", 0.2F)), 1.0 / 6) ||
                !isNear(double(onnxFloat(*node, "beta", 0.5F)), 0.5))
                return {};
            m_parts.push_back(node);
            return Gate{resolved(node->input(0)), 1.0 / 6};
        }
        double low = -std::numeric_limits<double>::infinity();
        double high = -low;
        const auto inner = unbounded(value, low, high);
        if (low != 0)
            return {};
        if (const auto x = isNear(high, 6) ? shifted(inner, 1, 3) : std::nullopt)
            return Gate{*x, 1};
        if (const auto x = isNear(high, 1) ? shifted(inner, 1.0 / 6, 0.5) : std::nullopt)
            return Gate{*x, 1.0 / 6};
        return {};
    }

    /// All gates among a product's factors: one factor may be the product of another pattern.
    void gatesWithin(const std::string& product, int depth, std::vector<Gate>& gates)
    {
        const auto value = resolved(product);
        if (auto found = gate(value))
            return gates.push_back(std::move(*found));
        const auto* node = maker(value);
        if (depth == 0 || (!isOp(node, "Mul") && !isOp(node, "Div")) || node->input_size() != 2)
            return;
        for (int i = 0; i < (node->op_type() == "Mul" ? 2 : 1); ++i)
            gatesWithin(node->input(i), depth - 1, gates);
    }

    /// Adds the factors of a value; false when there are others than numbers, x and its gate.
    bool collect(const std::string& product, const std::string& x, int depth, Factors& factors)
    {
        const auto value = resolved(product);
        if (value == x) {
            ++factors.values;
            return true;
        }
        if (const auto found = gate(value); found && found->x == x) {
            ++factors.gates;
            factors.number *= found->scale;
            return true;
        }
        const auto* node = maker(value);
        const bool divides = isOp(node, "Div");
        if (depth == 0 || (!isOp(node, "Mul") && !divides) || node->input_size() != 2)
            return false;
        m_parts.push_back(node);
        for (int i = 0; i < 2; ++i)
            if (const auto constant = number(*node, i); constant && (!divides || i == 1))
                factors.number *= divides ? 1 / *constant : *constant;
            else if ((divides && i == 1) || !collect(node->input(i), x, depth - 1, factors))
                return false;
        return true;
    }

    void findHardSwish(const onnx::NodeProto& last)
    {
        std::vector<Gate> gates;
        gatesWithin(last.output(0), deepest_product, gates);
        for (const auto& candidate : gates) {
            m_parts.clear();
            Factors factors;
            if (!collect(last.output(0), candidate.x, deepest_product, factors) ||
                factors.values != 1 || factors.gates != 1 || !isNear(factors.number, 1.0 / 6))
                continue;
            m_found.hard_swishes[last.output(0)] = candidate.x;
            return absorb(last);
        }
    }

    /// Takes the parts out that nothing outside reads.
    void absorb(const onnx::NodeProto& last)
    {
        const auto inside = [&](const onnx::NodeProto* reader) {
            const auto known = m_found.absorbed.find(reader);
            return reader == &last || (known != m_found.absorbed.end() && known->second == &last);
        };
        for (bool more = true; more;) {
            more = false;
            for (const auto* part : m_parts) {
                if (part == &last || m_found.absorbed.contains(part) || part->output_size() != 1 ||
                    part->output(0) == m_output ||
                    !std::ranges::all_of(m_readers[part->output(0)], inside))
                    continue;
                m_found.absorbed[part] = &last;
                more = true;
            }
        }
        m_parts.clear();
    }

    const onnx::NodeProto* soleReader(const onnx::NodeProto& node)
    {
        const auto& readers = m_readers[node.output(0)];
        return readers.size() == 1 && node.output(0) != m_output ? readers[0] : nullptr;
    }

    void findShuffle(const onnx::NodeProto& transpose)
    {
        const std::vector<std::int64_t> swapped = {0, 2, 1, 3, 4};
        const auto* first = transpose.input_size() == 1 ? maker(transpose.input(0)) : nullptr;
        const auto* last = soleReader(transpose);
        if (!isOp(first, "Reshape") || !isOp(last, "Reshape") || first->output_size() != 1 ||
            soleReader(*first) != &transpose || onnxIntegers(transpose, "perm", {}) != swapped ||
            !onnxHasInput(*first, 0) || last->output_size() != 1 ||
            last->input(0) != transpose.output(0))
            return;
        m_found.shuffles[last->output(0)] = first->input(0);
        m_found.absorbed[first] = last;
        m_found.absorbed[&transpose] = last;
    }

    const OnnxOrder& m_order;
    const std::string& m_output;
    OnnxConstants& m_constants;
    std::unordered_map<std::string, const onnx::NodeProto*> m_makers;
    std::unordered_map<std::string, std::vector<const onnx::NodeProto*>> m_readers;
    std::vector<const onnx::NodeProto*> m_parts; ///< nodes looked at for the pattern at hand
    OnnxPatterns m_found;
};

bool gates(const onnx::NodeProto* gate, const std::string& op, const std::string& value)
{
    return isOp(gate, op) && gate->input_size() > 0 && gate->input(0) == value;
}

} // namespace

const std::string* OnnxPatterns::source(const std::string& output) const
{
    for (const auto* pattern : {&hard_swishes, &shuffles})
        if (const auto found = pattern->find(output); found != pattern->end())
            return &found->second;
    return nullptr;
}

OnnxPatterns findOnnxPatterns(const OnnxOrder& order, const std::string& output,
                              OnnxConstants& constants)
{
    try {
        return PatternSearch(order, output, constants).search();
    } catch (const OnnxRefusal&) {
        return {}; // an attribute of a wrong type: the node says so when its turn comes
    }
}

std::string whyNoOnnxProduct(const onnx::NodeProto* first, const onnx::NodeProto* second,
                             const onnx::NodeProto& product, bool same_size)
{
    if (product.op_type() != "Mul")
        return "only the sum of two activations is supported";
    const auto either = [&](const std::string& op) {
        return gates(first, op, product.input(1)) || gates(second, op, product.input(0));
    };
    if (either("Sigmoid"))
        return "this is SiLU, x * Sigmoid(x), which has no kernel on the targets";
    if (either("HardSigmoid"))
        return "this is x * HardSigmoid(x) with other slopes than HardSwish has";
    if (either("Tanh"))
        return "this is x * Tanh(x), which has no kernel on the targets";
    if (!same_size)
        return "it multiplies every channel by a number computed from the input "
               "(squeeze-and-excite), which has no kernel on the targets";
    return "it multiplies two activations, which has no kernel on the targets";
}

} // namespace bitdial
