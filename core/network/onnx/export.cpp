// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/export.h"
#include "core/base/error.h"
#include "core/network/network_check.h"
#include "core/network/onnx/writer.h"

#include <onnx/onnx_pb.h>

namespace bitdial {

std::vector<std::byte> exportOnnx(const Network& network, const OnnxMetadata& metadata)
{
    if (!network.hasParameters())
        throw Error(ErrorCode::Infeasible, "Cannot write the network as ONNX", network.name(),
                    "it has no weights", "Train it first");
    checkSupported(network);
    return OnnxWriter(network, floatOpset(network)).write(metadata);
}

} // namespace bitdial
