// SPDX-License-Identifier: Apache-2.0
#include "core/deployment/verify/target_output.h"

#include "core/base/shown_name.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <optional>
#include <sstream>

namespace bitdial {
namespace {

/// Images that a program has, at most; what a damaged log says beyond is not kept.
constexpr std::size_t most_images = 4096;

/// "key=value" words of a line. A name is the rest of it: it may have spaces.
std::map<std::string, std::string> wordsOf(const std::string& line)
{
    std::map<std::string, std::string> words;
    std::istringstream rest(line);
    for (std::string word; rest >> word;) {
        const auto equals = word.find('=');
        if (equals == std::string::npos)
            words[word];
        else if (word.substr(0, equals) == "name")
            return words;
        else
            words[word.substr(0, equals)] = word.substr(equals + 1);
    }
    return words;
}

std::optional<std::uint64_t> numberOf(const std::map<std::string, std::string>& words,
                                      const char* key)
{
    const auto found = words.find(key);
    std::uint64_t value = 0;
    if (found == words.end() || found->second.empty())
        return std::nullopt;
    const char* end = found->second.data() + found->second.size();
    const auto [at, error] = std::from_chars(found->second.data(), end, value);
    return error == std::errc() && at == end ? std::optional(value) : std::nullopt;
}

/// What the layers' parts make together; nothing where one of them does not tell.
std::optional<std::uint64_t> sumOver(const std::vector<VerifiedLayer>& layers,
                                     std::optional<std::uint64_t> CountedCycles::*part)
{
    std::uint64_t sum = 0;
    for (const auto& layer : layers) {
        if (!layer.cycles || !((*layer.cycles).*part))
            return std::nullopt;
        sum += *((*layer.cycles).*part);
    }
    return sum;
}

int smallNumber(std::optional<std::uint64_t> value)
{
    return int(std::min<std::uint64_t>(value.value_or(0), std::numeric_limits<int>::max()));
}

} // namespace

TargetOutput::TargetOutput(VerifyResult& result, const std::function<void(double)>& progress,
                           double first)
    : m_result(result), m_progress(progress), m_first(first)
{
}

void TargetOutput::feed(std::string_view piece)
{
    m_lines.feed(piece, [this](const std::string& text) { line(text); });
}

void TargetOutput::finish()
{
    feed("\n");
    if (!m_result.total)
        return;
    for (auto part : {&CountedCycles::promised_kernel, &CountedCycles::measured_kernel})
        if (!((*m_result.total).*part))
            (*m_result.total).*part = sumOver(m_result.layer_results, part);
}

void TargetOutput::line(const std::string& text)
{
    if (text.starts_with("EXPORT sha256="))
        m_identity = shownName(text.substr(14));
    else if (text.starts_with("CYCLES "))
        cycles(text.substr(7));
    else if (text.starts_with("MISMATCH ") && m_result.first_mismatch.empty())
        m_result.first_mismatch = shownName(text.substr(9));
    else if (text.starts_with("SUMMARY "))
        summary(text.substr(8));
    else if (text.starts_with("FAULT pc=") && m_fault.empty())
        m_fault = shownName(text.substr(9));
}

void TargetOutput::cycles(const std::string& text)
{
    const auto words = wordsOf(text);
    const auto image = numberOf(words, "image");
    const auto counted = numberOf(words, "counted");
    const auto promised = numberOf(words, "promised");
    if (!image || !counted || !promised)
        return;
    const CountedCycles found{*promised, *counted, numberOf(words, "promised_kernel"),
                              numberOf(words, "kernel")};
    if (words.contains("all")) {
        if (m_result.image_cycles.size() < most_images)
            m_result.image_cycles.push_back(*counted);
        if (*image == 0)
            m_result.total = found;
        return;
    }
    const auto layer = numberOf(words, "layer");
    if (!layer || *layer >= m_result.layer_results.size())
        return;
    if (*image == 0)
        m_result.layer_results[*layer].cycles = found;
    // How many images there are it says at the end only: the first is taken for all.
    m_layers_run = std::min(m_layers_run + 1, m_result.layer_results.size());
    if (m_progress)
        m_progress(m_first +
                   (1 - m_first) * double(m_layers_run) / double(m_result.layer_results.size()));
}

void TargetOutput::summary(const std::string& text)
{
    const auto words = wordsOf(text);
    m_has_summary = numberOf(words, "bit_exact").has_value();
    m_result.images = smallNumber(numberOf(words, "images"));
    m_layers = smallNumber(numberOf(words, "layers"));
    const auto compared = numberOf(words, "compared"); // older exports compare all or nothing
    m_result.layers = compared ? smallNumber(compared) : m_layers;
    if (m_result.layers > 0 && m_result.layers < m_layers)
        m_result.remarks.push_back("the outputs of " + std::to_string(m_result.layers) + " of " +
                                   std::to_string(m_layers) +
                                   " layers were compared: the external RAM has no room for the "
                                   "others' golden ones");
    m_result.bit_exact = numberOf(words, "bit_exact") == 1 && m_result.images > 0;
}

/// Whether the layers' figures are the total's, so that a digit lost on a serial line is noticed.
bool TargetOutput::addsUp() const
{
    std::uint64_t measured = 0;
    std::uint64_t promised = 0;
    for (const auto& layer : m_result.layer_results) {
        measured += layer.cycles->measured;
        promised += layer.cycles->promised;
    }
    // Older programs print no sums of kernels: finish() has made them then.
    for (auto part : {&CountedCycles::promised_kernel, &CountedCycles::measured_kernel}) {
        const auto sum = sumOver(m_result.layer_results, part);
        const auto& printed = (*m_result.total).*part;
        if (sum && printed && std::uint32_t(*sum) != std::uint32_t(*printed))
            return false;
    }
    // The program counts with 32 bits; each layer's promise is rounded for itself.
    const CountedCycles& total = *m_result.total;
    const std::uint64_t rounding = m_result.layer_results.size();
    return std::uint32_t(measured) == std::uint32_t(total.measured) &&
           promised <= total.promised + rounding && total.promised <= promised + rounding;
}

std::string TargetOutput::complaint() const
{
    if (!m_has_summary)
        return "the line that begins with SUMMARY is missing";
    if (std::size_t(m_layers) != m_result.layer_results.size())
        return "it tells of " + std::to_string(m_layers) + " layers, the project has " +
               std::to_string(m_result.layer_results.size());
    const auto silent = std::find_if(m_result.layer_results.begin(), m_result.layer_results.end(),
                                     [](const VerifiedLayer& layer) { return !layer.cycles; });
    if (silent != m_result.layer_results.end())
        return "the cycles of layer '" + silent->name + "' are missing";
    if (!m_result.total)
        return "the cycles of all layers together are missing";
    if (!addsUp())
        return "the layers' cycles do not make those of all together: a line is damaged";
    if (m_result.bit_exact && !m_result.first_mismatch.empty())
        return "it says bit-exact, and tells of a mismatch";
    return {};
}

} // namespace bitdial
