// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/c_source.h"

#include "core/deployment/c_text.h"

#include <span>

namespace bitdial {

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
