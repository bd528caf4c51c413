// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_json.h"

#include "core/data/json_object.h"

namespace bitdial {
namespace {

constexpr int MaxSide = 4096;
constexpr int MaxRecordBytes = 1 << 24;

void readGeometry(const JsonObject& json, SampleGeometry& geometry)
{
    if (json.has("resize_short_side"))
        geometry.resize_short_side = json.integer("resize_short_side", 1, MaxSide);
    if (json.has("center_crop"))
        geometry.center_crop = json.integer("center_crop", 1, MaxSide);
    if (json.has("resize")) {
        const auto size = json.integers("resize", 2, 1, MaxSide);
        geometry.resize = PictureSize{size[0], size[1]};
        if (geometry.resize_short_side != 0)
            json.fail("resize", "it stands beside \"resize_short_side\", which resizes too",
                      "Remove one of the two");
    }
    if (json.has("channels"))
        geometry.channels =
            std::vector{ChannelOrder::Rgb, ChannelOrder::Bgr,
                        ChannelOrder::Grey}[json.word("channels", {"rgb", "bgr", "grey"})];
}

PerChannel readPerChannel(const JsonObject& json, const std::string& key, bool positive)
{
    PerChannel list;
    if (!json.has(key))
        return list;
    list.is_list = json.isList(key);
    list.values = list.is_list ? json.numbers(key) : std::vector<float>{json.number(key)};
    for (const float value : list.values)
        if (positive && !(value > 0))
            json.fail(key, "it must be positive", "Give standard deviations");
    return list;
}

/// Formats whose files fix the order of the values refuse another one; one channel has no order.
void readLayout(const JsonObject& json, DataDescription& data)
{
    if (!json.has("layout"))
        return;
    const bool channels_last = json.word("layout", {"nchw", "nhwc"}) == 1;
    const bool free_order = data.format == DataFormat::Npz || data.format == DataFormat::Raw;
    if (channels_last && !free_order && data.format != DataFormat::Idx)
        json.fail("layout", "files of this format cannot have the order nhwc",
                  "Remove the key: it says how samples are stored, not what the network takes");
    data.channels_last = channels_last && free_order;
}

void readPreprocess(const JsonObject& json, DataDescription& data)
{
    json.checkKeys({"resize_short_side", "center_crop", "resize", "scale", "offset", "mean", "std",
                    "channels", "layout"});
    readGeometry(json, data.geometry);
    readLayout(json, data);
    if (json.has("scale"))
        data.scale = json.number("scale");
    if (json.has("offset"))
        data.offset = json.number("offset");
    data.mean = readPerChannel(json, "mean", false);
    data.std = readPerChannel(json, "std", true);
}

void readRaw(const JsonObject& json, DataDescription& data)
{
    json.checkKeys({"record_bytes", "label_offset", "data_offset", "shape", "dtype"});
    auto& raw = data.raw;
    raw.record_bytes = json.integer("record_bytes", 2, MaxRecordBytes);
    raw.label_offset = json.integer("label_offset", 0, raw.record_bytes - 1);
    const int data_offset = json.integer("data_offset", 0, raw.record_bytes - 1);
    const auto sizes = json.integers("shape", 3, 1, 65536);
    auto& layout = raw.layout;
    layout.shape = data.channels_last ? TensorShape{sizes[2], sizes[0], sizes[1]}
                                      : TensorShape{sizes[0], sizes[1], sizes[2]};
    layout.type = std::vector{ElementType::UInt8, ElementType::Int8, ElementType::Int16,
                              ElementType::Int32, ElementType::Half, ElementType::Float}[json.word(
        "dtype", {"uint8", "int8", "int16", "int32", "float16", "float32"})];
    layout.channels_last = data.channels_last;
    layout.offset_bytes = std::size_t(data_offset);
    layout.stride_bytes = std::size_t(raw.record_bytes);
    const auto end = layout.offset_bytes + layout.sampleBytes();
    if (end > layout.stride_bytes)
        json.fail("record_bytes",
                  "the sample ends at byte " + std::to_string(end) + " of a record, behind its end",
                  "Correct data_offset, shape or dtype");
    if (raw.label_offset >= data_offset && std::size_t(raw.label_offset) < end)
        json.fail("label_offset", "the label lies inside the sample", "Correct the offsets");
}

void readFormatKeys(const JsonObject& json, DataDescription& data)
{
    const auto only = [&](const std::string& key, bool belongs, const std::string& why) {
        if (json.has(key) && !belongs)
            json.fail(key, why, "Remove the key");
        return json.has(key);
    };
    const auto format = data.format;
    if (format == DataFormat::Idx || only("labels", format == DataFormat::Images,
                                          "files of this format hold their labels themselves"))
        data.labels = json.text("labels");
    if (only("npz", format == DataFormat::Npz, "it belongs to format npz")) {
        const auto npz = json.object("npz");
        npz.checkKeys({"images", "labels"});
        data.npz_images = npz.has("images") ? npz.text("images") : "";
        data.npz_labels = npz.has("labels") ? npz.text("labels") : "";
    }
    if (only("cifar100", format == DataFormat::Cifar100, "it belongs to format cifar100")) {
        const auto cifar = json.object("cifar100");
        cifar.checkKeys({"labels"});
        data.coarse_labels = cifar.word("labels", {"fine", "coarse"}) == 1;
    }
    if (only("raw", format == DataFormat::Raw, "it belongs to format raw") ||
        format == DataFormat::Raw)
        readRaw(json.object("raw"), data);
}

} // namespace

std::vector<float> PerChannel::expanded(int channels) const
{
    return is_list || values.empty() ? values
                                     : std::vector<float>(std::size_t(channels), values.front());
}

DataDescription parseDataJson(std::string_view text, const std::string& where)
{
    const JsonObject json(text, where);
    json.checkKeys(
        {"schema", "format", "images", "labels", "preprocess", "raw", "npz", "cifar100"});
    json.word("schema", {"bitdial.data/1"});
    DataDescription data;
    data.format = std::vector{DataFormat::Idx,    DataFormat::Cifar10, DataFormat::Cifar100,
                              DataFormat::Images, DataFormat::Npz,     DataFormat::Raw}[json.word(
        "format", {"idx", "cifar10", "cifar100", "images", "npz", "raw"})];
    data.images = json.text("images");
    if (json.has("preprocess"))
        readPreprocess(json.object("preprocess"), data);
    readFormatKeys(json, data);
    return data;
}

} // namespace bitdial
