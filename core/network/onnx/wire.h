// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace bitdial {

/// Walks over the bytes of an ONNX file without building anything and throws Error(BadInput),
/// with `where` and the byte, for what should not be given to the protobuf library: a file that
/// ends early, is no protobuf, nests deeper than 64 messages, or would need much more memory than
/// its own size (millions of empty messages).
void checkOnnxWire(std::span<const std::byte> bytes, const std::string& where);

} // namespace bitdial
