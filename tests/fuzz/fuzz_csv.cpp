// SPDX-License-Identifier: Apache-2.0
#include "core/base/csv.h"
#include "core/base/error.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Table = std::vector<std::vector<std::string>>;

Table read(std::string_view text)
{
    bitdial::CsvReader reader(text, "fuzz", {"The table is wrong", "Give another", 64, 4096, 4096});
    Table table;
    while (reader.next())
        table.emplace_back(reader.fields().begin(), reader.fields().end());
    return table;
}

} // namespace

/// Tables; what was read is the same when it is written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    try {
        const auto table = read({reinterpret_cast<const char*>(data), size});
        bitdial::CsvWriter writer;
        for (const auto& row : table) {
            for (const auto& field : row)
                writer.field(field);
            writer.endRow();
        }
        const auto text = writer.take();
        // A field that begins with a byte order mark and stands first would lose it.
        const bool marked = text.starts_with("\xEF\xBB\xBF") || text.starts_with("\xFF\xFE") ||
                            text.starts_with("\xFE\xFF");
        if (!marked && read(text) != table)
            std::abort();
    } catch (const bitdial::Error&) { // refused, as it should be
    }
    return 0;
}
