// SPDX-License-Identifier: Apache-2.0
// Without libFuzzer: gives a fuzz target every seed of a folder, each seed cut at every byte of its
// first 4 KiB and at every percent, and with single bytes changed. The target must neither crash
// nor hang.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr unsigned hang_s = 20; ///< far above what one input takes, sanitizers and load included
constexpr std::size_t cut_bytes = 4096;
constexpr std::size_t changed_bytes = 1024; ///< per seed, spread over it

using Bytes = std::vector<std::uint8_t>;

void give(const Bytes& bytes)
{
    alarm(hang_s);
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    alarm(0);
}

void giveCut(const Bytes& seed)
{
    for (std::size_t size = 0; size < std::min(seed.size(), cut_bytes); ++size)
        give(Bytes(seed.begin(), seed.begin() + std::ptrdiff_t(size)));
    for (std::size_t percent = 1; percent < 100; ++percent)
        give(Bytes(seed.begin(), seed.begin() + std::ptrdiff_t(seed.size() * percent / 100)));
}

void giveChanged(Bytes seed)
{
    const std::size_t step = std::max<std::size_t>(1, seed.size() / changed_bytes);
    for (std::size_t i = 0; i < seed.size(); i += step)
        for (const int value : {0x00, 0x7f, 0x80, 0xff}) {
            const auto kept = seed[i];
            seed[i] = std::uint8_t(value);
            give(seed);
            seed[i] = kept;
        }
}

} // namespace

int main(int count, char** arguments)
{
    if (count != 2 || !std::filesystem::is_directory(arguments[1])) {
        std::fprintf(stderr, "usage: %s FOLDER-OF-SEEDS\n", arguments[0]);
        return 2;
    }
    std::vector<std::filesystem::path> seeds;
    for (const auto& entry : std::filesystem::directory_iterator(arguments[1]))
        if (entry.is_regular_file())
            seeds.push_back(entry.path());
    std::ranges::sort(seeds);
    for (const auto& path : seeds) {
        std::ifstream file(path, std::ios::binary);
        const Bytes seed{std::istreambuf_iterator<char>(file), {}};
        std::printf("%s\n", path.filename().c_str());
        std::fflush(stdout); // names the seed of a crash
        give(seed);
        giveCut(seed);
        giveChanged(seed);
    }
    std::printf("%zu seeds\n", seeds.size());
    return seeds.empty() ? 1 : 0;
}
