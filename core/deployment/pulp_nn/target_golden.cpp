// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/pulp_nn/target_golden.h"

#include "core/base/whole_words.h"
#include "core/deployment/pulp_nn/c_text.h"
#include "core/hardware/profile/fields.h"

#include <algorithm>
#include <numeric>

namespace bitdial {
namespace {

/// Images that the target's program compares, at most: each costs memory and time.
constexpr std::int64_t most_images = 2;

/// Stored bytes, whole words: what is copied begins and ends at one.
std::int64_t storedBytes(const std::vector<std::uint8_t>& tensor)
{
    return wholeWords(std::int64_t(tensor.size()));
}

std::int64_t imageBytes(const GoldenImage& image, const std::vector<char>& compared)
{
    std::int64_t bytes = storedBytes(image.input);
    for (std::size_t layer = 0; layer < image.outputs.size(); ++layer)
        bytes += compared[layer] != 0 ? storedBytes(image.outputs[layer]) : 0;
    return bytes;
}

/// The network's own result, and of the other layers as many as there is room for.
std::vector<char> layersThatFit(const GoldenImage& image, std::int64_t room)
{
    std::vector<std::size_t> order(image.outputs.size() - 1);
    std::iota(order.begin(), order.end(), std::size_t(0));
    std::ranges::stable_sort(order, {}, [&](std::size_t at) { return image.outputs[at].size(); });
    std::vector<char> compared(image.outputs.size(), 0);
    compared.back() = 1;
    for (const std::size_t layer : order) {
        compared[layer] = 1;
        if (imageBytes(image, compared) > room)
            compared[layer] = 0;
    }
    return compared;
}

/// Where each tensor of an image begins, the input first; behind the last, the image's bytes. One
/// that is left out has no bytes.
std::vector<std::int64_t> placesOf(const TargetGolden& golden, const GoldenImage& image)
{
    std::vector<std::int64_t> places = {0, storedBytes(image.input)};
    for (std::size_t layer = 0; layer < image.outputs.size(); ++layer)
        places.push_back(places.back() +
                         (golden.compared[layer] != 0 ? storedBytes(image.outputs[layer]) : 0));
    return places;
}

constexpr const char* read_signature =
    "void golden_pulp_read(int image, int layer, uint32_t offset, uint8_t *bytes, uint32_t count)";

std::string comparedTable(const TargetGolden& golden)
{
    std::string text = "const uint8_t golden_pulp_compared[NETWORK_LAYERS] = {";
    for (const char compared : golden.compared)
        text += compared != 0 ? "1, " : "0, ";
    return text + "};\n";
}

std::string sourceInL2(std::size_t count, const std::vector<GoldenImage>& images)
{
    std::string arrays;
    std::string table = "static const uint8_t *const tensors[GOLDEN_PULP_IMAGES][NETWORK_LAYERS + "
                        "1] = {\n";
    const auto array = [&](const std::string& name, const std::vector<std::uint8_t>& bytes) {
        arrays += "static const uint32_t " + name + "[] = {" + wordList(bytes) + "\n};\n\n";
        table += "     (const uint8_t *)" + name + ",\n";
    };
    for (std::size_t i = 0; i < count; ++i) {
        const std::string image = "image_" + std::to_string(i);
        table += "    {\n";
        array(image + "_input", images[i].input);
        for (std::size_t layer = 0; layer < images[i].outputs.size(); ++layer)
            array(image + "_layer_" + std::to_string(layer), images[i].outputs[layer]);
        table += "    },\n";
    }
    return "#include <string.h>\n\n" + arrays + "/* The input, then each layer's output. */\n" +
           table + "};\n\n" + read_signature +
           "\n{\n    memcpy(bytes, tensors[image][layer + 1] + offset, count);\n}\n";
}

std::string sourceInL3(const TargetGolden& golden, const GoldenImage& image)
{
    const auto places = placesOf(golden, image);
    std::string text = "/* Where the input and each layer's output begin in an image of "
                       "flash/golden.bin, and where it\n   ends. */\n"
                       "static const uint32_t places[NETWORK_LAYERS + 2] = {\n   ";
    for (const std::int64_t place : places)
        text += " " + std::to_string(place) + ",";
    return text + "\n};\n\n" + read_signature +
           "\n{\n    network_read_golden((uint32_t)image * places[NETWORK_LAYERS + 1] + "
           "places[layer + 1] + offset,\n                        bytes, count);\n}\n";
}

} // namespace

int TargetGolden::comparedLayers() const
{
    return int(std::ranges::count(compared, char(1)));
}

TargetGolden placeGolden(const ExportPlan& plan, const std::vector<GoldenImage>& images)
{
    const auto& fields = plan.profile->fields();
    const GoldenImage& first = images.front();
    TargetGolden golden;
    golden.compared.assign(first.outputs.size(), 1);
    const std::int64_t each = imageBytes(first, golden.compared);
    const auto most = std::min(std::int64_t(images.size()), most_images);
    const std::int64_t l2_room = fields.l2.usableBytes() - plan.memory.l2Bytes();
    if (l2_room >= each) {
        golden.place = GoldenPlace::L2;
        golden.images = std::size_t(std::min(most, l2_room / each));
        return golden;
    }
    const std::int64_t l3_room = fields.l3.bytes - wholeWords(plan.memory.l3_bytes);
    if (l3_room < each)
        golden.compared = layersThatFit(first, l3_room);
    const std::int64_t kept = imageBytes(first, golden.compared);
    if (l3_room < kept) {
        golden.compared.assign(first.outputs.size(), 0);
        return golden;
    }
    golden.place = GoldenPlace::L3;
    golden.images = std::size_t(std::min(most, l3_room / kept));
    golden.flash_bytes = std::int64_t(golden.images) * kept;
    return golden;
}

std::string goldenHeader(const TargetGolden& golden)
{
    return std::string(c_licence) +
           "#ifndef GOLDEN_PULP_H\n#define GOLDEN_PULP_H\n\n#include \"network.h\"\n\n" +
           (golden.images == 0 ? "/* No memory has room for golden vectors beside the network. */\n"
                               : "") +
           "#define GOLDEN_PULP_IMAGES " + std::to_string(golden.images) +
           "\n#define GOLDEN_PULP_COMPARED_LAYERS " + std::to_string(golden.comparedLayers()) +
           "\n\n/* Whether there are golden outputs of a layer. */\n"
           "extern const uint8_t golden_pulp_compared[NETWORK_LAYERS];\n\n"
           "/* Part of what a layer's output must be; layer -1 is the network's input. `offset` "
           "and "
           "`count` are\n   multiples of 4, `bytes` lies in L2 and begins at a word. */\n" +
           read_signature + ";\n\n#endif\n";
}

std::string goldenSource(const TargetGolden& golden, const std::vector<GoldenImage>& images)
{
    std::string text = std::string(c_licence) + "#include \"golden_pulp.h\"\n\n";
    if (golden.place == GoldenPlace::L2)
        text += sourceInL2(golden.images, images);
    else if (golden.place == GoldenPlace::L3)
        text += sourceInL3(golden, images.front());
    else
        text += std::string(read_signature) +
                "\n{\n    (void)image, (void)layer, (void)offset, (void)bytes, (void)count;\n}\n";
    return text + "\n" + comparedTable(golden);
}

std::string flashGolden(const TargetGolden& golden, const std::vector<GoldenImage>& images)
{
    std::string bytes;
    const auto add = [&bytes](const std::vector<std::uint8_t>& tensor) {
        bytes.append(tensor.begin(), tensor.end());
        bytes.resize(std::size_t(wholeWords(std::int64_t(bytes.size()))), '\0');
    };
    for (std::size_t i = 0; i < golden.images; ++i) {
        add(images[i].input);
        for (std::size_t layer = 0; layer < images[i].outputs.size(); ++layer)
            if (golden.compared[layer] != 0)
                add(images[i].outputs[layer]);
    }
    return bytes;
}

} // namespace bitdial
