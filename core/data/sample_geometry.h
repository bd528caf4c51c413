// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/data/raster.h"
#include "core/data/sample_source.h"

#include <memory>
#include <optional>
#include <string>

namespace bitdial {

/// Rows and columns of a picture.
struct PictureSize {
    int height = 0;
    int width = 0;
    bool operator==(const PictureSize&) const = default;
};

/// What preprocessing does to pixels before it scales them, in this order: channels, one of the
/// resizes, crop. Left-out steps change nothing.
struct SampleGeometry {
    std::optional<ChannelOrder> channels; ///< Rgb, Bgr or Grey; what the network takes
    int resize_short_side = 0;            ///< 0: none; the aspect ratio is kept
    std::optional<PictureSize> resize;    ///< stretches to exactly this
    int center_crop = 0;                  ///< 0: none; a square

    bool isIdentity() const
    {
        return !channels && resize_short_side == 0 && !resize && center_crop == 0;
    }
    bool operator==(const SampleGeometry&) const = default;
};

/// Size that a picture of size `from` gets. Throws Error(BadInput) naming `where` when the crop is
/// larger than the picture, or when the result, or what lies between the two passes of a resize,
/// has more than 2^24 pixels.
PictureSize outputSize(const SampleGeometry& geometry, PictureSize from, const std::string& where);

/// Applies the steps to a picture of three (R,G,B) or one channel. The long side is that of
/// torchvision's Resize (rounded down), the crop begins where its CenterCrop does (half-way rounds
/// to even), and grey is ITU-R BT.601 luma as PIL computes it.
template <typename Value>
Raster<Value> applyGeometry(const SampleGeometry& geometry, Raster<Value> picture,
                            const std::string& where);

extern template ByteRaster applyGeometry(const SampleGeometry&, ByteRaster, const std::string&);
extern template FloatRaster applyGeometry(const SampleGeometry&, FloatRaster, const std::string&);

/// The source's samples after `geometry`, computed whenever one is read; the source itself when the
/// geometry changes nothing. `bytes` says that its values are whole and 0..255, and stay so.
/// Throws Error(BadInput) naming `where` when the geometry does not fit the samples.
std::shared_ptr<const SampleSource> transformed(std::shared_ptr<const SampleSource> source,
                                                const SampleGeometry& geometry, bool bytes,
                                                const std::string& where);

/// Feeds everything of the geometry that changes values.
void addGeometry(Sha256& hash, const SampleGeometry& geometry);

} // namespace bitdial
