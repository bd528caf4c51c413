// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_source.h"

#include "core/base/error.h"
#include "core/base/sha256.h"
#include "core/data/data_file.h"
#include "core/data/idx_reader.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <random>

namespace bitdial {
namespace {

/// Where the distribution's package dataset-fashion-mnist puts its files.
std::filesystem::path fashionFolder()
{
    if (const char* folder = std::getenv("BITDIAL_FASHION_MNIST"))
        return folder;
    return "/usr/share/datasets/fashion-mnist";
}

std::shared_ptr<const ImageSet> openFashion(const std::string& part)
{
    const auto images_path = fashionFolder() / (part + "-images-idx3-ubyte.gz");
    if (!std::filesystem::exists(images_path))
        throw Error(
            ErrorCode::BadInput, "The demo data is not installed", images_path.string(),
            "the file does not exist",
            "Install the package dataset-fashion-mnist, or set BITDIAL_FASHION_MNIST to the "
            "folder of the four IDX files");
    const auto labels = readIdx(fashionFolder() / (part + "-labels-idx1-ubyte.gz"), 1);
    Preprocess preprocess;
    preprocess.scale = 1.0F / 255.0F;
    return std::make_shared<ImageSet>(
        "Fashion-MNIST " + part, idxSamples(readIdx(images_path, 3), images_path.string()),
        std::vector<int>(labels.values.begin(), labels.values.end()), std::move(preprocess));
}

/// Fisher-Yates by hand: std::shuffle's sequence is the library's choice, and the split must be the
/// same everywhere.
std::vector<int> shuffledIndices(int count, std::uint64_t seed)
{
    std::vector<int> indices(std::size_t(count), 0);
    std::iota(indices.begin(), indices.end(), 0);
    std::mt19937_64 random(seed);
    for (int i = count - 1; i > 0; --i)
        std::swap(indices[std::size_t(i)], indices[std::size_t(random() % std::uint64_t(i + 1))]);
    return indices;
}

std::vector<int> allIndices(int count)
{
    std::vector<int> indices(std::size_t(count), 0);
    std::iota(indices.begin(), indices.end(), 0);
    return indices;
}

std::string splitHash(const DataSplits& splits)
{
    Sha256 hash;
    for (const auto* part :
         {&splits.train, &splits.calibration, &splits.validation, &splits.test}) {
        hash.update(part->images->hash());
        hash.update(std::as_bytes(std::span(part->indices)));
        hash.update(std::string_view("|"));
    }
    return hash.hexDigest();
}

/// Deals the shuffled samples of one set: calibration, validation, test, then train.
DataSplits deal(const std::shared_ptr<const ImageSet>& set, std::uint64_t seed, int calibration,
                int validation, int test)
{
    const auto order = shuffledIndices(set->size(), seed);
    auto next = order.begin();
    const auto take = [&](int count) {
        std::vector<int> part(next, next + count);
        next += count;
        std::ranges::sort(part);
        return ImageSubset{set, std::move(part)};
    };
    DataSplits splits;
    splits.calibration = take(calibration);
    splits.validation = take(validation);
    splits.test = take(test);
    splits.train = take(int(order.end() - next));
    return splits;
}

DataSplits openDemo(std::uint64_t seed)
{
    auto splits = deal(openFashion("train"), seed, 1000, 5000, 0);
    const auto test = openFashion("t10k");
    splits.test = ImageSubset{test, allIndices(test->size())};
    splits.name = "demo";
    return splits;
}

DataSplits openFile(const std::string& source, std::uint64_t seed)
{
    const auto set = readDataFile(source);
    const int count = set->size();
    if (count < 10)
        throw Error(ErrorCode::BadInput, "Too few samples to split", source,
                    std::to_string(count) + " samples", "Give at least 10 labelled samples");
    auto splits = deal(set, seed, std::clamp(count / 10, 1, 1000), std::max(1, count / 5),
                       std::max(1, count / 5));
    splits.name = source;
    return splits;
}

/// Samples of `part` whose content is also in `others`.
int countShared(const ImageSubset& part, const std::vector<const ImageSubset*>& others)
{
    std::vector<std::uint64_t> known;
    for (const auto* other : others)
        for (const int sample : other->indices)
            known.push_back(other->images->fingerprint(sample));
    std::ranges::sort(known);
    return int(std::ranges::count_if(part.indices, [&](int sample) {
        return std::ranges::binary_search(known, part.images->fingerprint(sample));
    }));
}

/// Accuracy on samples that were also trained or calibrated on says too much.
std::vector<std::string> leakWarnings(const DataSplits& splits)
{
    std::vector<std::string> warnings;
    const auto warn = [&](const ImageSubset& part, const std::string& name, int shared,
                          const std::string& others) {
        if (shared > 0)
            warnings.push_back(std::to_string(shared) + " of the " + std::to_string(part.size()) +
                               " " + name + " samples are also among the " + others +
                               " samples: accuracy on them says too much");
    };
    warn(splits.validation, "validation",
         countShared(splits.validation, {&splits.train, &splits.calibration}),
         "training and calibration");
    warn(splits.test, "test",
         countShared(splits.test, {&splits.train, &splits.calibration, &splits.validation}),
         "training, calibration and validation");
    return warnings;
}

} // namespace

DataSplits openData(const std::string& source, std::uint64_t seed)
{
    auto splits = source == "demo" ? openDemo(seed) : openFile(source, seed);
    splits.hash = splitHash(splits);
    splits.warnings = leakWarnings(splits);
    return splits;
}

ImageSubset openEvaluationData(const std::string& source)
{
    const auto set = source == "demo" ? openFashion("t10k") : readDataFile(source);
    return {set, allIndices(set->size())};
}

std::string keptDataSource(const std::string& source)
{
    if (source.empty() || source == "demo")
        return source;
    return std::filesystem::absolute(source).lexically_normal().string();
}

} // namespace bitdial
