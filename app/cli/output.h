// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/quantization/accuracy.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bitdial::cli {

/// Writes a result to standard output.
void print(std::string_view text);
/// Flushes standard output; throws Error(Failed) when it could not be written (disk full).
void finishOutput();
/// Writes one line of message or progress to standard error.
void message(const std::string& line);
/// Puts a result where the user asked: into `file` (whole or not at all), or to standard output
/// when it is empty.
void deliver(const std::string& text, const std::string& file);

/// {"error":{code, what, where, why, next}} and a line end.
std::string errorJson(const ErrorDetails& details);

/// Fixed decimals, C locale.
std::string fixed(double value, int decimals);
/// With thin grouping for reading: 1234567 as "1,234,567".
std::string grouped(std::int64_t value);
/// "91.23 % (integer, 9123/10000, 95 % interval 90.66 to 91.77 %)".
std::string describe(const Accuracy& accuracy);

/// "8.309 ms", with "~" in front where a figure in it is an estimate.
std::string describeLatency(double latency_ms, bool estimated);

/// Columns aligned right, except those whose numbers are in `left`.
class Table {
public:
    explicit Table(std::vector<std::string> header, std::vector<std::size_t> left = {0});
    void add(std::vector<std::string> row) { m_rows.push_back(std::move(row)); }
    std::string text() const;

private:
    std::vector<std::vector<std::string>> m_rows;
    std::vector<std::size_t> m_left;
};

} // namespace bitdial::cli
