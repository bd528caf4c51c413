// SPDX-License-Identifier: Apache-2.0
#include "core/data/sample_geometry.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace bitdial {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The preprocessing does not fit the picture", where, why,
                next);
}

std::string textOf(PictureSize size)
{
    return std::to_string(size.height) + " x " + std::to_string(size.width);
}

/// What a sample, and what lies between the two passes of a resize, may have.
constexpr std::int64_t MaxPixels = std::int64_t(1) << 24;

void checkPixels(std::int64_t height, std::int64_t width, PictureSize from,
                 const std::string& where)
{
    if (height * width > MaxPixels)
        fail(where,
             "a picture of " + textOf(from) + " would become " + std::to_string(height) + " x " +
                 std::to_string(width) + ", more than " + std::to_string(MaxPixels) + " pixels",
             "Resize to less, and leave out pictures that are very narrow");
}

PictureSize resizedSize(const SampleGeometry& geometry, PictureSize from, const std::string& where)
{
    auto size = from;
    if (geometry.resize) {
        size = *geometry.resize;
    } else if (geometry.resize_short_side != 0) {
        const auto small = std::int64_t(std::min(from.height, from.width));
        const auto large = std::int64_t(std::max(from.height, from.width));
        const auto scaled = geometry.resize_short_side * large / small;
        checkPixels(scaled, geometry.resize_short_side, from, where);
        size = from.height < from.width ? PictureSize{geometry.resize_short_side, int(scaled)}
                                        : PictureSize{int(scaled), geometry.resize_short_side};
    }
    if (size == from)
        return from;
    checkPixels(size.height, size.width, from, where);
    checkPixels(from.height, size.width, from, where);
    return size;
}

/// Half of the difference, 0.5 to the even neighbour.
int cropStart(int size, int crop)
{
    return int(std::nearbyint((size - crop) / 2.0));
}

std::uint8_t luma(const std::uint8_t* pixel)
{
    return std::uint8_t((pixel[0] * 19595 + pixel[1] * 38470 + pixel[2] * 7471 + 0x8000) >> 16);
}

float luma(const float* pixel)
{
    return 0.299F * pixel[0] + 0.587F * pixel[1] + 0.114F * pixel[2];
}

/// From R,G,B or grey.
template <typename Value> Raster<Value> reordered(Raster<Value> from, ChannelOrder order)
{
    if (from.channels == 3 && order == ChannelOrder::Bgr)
        for (std::size_t i = 0; i + 3 <= from.values.size(); i += 3)
            std::swap(from.values[i], from.values[i + 2]);
    const int channels = order == ChannelOrder::Grey ? 1 : 3;
    if (from.channels == channels)
        return from;
    Raster<Value> to{from.width, from.height, channels, {}};
    to.values.resize(to.at(0, to.height));
    const auto pixels = std::size_t(from.width) * std::size_t(from.height);
    for (std::size_t i = 0; i < pixels; ++i) {
        if (channels == 1)
            to.values[i] = luma(from.values.data() + 3 * i);
        else
            std::fill_n(to.values.data() + 3 * i, 3, from.values[i]);
    }
    return to;
}

/// Samples that pass through a geometry when they are read.
class TransformedSamples : public SampleSource {
public:
    TransformedSamples(std::shared_ptr<const SampleSource> source, const SampleGeometry& geometry,
                       bool bytes, std::string where)
        : m_source(std::move(source)),
          m_geometry(geometry),
          m_bytes(bytes),
          m_where(std::move(where))
    {
        const auto from = m_source->shape();
        const auto size = outputSize(m_geometry, {from.height, from.width}, m_where);
        m_shape = {from.channels, size.height, size.width};
        if (m_geometry.channels)
            m_shape.channels = *m_geometry.channels == ChannelOrder::Grey ? 1 : 3;
    }

