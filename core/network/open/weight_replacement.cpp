// SPDX-License-Identifier: Apache-2.0
#include "core/network/open/weight_replacement.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/weights/weight_file.h"

#include <algorithm>
#include <map>
#include <set>

#include <onnx/onnx_pb.h>

namespace bitdial {
namespace {

constexpr int listed = 10;

/// What of a weights file went into an ONNX file.
struct Replaced {
    std::set<std::string> used;
    int missing = 0;
    std::string list; ///< the first of those missing
};

bool sameSizes(const onnx::TensorProto& tensor, const std::vector<std::int64_t>& sizes)
{
    return std::equal(tensor.dims().begin(), tensor.dims().end(), sizes.begin(), sizes.end());
}

std::int64_t numbersIn(const onnx::TensorProto& tensor)
{
    std::int64_t count = 1;
    for (const auto size : tensor.dims())
        count *= size;
    return count;
}

void setValues(onnx::TensorProto& tensor, const std::vector<float>& values)
{
    tensor.clear_float_data();
    tensor.clear_external_data();
    tensor.clear_data_location();
    tensor.set_raw_data(values.data(), values.size() * sizeof(float));
}

using TensorsByName = std::map<std::string_view, const NamedTensor*>;

/// Numbers that the weights file has as well must not stay behind as the ONNX file's.
void checkReplaceable(const onnx::GraphProto& graph, const TensorsByName& tensors,
                      const std::string& source)
{
    const auto refuse = [&](const std::string& name, const std::string& why) {
        throw Error(ErrorCode::BadInput, "The weights cannot be exchanged",
                    source + ": tensor '" + shownName(name) + "'", why,
                    "Export the ONNX file with its weights as float32 initializers");
    };
    for (const auto& initializer : graph.initializer())
        if (initializer.data_type() != onnx::TensorProto::FLOAT &&
            tensors.contains(initializer.name()))
            refuse(initializer.name(), "the weights file has it, but in the ONNX file it is no "
                                       "float32 tensor");
    for (const auto& node : graph.node())
        if (node.op_type() == "Constant" && node.output_size() > 0 &&
            tensors.contains(node.output(0)))
            refuse(node.output(0), "the weights file has it, but in the ONNX file a Constant node "
                                   "makes it");
}

Replaced replaceInitializers(onnx::GraphProto& graph, const WeightFile& file,
                             const std::string& source)
{
    TensorsByName tensors;
    for (const auto& tensor : file.tensors)
        tensors.emplace(tensor.name, &tensor);
    checkReplaceable(graph, tensors, source);
    Replaced replaced;
    for (auto& initializer : *graph.mutable_initializer()) {
        const auto found = tensors.find(initializer.name());
        if (found != tensors.end() && sameSizes(initializer, found->second->sizes)) {
            setValues(initializer, found->second->values);
            replaced.used.insert(initializer.name());
            continue;
        }
        // A single number may be a bound or an exponent, which no checkpoint has.
        const bool needed = initializer.data_type() == onnx::TensorProto::FLOAT &&
                            (found != tensors.end() || numbersIn(initializer) > 1);
        if (!needed)
            continue;
        if (++replaced.missing <= listed)
            replaced.list += (replaced.list.empty() ? "'" : ", '") + shownName(initializer.name()) +
                             (found == tensors.end() ? "'" : "' (of another shape)");
    }
    return replaced;
}

/// The network with the tensors that no part of the ONNX file has in its report.
std::shared_ptr<const Network> withUnused(const Network& network, const WeightFile& file,
                                          const Replaced& replaced)
{
    NetworkDescription description;
    description.name = network.name();
    description.layers = network.layers();
    description.tensors = network.tensors();
    description.input = network.input();
    description.output = network.output();
    description.report = network.report();
    for (const auto& tensor : file.tensors)
        if (!replaced.used.contains(tensor.name))
            description.report.push_back(
                {shownName(tensor.name), "tensor of the weights file", NodeFate::PassedThrough,
                 "not used: the ONNX file has no initializer of this name"});
    for (const auto& name : file.ignored)
        description.report.push_back({name, "entry of the weights file", NodeFate::PassedThrough,
                                      "not used: it is no tensor of the state dict"});
    return std::make_shared<Network>(std::move(description), network.parameters());
}

} // namespace

void replaceWeights(NetworkSource& opened, const std::string& weights_file)
{
    if (!opened.network->quantizers().empty())
        throw Error(ErrorCode::BadInput, "The weights cannot be exchanged", opened.source,
                    "the ONNX file is quantized already, and its weights are integers",
                    "Give the float ONNX file before ?weights=");
    const auto file = readWeights(weights_file);
    // The importer has read these bytes already: they are a well-formed model.
    onnx::ModelProto model;
    if (!model.ParseFromArray(opened.bytes.data(), int(opened.bytes.size())))
        throw Error(ErrorCode::BadInput, "The network cannot be opened", opened.source,
                    "it is no ONNX file", "Give an .onnx file before ?weights=");
    const auto replaced = replaceInitializers(*model.mutable_graph(), file, opened.source);
    if (replaced.missing > 0 || replaced.used.empty())
        throw Error(ErrorCode::BadInput, "The weights do not fit the network", weights_file,
                    std::to_string(replaced.missing) + " tensors of the ONNX file are not in it: " +
                        replaced.list + (replaced.missing > listed ? " and more" : ""),
                    "Give the weights that this ONNX file was exported from");
    opened.bytes.resize(model.ByteSizeLong());
    if (!model.SerializeToArray(opened.bytes.data(), int(opened.bytes.size())))
        throw Error(ErrorCode::Failed, "The network cannot be opened", opened.source,
                    "its weights could not be exchanged", "Report this with the network");
    const auto network = importOnnx(opened.bytes, opened.network->name());
    opened.network = withUnused(*network, file, replaced);
}

} // namespace bitdial
