// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/network/graph_builder.h"
#include "core/network/open_network.h"

#include <charconv>
#include <cmath>
#include <map>

namespace bitdial {
namespace {

/// `zoo:NAME?key=value&...`, taken apart. Keys that nobody asks for are errors.
class ZooSpec {
public:
    explicit ZooSpec(const std::string& spec) : m_spec(spec)
    {
        const std::string body = spec.starts_with("zoo:") ? spec.substr(4) : spec;
        const auto question = body.find('?');
        m_name = body.substr(0, question);
        if (question == std::string::npos)
            return;
        for (std::size_t begin = question + 1; begin <= body.size();) {
            const auto end = std::min(body.find('&', begin), body.size());
            const auto pair = body.substr(begin, end - begin);
            const auto equals = pair.find('=');
            if (equals == std::string::npos)
                fail("'" + pair + "' is not key=value");
            m_values[pair.substr(0, equals)] = pair.substr(equals + 1);
            begin = end + 1;
        }
    }

    const std::string& name() const { return m_name; }

    double number(const std::string& key, double fallback, double low, double high)
    {
        m_known.push_back(key);
        const auto found = m_values.find(key);
        if (found == m_values.end())
            return fallback;
        double value = 0;
        const auto& text = found->second;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value < low || value > high)
            fail(key + "=" + text + " is not a number from " + std::to_string(low) + " to " +
                 std::to_string(high));
        m_values.erase(found);
        return value;
    }

    int integer(const std::string& key, int fallback, int low, int high)
    {
        const double value = number(key, fallback, low, high);
        if (value != std::floor(value))
            fail(key + " must be a whole number");
        return int(value);
    }

    void checkAllUsed() const
    {
        if (!m_values.empty())
            fail("unknown key '" + m_values.begin()->first + "'. " +
                 didYouMean(m_values.begin()->first, m_known));
    }

    [[noreturn]] void fail(const std::string& why) const
    {
        throw Error(ErrorCode::BadInput, "Cannot build the network", m_spec, why,
                    "See the man page for the built-in architectures");
    }

private:
    std::string m_spec;
    std::string m_name;
    std::map<std::string, std::string> m_values;
    std::vector<std::string> m_known;
};

TensorShape inputShape(ZooSpec& spec, int resolution)
{
    const int channels = spec.integer("channels", 3, 1, 64);
    const int size = spec.integer("resolution", resolution, 8, 1024);
    return {channels, size, size};
}

/// Residual network of MLPerf Tiny (Banbury 2021): stem and three basic blocks at width, 2 width
/// and 4 width channels; blocks 2 and 3 halve the map and have a 1x1 convolution as shortcut.
NetworkDescription resnet8(ZooSpec& spec, const std::string& name)
{
    GraphBuilder graph(name, inputShape(spec, 32));
    const int width = spec.integer("width", 16, 1, 512);
    const int classes = spec.integer("classes", 10, 1, 100000);
    const int stem_stride = spec.integer("stem_stride", 1, 1, 4);
    int x = graph.conv("stem", graph.input(), {width, 3, stem_stride, false, Activation::Relu, 0});
    for (int block = 1; block <= 3; ++block) {
        const std::string prefix = "block" + std::to_string(block) + ".";
        const int channels = width << (block - 1);
        const int stride = block == 1 ? 1 : 2;
        int y = graph.conv(prefix + "conv1", x, {channels, 3, stride, false, Activation::Relu, 0});
        y = graph.conv(prefix + "conv2", y, {channels, 3, 1, false, Activation::None, 0});
        const int shortcut = block == 1
                                 ? x
                                 : graph.conv(prefix + "shortcut", x,
                                              {channels, 1, stride, false, Activation::None, 0});
        x = graph.add(prefix + "add", y, shortcut, Activation::Relu);
    }
    return graph.finish(graph.linear("fc", graph.globalAveragePool("pool", x), classes));
}

/// MobileNetV1 (Howard 2017, table 1). `blocks` keeps the first so many of its 13
/// depthwise-separable blocks, for small maps.
NetworkDescription mobilenetV1(ZooSpec& spec, const std::string& name)
{
    struct Block {
        int channels;
        int stride;
    };
    static constexpr Block Blocks[] = {{64, 1},  {128, 2},  {128, 1}, {256, 2}, {256, 1},
                                       {512, 2}, {512, 1},  {512, 1}, {512, 1}, {512, 1},
                                       {512, 1}, {1024, 2}, {1024, 1}};
    GraphBuilder graph(name, inputShape(spec, 224));
    const double width = spec.number("width", 1.0, 0.05, 4.0);
    const int classes = spec.integer("classes", 1000, 1, 100000);
    const int stem_stride = spec.integer("stem_stride", 2, 1, 4);
    const int count = spec.integer("blocks", 13, 1, 13);
    const auto scaled = [width](int channels) {
        return std::max(8, int(std::lround(channels * width / 8.0)) * 8);
    };
    int x =
        graph.conv("stem", graph.input(), {scaled(32), 3, stem_stride, false, Activation::Clip, 6});
    int channels = scaled(32);
    for (int i = 0; i < count; ++i) {
        const std::string prefix = "block" + std::to_string(i + 1) + ".";
        x = graph.conv(prefix + "depthwise", x,
                       {channels, 3, Blocks[i].stride, true, Activation::Clip, 6});
        channels = scaled(Blocks[i].channels);
        x = graph.conv(prefix + "pointwise", x, {channels, 1, 1, false, Activation::Clip, 6});
    }
    return graph.finish(graph.linear("fc", graph.globalAveragePool("pool", x), classes));
}

} // namespace

std::shared_ptr<const Network> buildZooNetwork(const std::string& text)
{
    ZooSpec spec(text);
    NetworkDescription description;
    if (spec.name() == "resnet8")
        description = resnet8(spec, text);
    else if (spec.name() == "mobilenet-v1")
        description = mobilenetV1(spec, text);
    else
        spec.fail("there is no architecture '" + spec.name() + "'. " +
                  didYouMean(spec.name(), std::vector<std::string>{"resnet8", "mobilenet-v1"}));
    spec.checkAllUsed();
    return std::make_shared<Network>(std::move(description), nullptr);
}

} // namespace bitdial
