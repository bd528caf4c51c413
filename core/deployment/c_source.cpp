// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/c_source.h"

#include "core/deployment/c_names.h"
#include "core/deployment/c_text.h"
#include "core/deployment/packing.h"

#include <algorithm>
#include <array>
#include <span>

namespace bitdial {
namespace {

constexpr std::size_t numbers_per_line = 16;
constexpr std::size_t words_per_line = 9;

std::string numberList(std::span<const std::int32_t> numbers)
{
    std::string text;
    for (std::size_t i = 0; i < numbers.size(); ++i)
        text += (i % numbers_per_line == 0 ? "\n    " : " ") + intValue(numbers[i]) + ",";
    return text;
}

/// Bytes as 32-bit words, the first byte lowest; the last word is filled with zeros.
std::string wordList(std::span<const std::uint8_t> bytes)
{
    constexpr std::array<char, 17> digits = {"0123456789abcdef"};
    std::string text;
    text.reserve(bytes.size() * 3 + 16);
    for (std::size_t word = 0; word * 4 < bytes.size(); ++word) {
        text += word % words_per_line == 0 ? "\n    0x" : " 0x";
        for (std::size_t b = 4; b-- > 0;) {
            const std::size_t at = word * 4 + b;
            const unsigned byte = at < bytes.size() ? bytes[at] : 0;
            text += digits[byte >> 4];
            text += digits[byte & 15];
        }
        text += ',';
    }
    return text;
}

/// Calls `visit(name, values)` for the 32-bit parameters of a weighted layer in their order.
template <typename Visit>
void forEachParameter(const ExportPlan& plan, const PlannedLayer& p, Visit visit)
{
    const auto& folded = plan.folded(p);
    if (p.subject.family == KernelFamily::Linear32) {
        visit("_bias", paddedParameters(p, folded.bias));
        return;
    }
    visit("_kappa", paddedParameters(p, folded.kappa));
    visit("_lambda", paddedParameters(p, folded.lambda));
}

} // namespace

std::string weightsHeader(const ExportPlan& plan)
{
    std::string text =
        std::string(c_licence) +
        (plan.memory.weights_in_l3 ? "/* The weights are in flash/weights.bin. */\n" : "") +
        "#ifndef WEIGHTS_H\n#define WEIGHTS_H\n\n#include <stdint.h>\n\n";
    for (const auto& p : plan.layers) {
        if (!plan.layer(p).hasWeights() || plan.memory.weights_in_l3)
            continue;
        text += "extern const uint32_t " + p.identifier + "_weights[];\n";
        forEachParameter(plan, p, [&](const char* name, const auto&) {
            text += "extern const int32_t " + p.identifier + name + "[];\n";
        });
    }
    return text + "\n#endif\n";
}

std::string weightsSource(const ExportPlan& plan)
{
    std::string text = std::string(c_licence) +
                       "/* Packed weights as the kernels read them, the first byte in the low "
                       "bits of each word. */\n#include \"weights.h\"\n";
    if (plan.memory.weights_in_l3)
        return text;
    for (const auto& p : plan.layers) {
        if (!plan.layer(p).hasWeights())
            continue;
        const auto bytes = packWeights(plan, p);
        text += "\n/* " + cSafe(plan.layer(p).name) + ": " +
                std::to_string(plan.folded(p).weight_bits) + "-bit weights */\nconst uint32_t " +
                p.identifier + "_weights[] = {" + wordList(bytes) + "\n};\n";
        forEachParameter(plan, p, [&](const char* name, const std::vector<std::int32_t>& values) {
            text +=
                "const int32_t " + p.identifier + name + "[] = {" + numberList(values) + "\n};\n";
        });
    }
    return text;
}

std::string flashWeights(const ExportPlan& plan)
{
    std::string file;
    const auto append = [&file](const std::vector<std::uint8_t>& bytes) {
        file.append(bytes.begin(), bytes.end());
        file.append((4 - bytes.size() % 4) % 4, '\0');
    };
    for (const auto& p : plan.layers) {
        if (!plan.layer(p).hasWeights())
            continue;
        append(packWeights(plan, p));
        forEachParameter(plan, p, [&](const char*, const std::vector<std::int32_t>& values) {
            append(packElements(values, 32));
        });
    }
    return file;
}

std::string identityHeader(const std::string& sha256)
{
    return std::string(c_licence) +
           "#ifndef EXPORT_IDENTITY_H\n#define EXPORT_IDENTITY_H\n\n"
           "/* Of this export's files; report.json has it too. */\n#define EXPORT_SHA256 \"" +
           sha256 + "\"\n\n#endif\n";
}

std::string goldenHeader(std::size_t images)
{
    return std::string(c_licence) +
           "#ifndef GOLDEN_PULP_H\n#define GOLDEN_PULP_H\n\n#include \"network.h\"\n\n" +
           (images == 0 ? "/* L2 has no room for golden vectors beside the network. */\n" : "") +
           "#define GOLDEN_PULP_IMAGES " + std::to_string(images) +
           "\n\n/* One more than there are images: C has no empty arrays. */\n"
           "extern const uint8_t *const golden_pulp_inputs[GOLDEN_PULP_IMAGES + 1];\n"
           "extern const uint8_t *const "
           "golden_pulp_outputs[GOLDEN_PULP_IMAGES + 1][NETWORK_LAYERS];\n\n#endif\n";
}

std::string goldenSource(std::span<const GoldenImage> images)
{
    std::string text =
        std::string(c_licence) + "#include \"golden_pulp.h\"\n\n#include <stddef.h>\n\n";
    std::string inputs = "const uint8_t *const golden_pulp_inputs[GOLDEN_PULP_IMAGES + 1] = {\n";
    std::string outputs = "const uint8_t *const "
                          "golden_pulp_outputs[GOLDEN_PULP_IMAGES + 1][NETWORK_LAYERS] = {\n";
    const auto array = [&text](const std::string& name, const std::vector<std::uint8_t>& bytes) {
        text += "static const uint32_t " + name + "[] = {" + wordList(bytes) + "\n};\n\n";
    };
    for (std::size_t i = 0; i < images.size(); ++i) {
        const std::string image = "image_" + std::to_string(i);
        array(image + "_input", images[i].input);
        inputs += "    (const uint8_t *)" + image + "_input,\n";
        outputs += "    {";
        for (std::size_t layer = 0; layer < images[i].outputs.size(); ++layer) {
            const std::string name = image + "_layer_" + std::to_string(layer);
            array(name, images[i].outputs[layer]);
            outputs += (layer == 0 ? "(const uint8_t *)" : ",\n     (const uint8_t *)") + name;
        }
        outputs += "},\n";
    }
    return text + inputs + "    NULL,\n};\n\n" + outputs + "    {NULL},\n};\n";
}

} // namespace bitdial
