// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_file.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/nearest_name.h"
#include "core/data/idx_reader.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace bitdial {
namespace {

using Json = nlohmann::json;

/// A data.json being read: knows its path for messages and relative files.
class DataFile {
public:
    explicit DataFile(const std::filesystem::path& path) : m_path(path) { parse(); }

    std::shared_ptr<const ImageSet> read() const
    {
        const auto format = text(m_json, "format");
        if (format == "idx")
            return readIdxSet();
        if (format == "cifar10")
            return readCifar10();
        if (format == "raw")
            return readRaw();
        fail("format", "'" + format + "' is not a format that this version reads",
             "Use idx, cifar10 or raw");
    }

private:
    [[noreturn]] void fail(const std::string& key, const std::string& why,
                           const std::string& next) const
    {
        throw Error(ErrorCode::BadInput, "The data file is wrong",
                    m_path.string() + (key.empty() ? "" : ": \"" + key + "\""), why, next);
    }

    void parse()
    {
        try {
            m_json = Json::parse(readTextFile(m_path, 1 << 20));
        } catch (const Json::parse_error& e) {
            fail("", "it is not valid JSON (byte " + std::to_string(e.byte) + ")",
                 "Correct the file; CONTRIBUTING shows an example");
        }
        if (!m_json.is_object())
            fail("", "it is not a JSON object", "Correct the file");
        checkKeys(m_json, {"schema", "format", "images", "labels", "preprocess", "raw"}, "");
        if (text(m_json, "schema") != "bitdial.data/1")
            fail("schema", "it must be \"bitdial.data/1\"", "Correct the schema");
    }

    void checkKeys(const Json& object, const std::vector<std::string>& known,
                   const std::string& prefix) const
    {
        for (const auto& [key, value] : object.items())
            if (std::ranges::find(known, key) == known.end())
                fail(prefix + key, "unknown key", didYouMean(key, known));
    }

    std::string text(const Json& object, const std::string& key) const
    {
        if (!object.contains(key))
            fail(key, "the key is missing", "Add \"" + key + "\"");
        if (!object.at(key).is_string())
            fail(key, "it must be a text", "Write it in quotes");
        return object.at(key).get<std::string>();
    }

    int integer(const Json& object, const std::string& key, int lowest) const
    {
        if (!object.contains(key) || !object.at(key).is_number_integer())
            fail(key, "a whole number is expected", "Add it");
        const auto value = object.at(key).get<std::int64_t>();
        if (value < lowest || value > 1 << 24)
            fail(key, "it is out of range", "Use a value from " + std::to_string(lowest));
        return int(value);
    }

    std::filesystem::path file(const std::string& key) const
    {
        return m_path.parent_path() / text(m_json, key);
    }

    float number(const Json& value, const std::string& key) const
    {
        if (!value.is_number())
            fail(key, "a number is expected", "Correct it");
        return value.get<float>();
    }

    std::vector<float> numbers(const Json& value, const std::string& key) const
    {
        if (!value.is_array())
            fail(key, "a list of numbers is expected", "Write [a, b, ...]");
        std::vector<float> list;
        for (const auto& entry : value)
            list.push_back(number(entry, key));
        return list;
    }

    /// Scaling of samples of `shape` as they lie in the file. Null is as good as a key left out.
    Preprocess preprocess(const TensorShape& shape) const
    {
        Preprocess p;
        if (!m_json.contains("preprocess"))
            return p;
        const auto& all = m_json.at("preprocess");
        if (!all.is_object())
            fail("preprocess", "it must be an object", "Correct it");
        checkKeys(all,
                  {"resize_short_side", "center_crop", "resize", "scale", "offset", "mean", "std",
                   "channels", "layout"},
                  "preprocess.");
        Json json = Json::object();
        for (const auto& [key, value] : all.items())
            if (!value.is_null())
                json[key] = value;
        checkSize(json, shape);
        checkChannels(json, shape);
        checkLayout(json, shape);
        if (json.contains("scale"))
            p.scale = number(json.at("scale"), "preprocess.scale");
        if (json.contains("offset"))
            p.offset = number(json.at("offset"), "preprocess.offset");
        if (json.contains("mean"))
            p.mean = numbers(json.at("mean"), "preprocess.mean");
        if (json.contains("std"))
            p.std = numbers(json.at("std"), "preprocess.std");
        return p;
    }

    [[noreturn]] void failUnsupported(const std::string& key, const Json& value,
                                      const std::string& next) const
    {
        fail("preprocess." + key,
             value.dump(-1, ' ', false, Json::error_handler_t::replace) +
                 " is not supported yet for format " + text(m_json, "format"),
             next);
    }

    /// Samples are used in the size that they have: only sizes that change nothing are accepted.
    void checkSize(const Json& json, const TensorShape& shape) const
    {
        const std::string next = "Remove the key or write null, and give samples of the network's "
                                 "input size (these are " +
                                 std::to_string(shape.height) + " x " +
                                 std::to_string(shape.width) + ")";
        for (const char* key : {"resize_short_side", "center_crop"}) {
            if (!json.contains(key))
                continue;
            const bool same =
                json.at(key) == std::min(shape.height, shape.width) &&
                (key == std::string("resize_short_side") || shape.height == shape.width);
            if (!same)
                failUnsupported(key, json.at(key), next);
        }
        if (json.contains("resize"))
            failUnsupported("resize", json.at("resize"), next);
    }

