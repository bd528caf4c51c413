// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/output.h"

#include "core/base/shown_name.h"

#include <algorithm>
#include <cstdio>
#include <sstream>

namespace bitdial {
namespace {

/// No line of ours is longer; what has no line ends is not kept.
constexpr std::size_t most_pending = std::size_t(64) << 10;

} // namespace

VerifyOutput::VerifyOutput(VerifyResult& result, const std::function<void(double)>& progress,
                           double first)
    : m_result(result), m_progress(progress), m_first(first)
{
}

void LineSplitter::feed(std::string_view piece, const std::function<void(const std::string&)>& line)
{
    m_pending += piece;
    std::size_t start = 0;
    for (auto end = m_pending.find('\n'); end != std::string::npos;
         end = m_pending.find('\n', start)) {
        const bool carriage = end > start && m_pending[end - 1] == '\r'; // from a serial line
        line(m_pending.substr(start, end - start - (carriage ? 1 : 0)));
        start = end + 1;
    }
    m_pending.erase(0, start);
    if (m_pending.size() > most_pending)
        m_pending.clear();
}

void VerifyOutput::feed(std::string_view piece)
{
    m_lines.feed(piece, [this](const std::string& text) { line(text); });
}

void VerifyOutput::instructions(int layer, unsigned long long count)
{
    if (layer >= 0 && std::size_t(layer) < m_result.layer_results.size())
        m_result.layer_results[std::size_t(layer)].instructions = count;
}

void VerifyOutput::line(const std::string& text)
{
    int first = 0;
    int second = 0;
    unsigned long long count = 0;
    if (text.starts_with("MISMATCH ")) {
        if (m_result.first_mismatch.empty())
            m_result.first_mismatch = shownName(text.substr(9));
    } else if (std::sscanf(text.c_str(), "SUMMARY images=%d layers=%d mismatches=%llu bit_exact=%d",
                           &m_result.images, &m_result.layers, &count, &first) == 4) {
        m_has_summary = true;
        m_result.bit_exact = first == 1;
    } else if (std::sscanf(text.c_str(), "INSTRUCTIONS layer=%d count=%llu", &first, &count) == 2)
        instructions(first, count);
    else if (std::sscanf(text.c_str(), "PROGRESS %d of %d", &first, &second) == 2 && second > 0 &&
             m_progress)
        m_progress(m_first + (1 - m_first) * std::clamp(double(first) / second, 0.0, 1.0));
}

std::string lastLine(std::string text)
{
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
        text.pop_back();
    return shownName(text.substr(text.rfind('\n') + 1));
}

std::string firstErrorLine(const std::string& text)
{
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        for (const char* word : {"error", "undefined ", "cannot ", "No such "})
            if (line.find(word) != std::string::npos)
                return shownName(line);
    return lastLine(text);
}

} // namespace bitdial
