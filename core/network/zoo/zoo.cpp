// SPDX-License-Identifier: Apache-2.0
#include "core/network/zoo/zoo.h"
#include "core/base/nearest_name.h"
#include "core/network/zoo/families.h"

#include <utility>

namespace bitdial {
namespace {

ZooNetwork build(ZooSpec& spec)
{
    using Build = ZooNetwork (*)(ZooSpec&);
    static constexpr std::pair<const char*, Build> families[] = {
        {"mobilenet-v1", zooMobilenetV1},
        {"mobilenet-v2", zooMobilenetV2},
        {"resnet18", zooResnet18},
        {"resnet8", zooResnet8},
        {"resnet20", [](ZooSpec& s) { return zooResnetCifar(s, 3); }},
        {"resnet32", [](ZooSpec& s) { return zooResnetCifar(s, 5); }},
        {"resnet44", [](ZooSpec& s) { return zooResnetCifar(s, 7); }},
        {"resnet56", [](ZooSpec& s) { return zooResnetCifar(s, 9); }},
        {"efficientnet-lite0", zooEfficientnetLite0},
        {"ds-cnn", zooDsCnn},
        {"mobilenet-v1-vww", zooMobilenetV1Vww},
    };
    std::vector<std::string> names;
    for (const auto& [name, family] : families) {
        if (spec.name() == name)
            return family(spec);
        names.emplace_back(name);
    }
    spec.fail("there is no architecture '" + spec.name() + "'. " + didYouMean(spec.name(), names));
}

} // namespace

TensorShape zooInput(ZooSpec& spec, int resolution)
{
    const int channels = spec.integer("channels", 3, 1, 64);
    const int size = spec.integer("resolution", resolution, 8, 1024);
    return {channels, size, size};
}

int zooClasses(ZooSpec& spec, int fallback)
{
    return spec.integer("classes", fallback, 1, 100000);
}

std::shared_ptr<const Network> buildZooNetwork(const std::string& text)
{
    ZooSpec spec(text);
    const std::string weights = spec.path("weights");
    auto zoo = build(spec);
    spec.checkAllUsed();
    if (weights.empty())
        return std::make_shared<Network>(std::move(zoo.description), nullptr);
    const auto file = readWeights(weights);
    auto match = matchWeights(zoo.description, zoo.names, file, weights);
    auto& report = zoo.description.report;
    for (auto& name : match.unused)
        report.push_back({std::move(name), "tensor of the weights file", NodeFate::PassedThrough,
                          "not used: the architecture has no tensor of this name"});
    for (const auto& name : file.ignored)
        report.push_back({name, "entry of the weights file", NodeFate::PassedThrough,
                          "not used: it is no tensor of the state dict"});
    return std::make_shared<Network>(std::move(zoo.description), std::move(match.parameters));
}

} // namespace bitdial
