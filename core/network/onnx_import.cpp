// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/onnx_reader.h"
#include "core/network/open_network.h"

#include <google/protobuf/io/coded_stream.h>
#include <onnx/onnx_pb.h>

#include <limits>

namespace bitdial {
namespace {

constexpr int OldestOpset = 7;
constexpr int NewestOpset = 21;

void checkVersions(const onnx::ModelProto& model, const std::string& where)
{
    for (const auto& opset : model.opset_import()) {
        if (!(opset.domain().empty() || opset.domain() == "ai.onnx"))
            continue;
        if (opset.version() < OldestOpset || opset.version() > NewestOpset)
            throw Error(ErrorCode::BadInput, "The ONNX file's version is not supported", where,
                        "opset " + std::to_string(opset.version()) + " (IR " +
                            std::to_string(model.ir_version()) + "), supported are " +
                            std::to_string(OldestOpset) + " to " + std::to_string(NewestOpset),
                        "Convert the file to opset 13");
        return;
    }
    throw Error(ErrorCode::BadInput, "The ONNX file has no opset", where,
                "it does not say which operators' version it uses", "Export the file again");
}

} // namespace

std::shared_ptr<const Network> importOnnx(std::span<const std::byte> bytes,
                                          const std::string& where)
{
    const auto damaged = [&](const std::string& why) {
        return Error(ErrorCode::BadInput, "This is not a whole ONNX file", where, why,
                     "Check that the file was copied completely, or export it again");
    };
    if (bytes.size() > std::size_t(std::numeric_limits<int>::max()))
        throw damaged("it has more than 2 GiB");
    onnx::ModelProto model;
    google::protobuf::io::CodedInputStream stream(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), int(bytes.size()));
    stream.SetRecursionLimit(64);
    if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        throw damaged("it ends early or is damaged near byte " +
                      std::to_string(stream.CurrentPosition()) + " of " +
                      std::to_string(bytes.size()));
    if (!model.has_graph() || model.graph().node_size() == 0)
        throw damaged("it holds no graph");
    checkVersions(model, where);
    return OnnxReader(model.graph(), where).read();
}

} // namespace bitdial
