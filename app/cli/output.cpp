// SPDX-License-Identifier: Apache-2.0
#include "app/cli/output.h"

#include "core/base/file.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>

namespace bitdial::cli {

void print(std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stdout);
}

void finishOutput()
{
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
        throw Error(ErrorCode::Failed, "Cannot write the result", "standard output",
                    std::strerror(errno), "Check where the output goes");
}

void message(const std::string& line)
{
    std::fprintf(stderr, "%s\n", line.c_str());
}

void deliver(const std::string& text, const std::string& file)
{
    if (file.empty())
        print(text);
    else
        writeFileAtomically(file, text);
}

std::string errorJson(const ErrorDetails& details)
{
    const nlohmann::ordered_json error{{"error",
                                        {{"code", errorCodeName(details.code)},
                                         {"what", details.what},
                                         {"where", details.where},
                                         {"why", details.why},
                                         {"next", details.next}}}};
    // Paths need not be UTF-8; JSON must.
    return error.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

std::string fixed(double value, int decimals)
{
    std::array<char, 400> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::fixed, decimals)
                         .ptr;
    return {text.data(), end};
}

std::string grouped(std::int64_t value)
{
    std::string digits = std::to_string(value);
    const std::size_t first = digits[0] == '-' ? 1 : 0;
    for (std::size_t i = digits.size(); i > first + 3;) {
        i -= 3;
        digits.insert(i, 1, ',');
    }
    return digits;
}

std::string describe(const Accuracy& accuracy)
{
    return fixed(accuracy.top1() * 100, 2) + " % (" + rungName(accuracy.rung) + ", " +
           dataRoleName(accuracy.role) + " samples, " + std::to_string(accuracy.correct) + "/" +
           std::to_string(accuracy.samples) + ", 95 % interval " +
           fixed(accuracy.ciLow() * 100, 2) + " to " + fixed(accuracy.ciHigh() * 100, 2) + " %)";
}

std::string describeLatency(double latency_ms, bool estimated)
{
    return (estimated ? "~" : "") + fixed(latency_ms, 3) + " ms";
}

Table::Table(std::vector<std::string> header, std::vector<std::size_t> left)
    : m_rows{std::move(header)}, m_left(std::move(left))
{
}

std::string Table::text() const
{
    std::vector<std::size_t> widths(m_rows[0].size(), 0);
    for (const auto& row : m_rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const auto& row : m_rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string space(widths[i] - row[i].size(), ' ');
            const bool left = std::ranges::find(m_left, i) != m_left.end();
            line += (i == 0 ? "" : "  ") + (left ? row[i] + space : space + row[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        text += line + '\n';
    }
    return text;
}

} // namespace bitdial::cli
