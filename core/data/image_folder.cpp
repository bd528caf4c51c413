// SPDX-License-Identifier: Apache-2.0
#include "core/data/image_folder.h"

#include "core/base/error.h"
#include "core/base/shown_name.h"
#include "core/data/contained_file.h"
#include "core/data/picture_decoder.h"

#include <algorithm>
#include <charconv>
#include <mutex>

namespace bitdial {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& where, const std::string& why, const std::string& next)
{
    throw Error(ErrorCode::BadInput, "The folder of pictures is wrong", where, why, next);
}

/// Names in a folder that are not hidden, sorted. `folders`: all must be folders, else files.
std::vector<std::string> sortedNames(const fs::path& folder, const std::string& shown, bool folders)
{
    std::error_code error;
    std::vector<std::string> names;
    fs::directory_iterator entry(folder, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
        const auto name = entry->path().filename().string();
        if (name.starts_with('.'))
            continue;
        const auto where = shown + "/" + shownName(name);
        std::error_code ignored;
        const auto status = entry->symlink_status(ignored);
        if (status.type() != (folders ? fs::file_type::directory : fs::file_type::regular))
            fail(where, folders ? "it is no folder" : "it is no regular file",
                 folders ? "Put pictures into one folder per class, or give \"labels\""
                         : "Keep only picture files in the folders of the classes");
        if (names.size() == std::size_t(max_samples))
            fail(shown, "it has more than " + std::to_string(max_samples) + " entries",
                 "Split the data");
        names.push_back(name);
    }
    if (error)
        fail(shown, error.message(), "Check the path and its permissions");
    std::ranges::sort(names);
    return names;
}

class FolderSamples : public SampleSource {
public:
    FolderSamples(fs::path folder, const std::vector<LabelledFile>& files,
                  const SampleGeometry& geometry)
        : m_folder(std::move(folder)), m_geometry(geometry), m_kept(files.size())
    {
        m_geometry.channels = m_geometry.channels.value_or(ChannelOrder::Rgb);
        Sha256 content;
        for (const auto& file : files) {
            m_files.push_back(file.file);
            const auto bytes = readContainedFile(m_folder, file.file, max_picture_file_bytes);
            checkSize(pictureSize(bytes, pathOf(file.file)), file.file);
            const auto digest = sha256Hex(bytes);
            m_fingerprints.push_back(numberOf(digest));
            content.update(digest);
        }
        m_content_hash = content.hexDigest();
    }

    std::string format() const override { return "images"; }
    int kind() const override { return 100; }
    int size() const override { return int(m_files.size()); }
    TensorShape shape() const override
    {
        return {channels() == ChannelOrder::Grey ? 1 : 3, m_size.height, m_size.width};
    }
    ChannelOrder channels() const override { return *m_geometry.channels; }
    std::uint64_t fingerprint(int sample) const override
    {
        return m_fingerprints[std::size_t(sample)];
    }
    void addTo(Sha256& hash) const override
    {
        addGeometry(hash, m_geometry);
        hash.update(m_content_hash);
    }
    void read(int sample, float* destination) const override
    {
        const auto picture = pixelsOf(std::size_t(sample));
        const auto channels = std::size_t(picture->channels);
        const auto plane = std::size_t(m_size.height) * std::size_t(m_size.width);
        for (std::size_t c = 0; c < channels; ++c)
            for (std::size_t i = 0; i < plane; ++i)
                destination[c * plane + i] = float(picture->values[i * channels + c]);
    }

private:
    using Pixels = std::shared_ptr<const ByteRaster>;

    static constexpr std::size_t MaxKeptBytes = std::size_t(192) << 20;
    static constexpr std::size_t MaxKeptSampleBytes = std::size_t(1) << 20;

    static std::uint64_t numberOf(const std::string& digest)
    {
        std::uint64_t number = 0;
        std::from_chars(digest.data(), digest.data() + 16, number, 16);
        return number;
    }

    std::string pathOf(const std::string& file) const
    {
        return m_folder.string() + "/" + shownName(file);
    }

    void checkSize(PictureSize stored, const std::string& file)
    {
        const auto size = outputSize(m_geometry, stored, pathOf(file));
        if (m_files.size() == 1)
            m_size = size;
        if (size != m_size)
            fail(pathOf(file),
                 "it has " + std::to_string(size.height) + " x " + std::to_string(size.width) +
                     " pixels, the first picture " + std::to_string(m_size.height) + " x " +
                     std::to_string(m_size.width),
                 "Give \"preprocess\" a \"resize\", or \"resize_short_side\" and \"center_crop\"");
    }

    /// From memory, or decoded. Several threads may decode one picture at once: all get the same.
    Pixels pixelsOf(std::size_t sample) const
    {
        {
            const std::lock_guard lock(m_mutex);
            if (m_kept[sample])
                return m_kept[sample];
        }
        auto pixels = std::make_shared<const ByteRaster>(decode(sample));
        const auto bytes = pixels->values.size();
        const std::lock_guard lock(m_mutex);
        if (!m_kept[sample] && bytes <= MaxKeptSampleBytes &&
            bytes <= MaxKeptBytes - m_kept_bytes) {
            m_kept[sample] = pixels;
            m_kept_bytes += bytes;
        }
        return pixels;
    }

    ByteRaster decode(std::size_t sample) const
    {
        const auto& file = m_files[sample];
        const auto where = pathOf(file);
        const auto bytes = readContainedFile(m_folder, file, max_picture_file_bytes);
        if (numberOf(sha256Hex(bytes)) != m_fingerprints[sample])
            fail(where, "the file has changed since the data was opened", "Open the data again");
        return applyGeometry(m_geometry, decodePicture(bytes, where), where);
    }

    fs::path m_folder;
    SampleGeometry m_geometry;
    std::vector<std::string> m_files;
    std::vector<std::uint64_t> m_fingerprints;
    std::string m_content_hash;
    PictureSize m_size;
    mutable std::mutex m_mutex; ///< guards the two below
    mutable std::vector<Pixels> m_kept;
    mutable std::size_t m_kept_bytes = 0;
};

} // namespace

std::vector<LabelledFile> listClassFolders(const fs::path& folder)
{
    std::vector<LabelledFile> files;
    const auto shown = folder.string();
    const auto classes = sortedNames(folder, shown, true);
    for (std::size_t label = 0; label < classes.size(); ++label) {
        const auto names =
            sortedNames(folder / classes[label], shown + "/" + shownName(classes[label]), false);
        if (files.size() + names.size() > std::size_t(max_samples))
            fail(shown, "it has more than " + std::to_string(max_samples) + " pictures",
                 "Split the data");
        for (const auto& name : names)
            files.push_back({classes[label] + "/" + name, int(label), 0});
    }
    if (files.empty())
        fail(shown, "there is no picture in it",
             "Put pictures into one folder per class, or give \"labels\"");
    return files;
}

std::shared_ptr<const SampleSource> openImageFolder(const fs::path& folder,
                                                    const std::vector<LabelledFile>& files,
                                                    const SampleGeometry& geometry)
{
    std::error_code error;
    if (!fs::is_directory(folder, error))
        fail(folder.string(), error ? error.message() : "it is no folder",
             "Let \"images\" name a folder of JPEG or PNG pictures");
    if (files.empty() || files.size() > std::size_t(max_samples))
        fail(folder.string(), std::to_string(files.size()) + " pictures are named",
             "Name 1 to " + std::to_string(max_samples));
    return std::make_shared<FolderSamples>(fs::absolute(folder), files, geometry);
}

} // namespace bitdial