    std::string format() const override { return m_source->format(); }
    int kind() const override { return m_source->kind() + 1000; }
    int size() const override { return m_source->size(); }
    TensorShape shape() const override { return m_shape; }
    ChannelOrder channels() const override
    {
        return m_geometry.channels.value_or(m_source->channels());
    }
    void read(int sample, float* destination) const override
    {
        if (m_bytes)
            readAs<std::uint8_t>(sample, destination);
        else
            readAs<float>(sample, destination);
    }
    std::uint64_t fingerprint(int sample) const override { return m_source->fingerprint(sample); }
    void addTo(Sha256& hash) const override
    {
        addGeometry(hash, m_geometry);
        m_source->addTo(hash);
    }

private:
    template <typename Value> void readAs(int sample, float* destination) const
    {
        const auto from = m_source->shape();
        std::vector<float> planes(std::size_t(from.elements()));
        m_source->read(sample, planes.data());
        Raster<Value> picture{from.width, from.height, from.channels, {}};
        picture.values.resize(planes.size());
        const auto plane = std::size_t(from.height) * std::size_t(from.width);
        const auto channels = std::size_t(from.channels);
        for (std::size_t i = 0; i < planes.size(); ++i)
            picture.values[i % plane * channels + i / plane] = Value(planes[i]);
        picture = applyGeometry(m_geometry, std::move(picture), m_where);
        const auto out_plane = std::size_t(picture.height) * std::size_t(picture.width);
        const auto out_channels = std::size_t(picture.channels);
        for (std::size_t i = 0; i < picture.values.size(); ++i)
            destination[i % out_channels * out_plane + i / out_channels] = float(picture.values[i]);
    }

    std::shared_ptr<const SampleSource> m_source;
    SampleGeometry m_geometry;
    bool m_bytes;
    std::string m_where;
    TensorShape m_shape;
};

} // namespace

PictureSize outputSize(const SampleGeometry& geometry, PictureSize from, const std::string& where)
{
    auto size = resizedSize(geometry, from, where);
    if (geometry.center_crop > 0) {
        if (geometry.center_crop > std::min(size.height, size.width))
            fail(where,
                 "center_crop " + std::to_string(geometry.center_crop) +
                     " is larger than the picture (" + textOf(size) + ")",
                 "Crop less, or resize first");
        size = {geometry.center_crop, geometry.center_crop};
    }
    checkPixels(size.height, size.width, from, where);
    return size;
}

template <typename Value>
Raster<Value> applyGeometry(const SampleGeometry& geometry, Raster<Value> picture,
                            const std::string& where)
{
    const PictureSize from{picture.height, picture.width};
    const auto final_size = outputSize(geometry, from, where);
    if (geometry.channels)
        picture = reordered(std::move(picture), *geometry.channels);
    const auto size = resizedSize(geometry, from, where);
    if (size != from)
        picture = resized(picture, size.width, size.height);
    if (final_size != size)
        picture =
            cropped(picture, cropStart(size.width, final_size.width),
                    cropStart(size.height, final_size.height), final_size.width, final_size.height);
    return picture;
}

template ByteRaster applyGeometry(const SampleGeometry&, ByteRaster, const std::string&);
template FloatRaster applyGeometry(const SampleGeometry&, FloatRaster, const std::string&);

std::shared_ptr<const SampleSource> transformed(std::shared_ptr<const SampleSource> source,
                                                const SampleGeometry& geometry, bool bytes,
                                                const std::string& where)
{
    auto needed = geometry;
    const auto shape = source->shape();
    if (needed.channels) {
        if (shape.channels != 1 && shape.channels != 3)
            fail(where + ": \"preprocess.channels\"",
                 "the samples have " + std::to_string(shape.channels) +
                     " channels, so they are neither grey nor colour",
                 "Remove the key: the samples' channels are used as they are");
        if (*needed.channels == source->channels())
            needed.channels.reset();
    }
    const PictureSize own{shape.height, shape.width};
    if (outputSize(needed, own, where) == own && resizedSize(needed, own, where) == own) {
        needed.resize.reset();
        needed.resize_short_side = 0;
        needed.center_crop = 0;
    }
    if (needed.isIdentity())
        return source;
    return std::make_shared<TransformedSamples>(std::move(source), needed, bytes, where);
}

void addGeometry(Sha256& hash, const SampleGeometry& geometry)
{
    const PictureSize none;
    const auto size = geometry.resize.value_or(none);
    hash.update("geometry " + std::to_string(geometry.channels ? int(*geometry.channels) : -1) +
                " " + std::to_string(geometry.resize_short_side) + " " +
                std::to_string(size.height) + " " + std::to_string(size.width) + " " +
                std::to_string(geometry.center_crop) + "|");
}

} // namespace bitdial
