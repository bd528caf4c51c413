// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/constants.h"

#include "core/base/error.h"
#include "core/network/onnx/external.h"
#include "core/network/onnx/folding.h"
#include "core/network/onnx/node.h"

#include <onnx/onnx_pb.h>

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::size_t kept_elements = 4096;
constexpr std::size_t longest_shape = 64;
constexpr std::uint64_t free_work = std::uint64_t(1) << 24; ///< numbers, a fraction of a second
constexpr std::uint64_t work_per_byte = 4;
constexpr std::uint64_t most_rounds = 2; ///< how often the memory may be filled

} // namespace

OnnxConstants::OnnxConstants(onnx::GraphProto& graph, std::string where,
                             const std::filesystem::path* folder, std::uint64_t budget)
    : m_where(std::move(where)),
      m_folder(folder),
      m_limit(budget),
      m_work_limit(free_work + work_per_byte * graph.ByteSizeLong())
{
    for (auto& tensor : *graph.mutable_initializer())
        m_entries[tensor.name()].stored = &tensor;
    for (const auto& node : graph.node())
        for (const auto& input : node.input())
            ++m_readers[input];
}

void OnnxConstants::charge(std::uint64_t bytes)
{
    if (bytes > m_limit - m_used)
        throw Error(ErrorCode::BadInput, "The ONNX network cannot be read", m_where,
                    "its numbers need " + std::to_string(m_used + bytes) +
                        " bytes of memory, the limit for files of its size is " +
                        std::to_string(m_limit) + " bytes",
                    "Store the weights as float numbers, which need no more memory than their "
                    "file, or use a smaller network");
    if (bytes > most_rounds * m_limit - m_moved)
        throw Error(ErrorCode::BadInput, "The ONNX network cannot be read", m_where,
                    "it copies its numbers so often that " + std::to_string(m_moved + bytes) +
                        " bytes are moved, the limit for files of its size is " +
                        std::to_string(most_rounds * m_limit) + " bytes",
                    "Fold its constants with the exporter's optimiser and export it again");
    m_used += bytes;
    m_moved += bytes;
}

void OnnxConstants::chargeWork(std::uint64_t numbers)
{
    if (numbers > m_work_limit - m_work)
        throw Error(ErrorCode::BadInput, "The ONNX network cannot be read", m_where,
                    "computing its constants takes more than " + std::to_string(m_work_limit) +
                        " steps, the limit for files of its size",
                    "Fold its constants with the exporter's optimiser and export it again");
    m_work += numbers;
}

void OnnxConstants::giveBack(std::uint64_t bytes)
{
    m_used -= std::min(m_used, bytes);
}

OnnxConstants::Entry& OnnxConstants::entry(const std::string& value)
{
    const auto found = m_entries.find(value);
    if (found == m_entries.end() || (!found->second.read && !found->second.stored))
        throw OnnxRefusal{"its input " + onnxQuoted(value) + " is not a constant"};
    return found->second;
}

OnnxConstant OnnxConstants::readStored(const onnx::TensorProto& tensor)
{
    try {
        // What another file holds warrants memory as the model's own bytes do.
        if (tensor.data_location() == onnx::TensorProto::EXTERNAL && m_folder) {
            const auto place = onnxExternalPlace(tensor);
            if (m_data_files.insert(place.location).second) {
                const auto bytes = onnxExternalSize(*m_folder, place);
                m_limit += bytes;
                m_work_limit += work_per_byte * bytes;
            }
        }
        charge(onnxElements(tensor) * sizeof(float));
        return readOnnxTensor(tensor, m_folder);
    } catch (const OnnxInvalid& invalid) {
        throw Error(ErrorCode::BadInput, "A tensor of the ONNX file cannot be read",
                    m_where + ": tensor " + onnxQuoted(tensor.name()), invalid.why,
                    "Write the file again with its exporter, beside its data files if it has any");
    }
}

std::shared_ptr<const OnnxConstant> OnnxConstants::get(const std::string& value)
{
    auto& known = entry(value);
    if (known.read)
        return known.read;
    if (auto lent = known.lent.lock())
        return lent;
    auto constant = std::make_unique<OnnxConstant>(readStored(*known.stored));
    if (constant->values.size() <= kept_elements)
        return known.read = std::move(constant);
    const auto bytes = constant->values.size() * sizeof(float);
    std::shared_ptr<const OnnxConstant> lent(
        constant.release(), [this, bytes](const OnnxConstant* read) {
            const std::unique_ptr<const OnnxConstant> released(read);
            giveBack(bytes);
        });
    known.lent = lent;
    return lent;
}

