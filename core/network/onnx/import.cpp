// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/import.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/network/onnx/reader.h"
#include "core/network/onnx/wire.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include <limits>

namespace bitdial {
namespace {

constexpr int deepest_nesting = 100; // the walk before has its own, smaller limit
constexpr std::uint64_t spare_bytes = std::uint64_t(256) << 20;

Error damaged(const std::string& where, const std::string& why)
{
    return {ErrorCode::BadInput, "This is not a whole ONNX file", where, why,
            "Check that the file was copied completely, or export it again"};
}

/// Such a function would stand for every node of that operator, which is read as the standard says.
void checkFunctions(const onnx::ModelProto& model, const std::string& where)
{
    for (const auto& function : model.functions())
        if (function.domain().empty() || function.domain() == "ai.onnx")
            throw Error(ErrorCode::BadInput, "The ONNX network cannot be read",
                        where + ": function '" + shownName(function.name()) + "'",
                        "the file gives a standard operator another meaning",
                        "Inline the functions in the program that wrote the file, and export it "
                        "again");
}

std::shared_ptr<const Network> import(std::span<const std::byte> bytes, const std::string& where,
                                      const std::filesystem::path* folder)
{
    if (bytes.size() > std::size_t(std::numeric_limits<int>::max()))
        throw Error(ErrorCode::BadInput, "The ONNX file is too large", where,
                    "it has more than 2 GiB, which the format does not allow",
                    "Export it with external data: the numbers in a file of their own beside it");
    checkOnnxWire(bytes, where);
    onnx::ModelProto model;
    google::protobuf::io::CodedInputStream stream(
        reinterpret_cast<const std::uint8_t*>(bytes.data()), int(bytes.size()));
    stream.SetRecursionLimit(deepest_nesting);
    const google::protobuf::LogSilencer silence; // it would write about bad text to stderr
    if (!model.ParseFromCodedStream(&stream) || !stream.ConsumedEntireMessage())
        throw damaged(where, "it is damaged near byte " + std::to_string(stream.CurrentPosition()) +
                                 " of " + std::to_string(bytes.size()));
    if (!model.has_graph() || model.graph().node_size() == 0)
        throw damaged(where, "it holds no graph");
    checkFunctions(model, where);
    return OnnxReader(model, {where, folder, bytes.size() + spare_bytes}).read();
}

} // namespace

std::shared_ptr<const Network> importOnnx(std::span<const std::byte> bytes,
                                          const std::string& where)
{
    return import(bytes, where, nullptr);
}

std::shared_ptr<const Network> importOnnxFromFolder(std::span<const std::byte> bytes,
                                                    const std::string& where,
                                                    const std::filesystem::path& folder)
{
    return import(bytes, where, &folder);
}

} // namespace bitdial
