// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace onnx {
class TensorProto;
} // namespace onnx

namespace bitdial {

/// Element types of ONNX that the installed library may not know by name yet.
enum OnnxType : int {
    onnx_float = 1,
    onnx_uint8 = 2,
    onnx_int8 = 3,
    onnx_uint16 = 4,
    onnx_int16 = 5,
    onnx_int32 = 6,
    onnx_int64 = 7,
    onnx_bool = 9,
    onnx_float16 = 10,
    onnx_double = 11,
    onnx_uint32 = 12,
    onnx_uint64 = 13,
    onnx_bfloat16 = 16,
    onnx_uint4 = 21,
    onnx_int4 = 22,
    onnx_uint2 = 25,
    onnx_int2 = 26,
};
/// "float16", or "type 40" for what is not known.
std::string onnxTypeName(int type);
bool isOnnxInteger(int type);
bool isOnnxFloat(int type);
/// Bits of one element; 0 for a type that is not read.
int onnxTypeBits(int type);
/// The range of an integer type, as far as 64 bits with a sign hold it.
std::int64_t onnxLowest(int type);
std::int64_t onnxHighest(int type);
/// Whether a constant of that many numbers keeps them as integers, too.
bool keepsOnnxIntegers(int type, std::size_t count);

/// A constant of an ONNX file: its numbers as floats and its sizes; none for a single number.
struct OnnxConstant {
    std::vector<float> values;
    std::vector<std::int64_t> sizes;
    int type = onnx_float;
    /// The numbers again, exactly, where the type is an integer and there are few (shapes).
    std::vector<std::int64_t> integers;
    int quantizer = -1; ///< index into the reader's quantizers, of weights that went through one
    int quantized_axis = -1; ///< dimension that has a scale each; -1: one for all
};

/// Number of elements that the sizes say. Throws OnnxInvalid: negative, or beyond 2^29.
std::size_t onnxElements(const onnx::TensorProto& tensor);

/// Checks sizes and amount of data without reading it. Throws OnnxInvalid.
void checkOnnxTensor(const onnx::TensorProto& tensor);

/// Reads a tensor's numbers from wherever they are. `folder` is the model's, null where there is
/// none and external data is refused. Throws OnnxInvalid: unknown type, sizes that overflow or do
/// not match the data, external data that breaks a rule.
OnnxConstant readOnnxTensor(const onnx::TensorProto& tensor, const std::filesystem::path* folder);

} // namespace bitdial
