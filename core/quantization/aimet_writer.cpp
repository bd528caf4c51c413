// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/network/network.h"
#include "core/quantization/aimet_encodings.h"

#include <nlohmann/json.hpp>

namespace bitdial {
namespace {

using Json = nlohmann::ordered_json;

constexpr int fewest_bits = 4; // until 0.6.1
constexpr int raw_bits = 32;

std::string nameOf(const TensorEncoding& encoding)
{
    return encoding.is_weight ? encoding.name + ".weight" : encoding.name;
}

std::int64_t offsetOf(const TensorEncoding& encoding)
{
    return encoding.is_signed ? -(std::int64_t(1) << (encoding.bits - 1)) : 0;
}

/// One object per scale, as until 0.6.1; booleans are words there.
Json objectsOf(const TensorEncoding& encoding)
{
    const std::int64_t offset = offsetOf(encoding);
    const std::int64_t highest = offset + (std::int64_t(1) << encoding.bits) - 1;
    Json objects = Json::array();
    for (const float scale : encoding.scales)
        objects.push_back({{"bitwidth", encoding.bits},
                           {"dtype", "int"},
                           {"is_symmetric", encoding.is_signed ? "True" : "False"},
                           {"max", double(scale) * double(highest)},
                           {"min", double(scale) * double(offset)},
                           {"offset", offset},
                           {"scale", double(scale)}});
    return objects;
}

Json entryOf(const TensorEncoding& encoding)
{
    return {{"name", nameOf(encoding)},
            {"dtype", "INT"},
            {"enc_type", encoding.scales.size() > 1 ? "PER_CHANNEL" : "PER_TENSOR"},
            {"bw", encoding.bits},
            {"is_sym", encoding.is_signed},
            {"scale", std::vector<double>(encoding.scales.begin(), encoding.scales.end())},
            {"offset", std::vector<std::int64_t>(encoding.scales.size(), offsetOf(encoding))}};
}

Json documentOf(const std::vector<TensorEncoding>& encodings, AimetVersion version)
{
    const bool is_map = version == AimetVersion::V0_6_1;
    Json parameters = is_map ? Json::object() : Json::array();
    Json activations = parameters;
    for (const auto& encoding : encodings) {
        if (encoding.bits == raw_bits)
            continue;
        Json& list = encoding.is_weight ? parameters : activations;
        if (is_map)
            list[nameOf(encoding)] = objectsOf(encoding);
        else
            list.push_back(entryOf(encoding));
    }
    Json document = {{"version", aimetVersionName(version)},
                     {"activation_encodings", std::move(activations)},
                     {"param_encodings", std::move(parameters)}};
    if (!is_map)
        document["excluded_layers"] = Json::array();
    document["quantizer_args"] = {{"activation_bitwidth", 8},
                                  {"dtype", "int"},
                                  {"is_symmetric", is_map ? Json("True") : Json(true)},
                                  {"param_bitwidth", 8},
                                  {"per_channel_quantization", is_map ? Json("True") : Json(true)},
                                  {"quant_scheme", "post_training_tf"}};
    return document;
}

} // namespace

const char* aimetVersionName(AimetVersion version)
{
    return version == AimetVersion::V0_6_1 ? "0.6.1" : "1.0.0";
}

bool aimetHasWidth(AimetVersion version, int bits)
{
    return version != AimetVersion::V0_6_1 || bits >= fewest_bits;
}

std::string toAimetEncodings(const Network& network, const std::vector<TensorEncoding>& encodings,
                             AimetVersion version)
{
    try {
        return documentOf(encodings, version).dump(2) + "\n";
    } catch (const Json::exception&) {
        throw Error(ErrorCode::Failed, "The encodings cannot be written", network.name(),
                    "a name in the network is not UTF-8 text", "Rename it in the network's file");
    }
}

} // namespace bitdial
