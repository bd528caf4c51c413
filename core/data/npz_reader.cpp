// SPDX-License-Identifier: Apache-2.0
#include "core/data/npz_reader.h"

#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/shown_name.h"
#include "core/base/zip_archive.h"
#include "core/data/npy_array.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

constexpr std::int64_t MaxSide = 65536;
/// What a compressed file may hold beyond its own size.
constexpr std::uint64_t MaxExpansionBytes = std::uint64_t(200) << 20;
constexpr std::int64_t MaxLabel = 1 << 20;

[[noreturn]] void fail(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The NPZ file does not hold labelled samples", where, why,
                next);
}

/// Names of the arrays, without ".npy".
std::vector<std::string> arrayNames(const ZipArchive& archive)
{
    std::vector<std::string> names;
    for (const auto& entry : archive.entries())
        if (entry.name.ends_with(".npy"))
            names.push_back(entry.name.substr(0, entry.name.size() - 4));
    return names;
}

std::string shownNames(const std::vector<std::string>& names)
{
    std::string text;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 10); ++i)
        text += (i > 0 ? ", '" : "'") + shownName(names[i]) + "'";
    return text.empty() ? "none" : text + (names.size() > 10 ? ", ..." : "");
}

/// `role` is the key of data.json's "npz" that names the array.
std::string chosenName(const std::vector<std::string>& names, const std::string& wanted,
                       const std::vector<std::string>& usual, const std::string& role,
                       const std::string& where)
{
    if (!wanted.empty()) {
        if (std::ranges::find(names, wanted) == names.end())
            fail(where, "it has no array '" + shownName(wanted) + "'", didYouMean(wanted, names));
        return wanted;
    }
    std::string found;
    int matches = 0;
    for (const auto& name : usual) {
        if (std::ranges::find(names, name) == names.end())
            continue;
        found = name;
        ++matches;
    }
    if (matches != 1)
        fail(where,
             (matches == 0 ? "no array has a usual name for " : "several arrays could be the ") +
                 role + " (arrays: " + shownNames(names) + ")",
             "Say which in the data file: \"npz\":{\"" + role + "\":\"NAME\"}");
    return found;
}

/// The array's bytes with their owner: the archive where it is stored, else its own buffer.
SharedBytes arrayBytes(const ZipArchive& archive, const SharedBytes& file, const std::string& name)
{
    std::vector<std::byte> buffer;
    const auto bytes = archive.read(*archive.find(name + ".npy"), buffer);
    if (buffer.empty())
        return {file.owner, bytes};
    return SharedBytes::take(std::move(buffer));
}

std::string textOf(const std::vector<std::int64_t>& shape)
{
    std::string text;
    for (const auto size : shape)
        text += (text.empty() ? "" : " x ") + std::to_string(size);
    return text.empty() ? "a single value" : text;
}

TensorShape sampleShape(const std::vector<std::int64_t>& sizes, bool channels_last,
                        const std::string& where)
{
    const auto rank = sizes.size();
    const bool fits = rank >= 2 && rank <= 4 && sizes[0] <= max_samples &&
                      std::all_of(sizes.begin() + 1, sizes.end(),
                                  [](std::int64_t s) { return s >= 1 && s <= MaxSide; });
    if (!fits)
        fail(where, "its shape is " + textOf(sizes),
             "Give pictures N x C x H x W, N x H x W x C (with \"layout\":\"nhwc\"), N x H x W or "
             "N x F");
    const auto size = [&](std::size_t i) { return int(sizes[i]); };
    if (rank == 2)
        return {size(1), 1, 1};
    if (rank == 3)
        return {1, size(1), size(2)};
    return channels_last ? TensorShape{size(3), size(1), size(2)}
                         : TensorShape{size(1), size(2), size(3)};
}

std::vector<int> labelsOf(const NpyArray& array, int count, const std::string& where)
{
    const bool flat = array.shape.size() == 1 || (array.shape.size() == 2 && array.shape[1] == 1);
    if (!flat || array.type >= ElementType::Half)
        fail(where,
             "labels must be N whole numbers, these are " + textOf(array.shape) +
                 (array.type >= ElementType::Half ? " fractions" : ""),
             "Store class numbers from 0, such as one_hot.argmax(1)");
    if (array.shape[0] != count)
        fail(where,
             std::to_string(array.shape[0]) + " labels for " + std::to_string(count) + " samples",
             "Give the labels that belong to the samples");
    const auto bytes = elementBytes(array.type);
    std::vector<int> labels;
    labels.reserve(std::size_t(count));
    for (std::size_t i = 0; i < std::size_t(count); ++i) {
        const double label = elementValue(array.type, array.data.data() + i * bytes);
        if (label < 0 || label > MaxLabel)
            fail(where,
                 "the label of sample " + std::to_string(i) + " is " +
                     std::to_string(std::int64_t(label)),
                 "Number the classes from 0");
        labels.push_back(int(label));
    }
    return labels;
}

void checkFinite(const NpyArray& array, const std::string& where)
{
    if (array.type < ElementType::Half)
        return;
    const auto bytes = elementBytes(array.type);
    for (std::size_t i = 0; i * bytes < array.data.size(); ++i)
        if (!std::isfinite(float(elementValue(array.type, array.data.data() + i * bytes))))
            fail(where, "value " + std::to_string(i) + " is not finite as float",
                 "Remove or correct such samples");
}

} // namespace

NpzData readNpz(std::vector<std::byte> file, const std::string& where,
                const std::string& images_name, const std::string& labels_name, bool channels_last)
{
    const auto shared = SharedBytes::take(std::move(file));
    const ZipArchive archive(shared.bytes, where, shared.bytes.size() + MaxExpansionBytes);
    const auto names = arrayNames(archive);
    const auto images =
        chosenName(names, images_name, {"x", "images", "x_test", "arr_0"}, "images", where);
    const auto labels =
        chosenName(names, labels_name, {"y", "labels", "y_test", "arr_1"}, "labels", where);

    NpzData data;
    const auto images_where = where + ": array '" + shownName(images) + "'";
    data.bytes = arrayBytes(archive, shared, images);
    const auto pictures = parseNpy(data.bytes.bytes, images_where);
    data.layout.shape = sampleShape(pictures.shape, channels_last, images_where);
    data.layout.type = pictures.type;
    data.layout.channels_last = channels_last && pictures.shape.size() == 4;
    data.layout.stride_bytes = data.layout.sampleBytes();
    data.count = int(pictures.shape[0]);
    checkFinite(pictures, images_where);
    data.bytes.bytes = pictures.data;

    const auto labels_where = where + ": array '" + shownName(labels) + "'";
    const auto label_bytes = arrayBytes(archive, shared, labels);
    data.labels = labelsOf(parseNpy(label_bytes.bytes, labels_where), data.count, labels_where);
    return data;
}

} // namespace bitdial
