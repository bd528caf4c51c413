// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/onnx/tensors.h"
#include "core/network/onnx/view.h"

#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace onnx {
class GraphProto;
class NodeProto;
class TensorProto;
} // namespace onnx

namespace bitdial {

/// A small integer tensor that is known while the file is read: a shape or a part of one.
struct OnnxShape {
    std::vector<OnnxShapeValue> values;
    bool is_scalar = false;
    int type = onnx_int64; ///< what the file has it as
};

/// All constants of a graph by the value's name: initializers, Constant nodes and what is computed
/// from them. Numbers are read when they are asked for, and what nothing reads any more is
/// released, so that a large file is not held three times. All members throw Error(BadInput) that
/// names the tensor where its data is wrong, and where a hostile file would need more memory than
/// its size warrants.
class OnnxConstants {
public:
    /// `graph` must outlive this; its initializers are released as they are read. `folder` as of
    /// readOnnxTensor. `budget` is the number of bytes that may be made of the file.
    OnnxConstants(onnx::GraphProto& graph, std::string where, const std::filesystem::path* folder,
                  std::uint64_t budget);

    bool has(const std::string& value) const { return m_entries.contains(value); }
    /// The constant of that name, which must exist.
    std::shared_ptr<const OnnxConstant> get(const std::string& value);
    /// The same, for a reader that keeps the numbers and does not ask again.
    OnnxConstant take(const std::string& value);
    void define(const std::string& value, OnnxConstant constant);
    void defineShape(const std::string& value, OnnxShape shape);
    bool hasShape(const std::string& value) const { return m_shapes.contains(value); }
    /// As a shape; throws OnnxRefusal when it is none (not known, not integer, too long).
    OnnxShape shape(const std::string& value);
    /// Whole numbers without a multiple of the batch. Throws OnnxRefusal.
    std::vector<std::int64_t> integers(const std::string& value);
    /// For a reader that does not ask again: what nothing else reads is released.
    void drop(const std::string& value);
    /// Accounts for memory about to be filled.
    void charge(std::uint64_t bytes);
    /// Accounts for the time of computing that many numbers, which the file's own size bounds.
    void chargeWork(std::uint64_t numbers);
    /// Gives back what was charged for memory that has been released.
    void giveBack(std::uint64_t bytes);

private:
    struct Entry {
        onnx::TensorProto* stored = nullptr; ///< not read yet
        std::shared_ptr<OnnxConstant> read;
        std::weak_ptr<const OnnxConstant> lent; ///< a large one that somebody holds now
    };
    Entry& entry(const std::string& value);
    OnnxConstant readStored(const onnx::TensorProto& tensor);
    void releaseStored(onnx::TensorProto& tensor);

    std::string m_where;
    const std::filesystem::path* m_folder;
    std::uint64_t m_limit;     ///< bytes
    std::uint64_t m_used = 0;  ///< of the limit
    std::uint64_t m_moved = 0; ///< bytes charged so far, also those given back: bounds the time
    std::uint64_t m_work = 0;  ///< numbers computed so far
    std::uint64_t m_work_limit;
    std::set<std::string> m_data_files; ///< whose size is in the budget
    std::unordered_map<std::string, Entry> m_entries;
    std::unordered_map<std::string, int> m_readers;
    std::unordered_map<std::string, OnnxShape> m_shapes;
};

/// The value of a Constant node in any of its forms. Throws OnnxRefusal (sparse_value, strings).
/// `tensor` is set instead where the value is a tensor.
OnnxConstant onnxConstantNode(const onnx::NodeProto& node, const onnx::TensorProto*& tensor);

/// Whether foldOnnxNode knows the operator.
bool isOnnxFolded(const std::string& op);

/// Computes a node all of whose inputs are constants or shapes, and defines its output. Throws
/// OnnxRefusal when the operator is none that is computed beforehand. False where an input had gone
/// through a quantizer and the result no longer is what that gave.
bool foldOnnxNode(const onnx::NodeProto& node, OnnxConstants& constants);

/// The axes of a node that has them as an attribute or, later, as its input 1; empty when absent.
std::vector<std::int64_t> onnxAxes(const onnx::NodeProto& node, OnnxConstants& constants);

} // namespace bitdial
