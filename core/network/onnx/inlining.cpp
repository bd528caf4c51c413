// SPDX-License-Identifier: Apache-2.0
#include "core/network/onnx/inlining.h"

#include "core/base/error.h"
#include "core/network/onnx/external.h"
#include "core/network/onnx/node.h"
#include "core/network/onnx/tensors.h"

#include <limits>
#include <set>
#include <string_view>

#include <onnx/onnx_pb.h>

namespace bitdial {
namespace {

constexpr std::uint64_t largest_model = std::numeric_limits<int>::max();

/// Brings external tensors into a model.
class Inliner {
public:
    explicit Inliner(const std::filesystem::path& folder) : m_folder(folder) {}

    void graph(onnx::GraphProto& graph)
    {
        for (auto& initializer : *graph.mutable_initializer())
            tensor(initializer);
        for (auto& node : *graph.mutable_node())
            for (auto& attribute : *node.mutable_attribute())
                if (attribute.has_t())
                    tensor(*attribute.mutable_t());
    }
    bool any() const { return !m_files.empty(); }

private:
    void tensor(onnx::TensorProto& tensor)
    {
        if (tensor.data_location() != onnx::TensorProto::EXTERNAL)
            return;
        const auto place = onnxExternalPlace(tensor);
        // Every byte of the data files may be used once, or a small file could become any size.
        if (m_files.insert(place.location).second)
            m_budget += onnxExternalSize(m_folder, place);
        const std::uint64_t bits =
            std::uint64_t(onnxElements(tensor)) * unsigned(onnxTypeBits(tensor.data_type()));
        const auto count = (bits + 7) / 8;
        if (count > m_budget || count > largest_model)
            throw OnnxInvalid{"its tensors need more bytes than the data files have"};
        m_budget -= count;
        const auto bytes = readOnnxExternal(m_folder, place, count);
        tensor.clear_external_data();
        tensor.clear_data_location();
        tensor.set_raw_data(bytes.data(), bytes.size());
    }

    const std::filesystem::path& m_folder;
    std::set<std::string> m_files;
    std::uint64_t m_budget = 0;
};

} // namespace

void inlineExternalData(std::vector<std::byte>& bytes, const std::filesystem::path& folder,
                        const std::string& where)
{
    const auto fail = [&](const std::string& why) {
        return Error(ErrorCode::BadInput, "The ONNX file's external data cannot be read", where,
                     why, "Write the file again with its exporter, beside its data files");
    };
    // The key without which no data is external: most files need not be parsed once more.
    constexpr std::string_view location = "location";
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (text.find(location) == std::string_view::npos)
        return;
    onnx::ModelProto model;
    if (!model.ParseFromArray(bytes.data(), int(bytes.size())))
        throw fail("it is no whole ONNX file");
    Inliner inliner(folder);
    try {
        inliner.graph(*model.mutable_graph());
    } catch (const OnnxInvalid& invalid) {
        throw fail(invalid.why);
    }
    if (!inliner.any())
        return;
    const auto size = model.ByteSizeLong();
    if (size > largest_model)
        throw fail("with its data it would have " + std::to_string(size) +
                   " bytes, more than one ONNX file can");
    bytes.resize(size);
    if (!model.SerializeToArray(bytes.data(), int(size)))
        throw fail("it cannot be written as one file");
}

} // namespace bitdial
