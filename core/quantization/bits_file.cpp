// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/bits_file.h"

#include "core/base/file.h"
#include "core/network/onnx/import.h"
#include "core/quantization/aimet_encodings.h"
#include "core/quantization/encodings_csv.h"
#include "core/quantization/onnx_encodings.h"

#include <fstream>

namespace bitdial {
namespace {

constexpr std::uint64_t most_text_bytes = std::uint64_t(16) << 20;

/// An ONNX file begins with the tag of its IR version, which no text does.
bool isOnnx(const std::filesystem::path& file)
{
    constexpr char ir_version_tag = 0x08;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored))
        return false; // reading it says why it cannot be
    return std::ifstream(file, std::ios::binary).get() == ir_version_tag;
}

std::vector<TensorEncoding> encodingsOfOnnx(const Network& network,
                                            const std::filesystem::path& file)
{
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    const auto imported = importOnnxFromFolder(readFile(file), file.string(), folder);
    return encodingsInOnnx(network, *imported, file.string());
}

} // namespace

ReadAssignment readBitsFile(const Network& network, const std::filesystem::path& file)
{
    const auto where = file.string();
    if (isOnnx(file))
        return assignmentFrom(network, encodingsOfOnnx(network, file), where);
    const auto text = readTextFile(file, most_text_bytes);
    if (isEncodingsCsv(text))
        return assignmentFrom(network, fromEncodingsCsv(text, where), where);
    if (isAimetEncodings(text))
        return assignmentFrom(network, fromAimetEncodings(network, text, where), where);
    return {fromBitsJson(network, text, where), {}};
}

} // namespace bitdial