/// The memory that the file's bytes took may hold other numbers from now on.
void OnnxConstants::releaseStored(onnx::TensorProto& tensor)
{
    if (!tensor.has_raw_data())
        return;
    m_limit += tensor.raw_data().size();
    delete tensor.release_raw_data();
}

void OnnxConstants::drop(const std::string& value)
{
    auto& known = entry(value);
    if (--m_readers[value] != 0)
        return;
    if (known.read)
        giveBack(known.read->values.size() * sizeof(float));
    known.read.reset();
    if (known.stored)
        releaseStored(*known.stored);
}

OnnxConstant OnnxConstants::take(const std::string& value)
{
    auto& known = entry(value);
    const bool last = --m_readers[value] == 0;
    if (known.read) {
        if (!last)
            charge(known.read->values.size() * sizeof(float));
        return last && known.read.use_count() == 1 ? std::move(*known.read) : *known.read;
    }
    auto constant = readStored(*known.stored);
    // The float copy replaces the file's bytes.
    if (last)
        releaseStored(*known.stored);
    return constant;
}

void OnnxConstants::define(const std::string& value, OnnxConstant constant)
{
    m_entries[value].read = std::make_shared<OnnxConstant>(std::move(constant));
}

void OnnxConstants::defineShape(const std::string& value, OnnxShape shape)
{
    if (shape.values.size() > longest_shape)
        throw OnnxRefusal{"it computes a list that is too long for a shape"};
    m_shapes[value] = std::move(shape);
}

OnnxShape OnnxConstants::shape(const std::string& value)
{
    if (const auto found = m_shapes.find(value); found != m_shapes.end())
        return found->second;
    const auto constant = get(value);
    if (constant->sizes.size() > 1 || constant->values.size() > longest_shape)
        throw OnnxRefusal{"its input " + onnxQuoted(value) + " is no list of sizes"};
    if (!isOnnxInteger(constant->type))
        throw OnnxRefusal{"its input " + onnxQuoted(value) + " is no list of whole numbers"};
    OnnxShape shape;
    shape.is_scalar = constant->sizes.empty();
    shape.type = constant->type;
    for (std::size_t i = 0; i < constant->values.size(); ++i)
        shape.values.push_back({onnxIntegerAt(*constant, i), false});
    return shape;
}

std::vector<std::int64_t> OnnxConstants::integers(const std::string& value)
{
    std::vector<std::int64_t> numbers;
    for (const auto& number : shape(value).values) {
        if (number.batch)
            throw OnnxRefusal{"its input " + onnxQuoted(value) + " depends on the batch"};
        numbers.push_back(number.value);
    }
    return numbers;
}

std::vector<std::int64_t> onnxAxes(const onnx::NodeProto& node, OnnxConstants& constants)
{
    if (onnxHasInput(node, 1))
        return constants.integers(node.input(1));
    return onnxIntegers(node, "axes", {});
}

OnnxConstant onnxConstantNode(const onnx::NodeProto& node, const onnx::TensorProto*& tensor)
{
    tensor = nullptr;
    OnnxConstant constant;
    const auto integers = [&](const std::vector<std::int64_t>& values) {
        constant.type = onnx_int64;
        constant.integers = values;
        constant.values.assign(values.begin(), values.end());
    };
    if (const auto* value = onnxAttribute(node, "value")) {
        tensor = &value->t();
    } else if (const auto* one = onnxAttribute(node, "value_float")) {
        constant.values = {one->f()};
    } else if (const auto* floats = onnxAttribute(node, "value_floats")) {
        constant.values.assign(floats->floats().begin(), floats->floats().end());
        constant.sizes = {floats->floats_size()};
    } else if (onnxAttribute(node, "value_int")) {
        integers({onnxInteger(node, "value_int", 0)});
    } else if (onnxAttribute(node, "value_ints")) {
        integers(onnxIntegers(node, "value_ints", {}));
        constant.sizes = {std::int64_t(constant.integers.size())};
    } else if (onnxAttribute(node, "sparse_value")) {
        throw OnnxRefusal{"sparse_value is not supported"};
    } else {
        throw OnnxRefusal{"it holds no number"};
    }
    return constant;
}

} // namespace bitdial
