// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_file.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/data_json.h"
#include "core/data/idx_reader.h"
#include "core/data/image_folder.h"
#include "core/data/npz_reader.h"

namespace bitdial {
namespace {

constexpr std::uint64_t MaxJsonBytes = std::uint64_t(1) << 20;
constexpr std::uint64_t MaxSampleFileBytes = std::uint64_t(4) << 30;
constexpr auto MaxRecords = std::size_t(max_samples);

/// Labels and samples that a format's reader found.
struct Samples {
    std::shared_ptr<const SampleSource> source;
    std::vector<int> labels;
};

/// Opens the files that a data.json names.
class DataOpener {
public:
    DataOpener(std::filesystem::path path, DataDescription data)
        : m_path(std::move(path)), m_data(std::move(data))
    {
    }

    std::shared_ptr<const ImageSet> open() const
    {
        auto samples = read();
        const auto shown = m_path.string();
        // A folder's pictures differ in size, so their geometry is applied where they are decoded.
        if (m_data.format != DataFormat::Images)
            samples.source = transformed(samples.source, m_data.geometry, holdsBytes(), shown);
        const int channels = samples.source->shape().channels;
        return std::make_shared<ImageSet>(shown, std::move(samples.source),
                                          std::move(samples.labels), m_data.preprocess(channels));
    }

private:
    Samples read() const
    {
        switch (m_data.format) {
        case DataFormat::Idx:
            return readIdxSamples();
        case DataFormat::Cifar10:
            return readCifar("cifar10", 1, 0, 10);
        case DataFormat::Cifar100:
            return m_data.coarse_labels ? readCifar("cifar100", 2, 0, 20)
                                        : readCifar("cifar100", 2, 1, 100);
        case DataFormat::Images:
            return readImages();
        case DataFormat::Npz:
            return readArrays();
        case DataFormat::Raw:
            break;
        }
        return readRecords("raw", m_data.raw.layout, m_data.raw.label_offset, 256);
    }

    static bool exists(const std::filesystem::path& path)
    {
        std::error_code ignored;
        return std::filesystem::exists(path, ignored);
    }

    /// A path that the user wrote, relative to the data.json.
    std::filesystem::path file(const std::string& written) const
    {
        return m_path.parent_path() / written;
    }

    bool holdsBytes() const
    {
        return m_data.format == DataFormat::Idx || m_data.format == DataFormat::Cifar10 ||
               m_data.format == DataFormat::Cifar100 ||
               (m_data.format == DataFormat::Raw && m_data.raw.layout.type == ElementType::UInt8);
    }

    Samples readIdxSamples() const
    {
        const auto images = file(m_data.images);
        const auto labels = readIdx(file(m_data.labels), 1);
        return {idxSamples(readIdx(images, 3), images.string()),
                {labels.values.begin(), labels.values.end()}};
    }

    Samples readCifar(const std::string& format, int label_bytes, int label_offset,
                      int classes) const
    {
        StoredLayout layout{{3, 32, 32}};
        layout.offset_bytes = std::size_t(label_bytes);
        layout.stride_bytes = layout.sampleBytes() + layout.offset_bytes;
        return readRecords(format, layout, label_offset, classes);
    }

    /// Fixed records of a label byte and a sample.
    Samples readRecords(const std::string& format, const StoredLayout& layout, int label_offset,
                        int classes) const
    {
        const auto path = file(m_data.images);
        auto bytes = readFile(path, MaxSampleFileBytes);
        const auto record = layout.stride_bytes;
        if (bytes.empty() || bytes.size() % record != 0 || bytes.size() / record > MaxRecords)
            throw Error(ErrorCode::BadInput, "The sample file has a wrong size", path.string(),
                        std::to_string(bytes.size()) + " bytes are not 1 to " +
                            std::to_string(MaxRecords) + " records of " + std::to_string(record) +
                            " bytes",
                        "Check that the file is whole and of the format that the data file names");
        std::vector<int> labels;
        labels.reserve(bytes.size() / record);
        for (std::size_t at = 0; at < bytes.size(); at += record) {
            labels.push_back(int(bytes[at + std::size_t(label_offset)]));
            if (labels.back() >= classes)
                throw Error(ErrorCode::BadInput, "A label is wrong",
                            path.string() + ": record " + std::to_string(labels.size() - 1),
                            "it is " + std::to_string(labels.back()) + ", " + format + " has " +
                                std::to_string(classes) + " classes",
                            "Check that the file is of the format that the data file names");
        }
        const int count = int(labels.size());
        const auto source = std::make_shared<StoredSamples>(
            format, SharedBytes::take(std::move(bytes)), layout, count, path.string());
        return {source, std::move(labels)};
    }

    Samples readImages() const
    {
        auto folder = file(m_data.images);
        std::vector<LabelledFile> files;
        if (m_data.labels.empty()) {
            files = listClassFolders(folder);
        } else {
            const auto path = file(m_data.labels);
            files = parseLabelsCsv(readTextFile(path), path.string());
            // Such tables say where the pictures are as seen from themselves, too.
            const auto beside = path.has_parent_path() ? path.parent_path() : ".";
            if (!exists(folder / files.front().file) && exists(beside / files.front().file))
                folder = beside;
        }
        Samples samples;
        for (const auto& entry : files)
            samples.labels.push_back(entry.label);
        samples.source = openImageFolder(folder, files, m_data.geometry);
        return samples;
    }

    Samples readArrays() const
    {
        const auto path = file(m_data.images);
        auto data = readNpz(readFile(path, MaxSampleFileBytes), path.string(), m_data.npz_images,
                            m_data.npz_labels, m_data.channels_last);
        const auto source = std::make_shared<StoredSamples>("npz", std::move(data.bytes),
                                                            data.layout, data.count, path.string());
        return {source, std::move(data.labels)};
    }

    std::filesystem::path m_path;
    DataDescription m_data;
};

} // namespace

std::shared_ptr<const ImageSet> readDataFile(const std::filesystem::path& path)
{
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        throw Error(ErrorCode::BadInput, "The data source is a folder without labels",
                    path.string(), "a folder does not say what its files are",
                    "Give a data.json that names the images and their labels");
    return DataOpener(path, parseDataJson(readTextFile(path, MaxJsonBytes), path.string())).open();
}

} // namespace bitdial