    /// Channels are used in the order that they have: one is grey, three are red, green, blue.
    void checkChannels(const Json& json, const TensorShape& shape) const
    {
        if (!json.contains("channels"))
            return;
        const auto& value = json.at("channels");
        const std::string own = shape.channels == 1 ? "grey" : shape.channels == 3 ? "rgb" : "";
        if (value != "rgb" && value != "bgr" && value != "grey")
            fail("preprocess.channels", "it must be \"rgb\", \"bgr\" or \"grey\"", "Correct it");
        if (value != own)
            failUnsupported("channels", value,
                            "Remove the key" + (own.empty() ? "" : " or write \"" + own + "\"") +
                                ": the samples' channels are used as they are");
    }

    /// Samples are stored plane by plane. With a single channel the other order is the same.
    void checkLayout(const Json& json, const TensorShape& shape) const
    {
        if (!json.contains("layout"))
            return;
        const auto& value = json.at("layout");
        if (value != "nchw" && value != "nhwc")
            fail("preprocess.layout", "it must be \"nchw\" or \"nhwc\"", "Correct it");
        if (value == "nhwc" && shape.channels != 1)
            failUnsupported("layout", value,
                            "Store the samples channel by channel and write \"nchw\"");
    }

    std::shared_ptr<const ImageSet> readIdxSet() const
    {
        auto images = readIdx(file("images"), 3);
        const auto labels = readIdx(file("labels"), 1);
        const TensorShape shape{1, images.sizes[1], images.sizes[2]};
        return std::make_shared<ImageSet>(
            m_path.string(), shape, PixelType::UInt8, std::move(images.values),
            std::vector<int>(labels.values.begin(), labels.values.end()), preprocess(shape));
    }

    /// Fixed records of a label byte and the sample's bytes.
    std::shared_ptr<const ImageSet> readRecords(const std::filesystem::path& path, int record_bytes,
                                                int label_offset, int data_offset,
                                                TensorShape shape, PixelType type) const
    {
        const auto bytes = readFile(path);
        if (bytes.empty() || bytes.size() % std::size_t(record_bytes) != 0)
            throw Error(ErrorCode::BadInput, "The sample file has a wrong size", path.string(),
                        std::to_string(bytes.size()) + " bytes are no multiple of " +
                            std::to_string(record_bytes) + " bytes a record",
                        "Check that the file is whole and \"raw\" describes it");
        const auto count = bytes.size() / std::size_t(record_bytes);
        const auto elements = std::size_t(shape.elements());
        std::vector<std::uint8_t> pixels(count * elements);
        std::vector<int> labels(count);
        const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
        for (std::size_t i = 0; i < count; ++i) {
            const auto* record = data + i * std::size_t(record_bytes);
            labels[i] = record[label_offset];
            std::copy_n(record + data_offset, elements, pixels.data() + i * elements);
        }
        return std::make_shared<ImageSet>(m_path.string(), shape, type, std::move(pixels),
                                          std::move(labels), preprocess(shape));
    }

    std::shared_ptr<const ImageSet> readCifar10() const
    {
        return readRecords(file("images"), 3073, 0, 1, {3, 32, 32}, PixelType::UInt8);
    }

    std::shared_ptr<const ImageSet> readRaw() const
    {
        if (!m_json.contains("raw") || !m_json.at("raw").is_object())
            fail("raw", "format raw needs the layout of a record", "Add a \"raw\" object");
        const auto& raw = m_json.at("raw");
        checkKeys(raw, {"record_bytes", "label_offset", "data_offset", "shape", "dtype"}, "raw.");
        const int record_bytes = integer(raw, "record_bytes", 2);
        const int label_offset = integer(raw, "label_offset", 0);
        const int data_offset = integer(raw, "data_offset", 0);
        const auto sizes = numbers(raw.contains("shape") ? raw.at("shape") : Json(), "raw.shape");
        if (sizes.size() != 3 ||
            std::ranges::any_of(sizes, [](float s) { return s < 1 || s > 65536; }))
            fail("raw.shape", "three sizes (channels, height, width) are expected", "Correct it");
        const TensorShape shape{int(sizes[0]), int(sizes[1]), int(sizes[2])};
        const auto type = text(raw, "dtype");
        if (type != "int8" && type != "uint8")
            fail("raw.dtype", "'" + type + "' is not known", "Use int8 or uint8");
        if (label_offset >= record_bytes || data_offset + shape.elements() > record_bytes)
            fail("raw.record_bytes", "label or sample lie outside the record",
                 "Correct the offsets or the shape");
        return readRecords(file("images"), record_bytes, label_offset, data_offset, shape,
                           type == "int8" ? PixelType::Int8 : PixelType::UInt8);
    }

    std::filesystem::path m_path;
    Json m_json;
};

} // namespace

std::shared_ptr<const ImageSet> readDataFile(const std::filesystem::path& path)
{
    if (std::filesystem::is_directory(path))
        throw Error(ErrorCode::BadInput, "The data source is a folder without labels",
                    path.string(), "a folder does not say what its files are",
                    "Give a data.json that names the images and their labels");
    return DataFile(path).read();
}

} // namespace bitdial
