// SPDX-License-Identifier: Apache-2.0
#include "core/network/weights/weight_file.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/zip_archive.h"
#include "core/network/weights/safetensors_reader.h"
#include "core/network/weights/torch_checkpoint.h"

#include <algorithm>

namespace bitdial {
namespace {

constexpr std::uint64_t largest_file = std::uint64_t(1) << 30;
/// What wrappers put before every name of the network inside.
constexpr std::string_view wrapper_prefixes[] = {"module.",  "model.",    "net.",
                                                 "network.", "backbone.", "_orig_mod."};

void removePrefixes(WeightFile& file)
{
    constexpr int most_wrappers = 4;
    bool removed = !file.tensors.empty();
    for (int i = 0; removed && i < most_wrappers; ++i) {
        removed = false;
        for (const auto prefix : wrapper_prefixes) {
            const bool shared = std::ranges::all_of(file.tensors, [&](const auto& tensor) {
                return tensor.name.size() > prefix.size() && tensor.name.starts_with(prefix);
            });
            if (!shared)
                continue;
            for (auto& tensor : file.tensors)
                tensor.name.erase(0, prefix.size());
            file.prefix += prefix;
            removed = true;
        }
    }
}

WeightFile parseAnyFormat(std::span<const std::byte> bytes, const std::string& where)
{
    // First: the length that a safetensors file begins with may look like anything.
    if (isSafetensors(bytes))
        return readSafetensors(bytes, where);
    if (ZipArchive::isZip(bytes))
        return readTorchZip(bytes, where);
    if (isPickle(bytes))
        return readTorchLegacy(bytes, where);
    constexpr std::string_view hdf5 = "\x89HDF";
    const bool keras = bytes.size() >= hdf5.size() &&
                       std::equal(hdf5.begin(), hdf5.end(), bytes.begin(), [](char a, std::byte b) {
                           return a == std::to_integer<char>(b);
                       });
    throw Error(ErrorCode::BadInput, "The weights file cannot be read", where,
                keras ? "it is an HDF5 file, as Keras writes them"
                      : "it is neither safetensors nor a PyTorch checkpoint",
                "Convert it to safetensors, or give a state dict that torch.save wrote");
}

} // namespace

WeightFile parseWeights(std::span<const std::byte> bytes, const std::string& where)
{
    auto file = parseAnyFormat(bytes, where);
    removePrefixes(file);
    return file;
}

WeightFile readWeights(const std::filesystem::path& path)
{
    return parseWeights(readFile(path, largest_file), path.string());
}

} // namespace bitdial
