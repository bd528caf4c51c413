// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/kernel_reader.h"

#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/hardware/profile/names.h"
#include "core/quantization/widths.h"

namespace bitdial {

namespace {

constexpr double most_of_a_dimension = 1 << 20;

int width(const JsonNode& node, const std::string& key, const std::vector<int>& allowed,
          const ProfileChecks& checks)
{
    const JsonNode& value = *node.find(key);
    checks.require(value, JsonNode::Kind::Number, key);
    std::string list;
    for (const int bits : allowed) {
        if (value.number == bits)
            return bits;
        list += (list.empty() ? "" : ", ") + std::to_string(bits);
    }
    checks.fail(value, "'" + key + "' is no possible width", "a kernel of this kind has " + list,
                "Write one of them");
}

WorkFeatures coefficients(const JsonNode& node, std::span<const std::string_view> names,
                          const std::string& what, const ProfileChecks& checks)
{
    const std::vector<std::string> keys(names.begin(), names.end());
    checks.checkKeys(node, what, keys, {keys.begin(), keys.end()});
    WorkFeatures result{};
    double sum = 0;
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (node.find(keys[i]) != nullptr) {
            result[i] = checks.number(node, keys[i], Sign::NotNegative);
            sum += result[i];
        }
    if (sum <= 0)
        checks.fail(node, "This kernel costs no cycles", "every coefficient is 0 or absent",
                    "Give its cycles, or fit them to measurements");
    return result;
}

/// `array` and `cycles` of a kernel, or of its pointwise mode.
ArrayMode arrayMode(const JsonNode& node, const ProfileChecks& checks)
{
    const JsonNode& array = *node.find("array");
    checks.checkKeys(array, "an array", {"rows", "columns", "out_channels", "in_channels", "taps"});
    const auto size = [&](const char* key) {
        return int(checks.wholeNumber(array, key, Sign::Positive, most_of_a_dimension));
    };
    return {
        {size("rows"), size("columns"), size("out_channels"), size("in_channels"), size("taps")},
        coefficients(*node.find("cycles"), arrayFeatureNames(), "cycles of an array", checks)};
}

KernelModel readModel(const JsonNode& node, LayerKind kind, const ProfileChecks& checks)
{
    KernelModel model;
    const JsonNode* pointwise = node.find("pointwise");
    if (node.find("array") != nullptr)
        model.array = arrayMode(node, checks);
    else
        model.coefficients =
            coefficients(*node.find("cycles"), featureNames(kind),
                         "cycles of a " + std::string(layerKindName(kind)) + " kernel", checks);
    if (pointwise != nullptr) {
        if (!model.array || kind != LayerKind::Conv)
            checks.fail(*pointwise, "'pointwise' has no meaning here",
                        "only a conv kernel with an array has another way for 1x1 kernels",
                        "Remove it");
        checks.checkKeys(*pointwise, "pointwise", {"array", "cycles"});
        model.pointwise = arrayMode(*pointwise, checks);
    }
    model.source = checks.text(node, "source");
    model.estimated = checks.provenance(node) == "unverified";
    return model;
}

} // namespace

KernelKey readKernelKey(const JsonNode& node, const ProfileChecks& checks,
                        const KernelKeyNames& names)
{
    const std::string word = checks.text(node, "kind");
    const std::optional<LayerKind> kind = layerKindFromName(word);
    const bool weighted =
        kind == LayerKind::Conv || kind == LayerKind::DepthwiseConv || kind == LayerKind::Linear;
    const bool weightless =
        kind == LayerKind::Add || kind == LayerKind::AveragePool || kind == LayerKind::MaxPool;
    if (!weighted && !weightless)
        checks.fail(*node.find("kind"), "Unknown kernel kind '" + shownName(word) + "'",
                    "no kernel is of that kind", didYouMean(shownName(word), layerKindNames()));
    const std::vector<int> packed(quantized_widths.begin(), quantized_widths.end());
    auto or_raw = packed;
    or_raw.push_back(32);
    KernelKey key;
    key.kind = *kind;
    key.bits.in = width(node, names.in, packed, checks);
    key.bits.weight = width(node, names.weight, weighted ? packed : std::vector{0}, checks);
    key.bits.out = width(node, names.out, kind == LayerKind::Linear ? or_raw : packed, checks);
    return key;
}

std::map<KernelKey, KernelModel> readKernels(const JsonNode& kernels, const ProfileChecks& checks)
{
    checks.require(kernels, JsonNode::Kind::Array, "kernels");
    if (kernels.items.empty())
        checks.fail(kernels, "The list 'kernels' is empty", "no layer could run on this target",
                    "List the kernels that exist there");
    std::map<KernelKey, KernelModel> models;
    for (const JsonNode& node : kernels.items) {
        checks.checkKeys(node, "a kernel",
                         {"kind", "in_bits", "out_bits", "weight_bits", "array", "cycles",
                          "pointwise", "provenance", "source"},
                         {"array", "pointwise"});
        const KernelKey key = readKernelKey(node, checks);
        if (!models.emplace(key, readModel(node, key.kind, checks)).second)
            checks.fail(node, "The kernel " + kernelName(key) + " is listed twice",
                        "one kernel has one cycle model", "Remove one of the two");
    }
    return models;
}

} // namespace bitdial
