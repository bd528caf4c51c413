// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/image_set.h"
#include "core/data/sample_geometry.h"
#include "core/data/stored_samples.h"

#include <string>
#include <string_view>

namespace bitdial {

enum class DataFormat { Idx, Cifar10, Cifar100, Images, Npz, Raw };

/// A number for all channels or a list of one each.
struct PerChannel {
    std::vector<float> values; ///< empty: left out
    bool is_list = false;

    /// One value per channel. A list is given as it is, whether it fits or not.
    std::vector<float> expanded(int channels) const;
};

/// A data.json (schema bitdial.data/1) as a value. Values of null are as good as left out.
struct DataDescription {
    DataFormat format = DataFormat::Idx;
    std::string images; ///< path as written
    std::string labels; ///< path as written; empty: none
    SampleGeometry geometry;
    float scale = 1;
    float offset = 0;
    PerChannel mean;
    PerChannel std;
    bool channels_last = false; ///< layout of the stored samples: nhwc
    bool coarse_labels = false; ///< cifar100: the 20 superclasses instead of the 100 classes
    std::string npz_images;     ///< array names; empty: the usual ones are looked for
    std::string npz_labels;
    /// raw: its shape is written in the order of the layout.
    struct Raw {
        int record_bytes = 0;
        int label_offset = 0;
        StoredLayout layout; ///< offset_bytes: of the first sample; stride_bytes: record_bytes
    } raw;

    Preprocess preprocess(int channels) const
    {
        return {scale, offset, mean.expanded(channels), std.expanded(channels)};
    }
};

/// Parses a data.json. Throws Error(BadInput) with `where`, the key, reason and remedy: not JSON or
/// not UTF-8, nested deeper than 100, unknown, missing or repeated keys, values out of range, keys
/// that the format has no use for.
DataDescription parseDataJson(std::string_view text, const std::string& where);

} // namespace bitdial
