// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/verify_export.h"

#include <string_view>

namespace bitdial {

/// Cuts what a program prints into lines, as it comes. A line of more than 64 KiB is none of ours
/// and not kept.
class LineSplitter {
public:
    /// Calls `line` with each line that ends in the piece, without its end.
    void feed(std::string_view piece, const std::function<void(const std::string&)>& line);

private:
    std::string m_pending;
};

/// Follows the lines that a verifying program prints: progress, instruction counts, the first
/// mismatch and the summary. Layers must have been named before.
class VerifyOutput {
public:
    /// `progress` gets fractions from `first` to 1.
    VerifyOutput(VerifyResult& result, const std::function<void(double)>& progress, double first);
    void feed(std::string_view piece);
    bool hasSummary() const { return m_has_summary; }

private:
    void line(const std::string& text);
    void instructions(int layer, unsigned long long count);

    VerifyResult& m_result;
    const std::function<void(double)>& m_progress;
    double m_first;
    LineSplitter m_lines;
    bool m_has_summary = false;
};

/// The last line of a program's output, fit for a message of one line.
std::string lastLine(std::string text);
/// The first line that speaks of an error, as shownName writes it; the last line if none does.
std::string firstErrorLine(const std::string& text);

} // namespace bitdial
