// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace bitdial::test {

/// A value of an ONNX graph, of one sample; in double.
struct OnnxArray {
    std::vector<std::int64_t> sizes;
    std::vector<double> values;
    int type = 1; ///< ONNX element type
};

/// What a quantizer of an activation gave: the name of the real numbers behind it, its scale, and
/// the codes, which the caller may change before the graph goes on.
using SeenCodes =
    std::function<void(const std::string& value, double scale, std::vector<double>& codes)>;

/// Runs the ONNX files of the exporters by their standard's text: plain loops, written without the
/// project's own reader. Knows Conv, Gemm, BatchNormalization, pooling, Add, Concat, Relu, Clip,
/// Flatten, Identity, QuantizeLinear, DequantizeLinear and QONNX's IntQuant; throws
/// std::runtime_error for anything else. Returns the graph's output.
std::vector<double> runOnnx(const std::string& file, const std::vector<float>& input,
                            const SeenCodes& seen);

/// The opset of ONNX's own domain that the file says, and its IR version.
std::pair<std::int64_t, std::int64_t> onnxVersions(const std::string& file);

} // namespace bitdial::test
