// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/onnx/constants.h"

#include <memory>
#include <string>
#include <vector>

/// What the importer computes beforehand, from constants alone. Internal to it. All functions throw
/// OnnxRefusal for what they do not compute and OnnxInvalid for what no file may hold; memory is
/// accounted for with the constants before it is filled.
namespace bitdial {

using OnnxSizes = std::vector<std::int64_t>;
/// A node's inputs; null where an optional one is not given.
using OnnxInputs = std::vector<std::shared_ptr<const OnnxConstant>>;

/// Visits the elements of a tensor that is shown with other sizes: one step of the tensor's own
/// elements for each dimension, 0 where it is broadcast.
class OnnxWalk {
public:
    OnnxWalk(OnnxSizes sizes, OnnxSizes steps, std::int64_t start = 0)
        : m_sizes(std::move(sizes)),
          m_steps(std::move(steps)),
          m_at(m_sizes.size(), 0),
          m_element(start)
    {
    }
    /// The element to read now; goes on to the next.
    std::size_t next()
    {
        const auto element = std::size_t(m_element);
        for (std::size_t d = m_sizes.size(); d > 0; --d) {
            m_element += m_steps[d - 1];
            if (++m_at[d - 1] < m_sizes[d - 1])
                break;
            m_element -= m_steps[d - 1] * m_sizes[d - 1];
            m_at[d - 1] = 0;
        }
        return element;
    }

private:
    OnnxSizes m_sizes;
    OnnxSizes m_steps;
    OnnxSizes m_at;
    std::int64_t m_element;
};

/// Elements between neighbours along each dimension.
OnnxSizes onnxStrides(const OnnxSizes& sizes);
/// Sizes of what two tensors are broadcast to.
OnnxSizes onnxBroadcastSizes(const OnnxSizes& a, const OnnxSizes& b);
/// Walks a tensor of those sizes as if it had been broadcast.
OnnxWalk onnxBroadcastWalk(const OnnxSizes& from, const OnnxSizes& to);

/// An empty tensor whose numbers are to be appended with appendFrom, appendReal or appendInteger.
OnnxConstant newOnnxConstant(int type, OnnxSizes sizes, OnnxConstants& constants);
/// Number of elements that the sizes say; throws OnnxRefusal beyond 2^29.
std::size_t onnxCount(const OnnxSizes& sizes);
std::int64_t onnxIntegerAt(const OnnxConstant& constant, std::size_t element);
void appendFrom(OnnxConstant& to, const OnnxConstant& from, std::size_t element);
/// Rounds to the constant's type, half to even. Throws OnnxRefusal when a finite number is beyond
/// float16 or bfloat16; what is infinite or no number already stays so.
void appendReal(OnnxConstant& to, double value);
/// Throws OnnxRefusal when the number is beyond the constant's type.
void appendInteger(OnnxConstant& to, std::int64_t value);

/// Operators that compute each number from the numbers at its place, with broadcasting.
bool isOnnxElementwise(const std::string& op);
OnnxConstant computeOnnxElementwise(const onnx::NodeProto& node, const OnnxInputs& inputs,
                                    OnnxConstants& constants);

/// Operators that choose, order and regroup numbers.
bool isOnnxRearranging(const std::string& op);
OnnxConstant rearrangeOnnx(const onnx::NodeProto& node, const OnnxInputs& inputs,
                           OnnxConstants& constants);

/// Sums, means, products and extrema along dimensions.
bool isOnnxReducing(const std::string& op);
OnnxConstant reduceOnnx(const onnx::NodeProto& node, const OnnxInputs& inputs,
                        OnnxConstants& constants);

/// A shape computed from shapes, some of them multiples of the batch.
OnnxShape foldOnnxShape(const onnx::NodeProto& node, OnnxConstants& constants);

} // namespace bitdial
