// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/flash_image.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/shown_name.h"
#include "core/base/whole_words.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace bitdial {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t table_entries = 8;
constexpr std::size_t name_bytes = 24;
constexpr std::size_t entry_bytes = name_bytes + 8;

std::vector<fs::path> filesIn(const fs::path& folder)
{
    std::vector<fs::path> files;
    std::error_code none;
    for (const auto& entry : fs::directory_iterator(folder, none))
        if (entry.is_regular_file(none))
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

void putWord(std::string& image, std::size_t at, std::size_t value)
{
    for (std::size_t byte = 0; byte < std::size_t(word_bytes); ++byte)
        image[at + byte] = char(std::uint8_t(value >> (8 * byte)));
}

void checkFiles(const std::vector<fs::path>& files, const fs::path& folder)
{
    const bool too_long = std::ranges::any_of(
        files, [](const fs::path& file) { return file.filename().string().size() >= name_bytes; });
    if (files.size() > table_entries || too_long)
        throw Error(ErrorCode::BadInput, "The flash's files cannot be used",
                    shownName(folder.string()),
                    too_long ? "a name has more than 23 bytes" : "there are more than 8",
                    "Export the project again");
}

} // namespace

std::string flashImage(const fs::path& folder)
{
    const auto files = filesIn(folder);
    checkFiles(files, folder);
    if (files.empty())
        return {};
    std::string image(table_entries * entry_bytes, '\0');
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string name = files[i].filename().string();
        const auto content = readFile(files[i]);
        std::ranges::copy(name, image.begin() + std::ptrdiff_t(i * entry_bytes));
        putWord(image, i * entry_bytes + name_bytes, image.size());
        putWord(image, i * entry_bytes + name_bytes + word_bytes, content.size());
        image.append(reinterpret_cast<const char*>(content.data()), content.size());
        image.resize(std::size_t(wholeWords(std::int64_t(image.size()))), '\0');
    }
    return image;
}

} // namespace bitdial
