// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/device_results.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/shown_name.h"
#include "core/data/data_fit.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace bitdial {
namespace {

constexpr std::uint64_t most_bytes = std::uint64_t(32) << 20;

/// Takes the text apart by lines and commas; numbers need no quotes.
class ResultsParser {
public:
    ResultsParser(std::string_view text, int classes, const std::string& where)
        : m_text(text), m_where(where)
    {
        m_results.classes = classes;
    }

    DeviceResults parse()
    {
        nextLine();
        readHeader();
        while (nextLine())
            if (!m_row.empty())
                readRow();
        if (m_results.predictions.empty())
            fail("there is no row below the first", "Give one row per image");
        return std::move(m_results);
    }

private:
    [[noreturn]] void fail(const std::string& why, const std::string& next) const
    {
        throw Error(ErrorCode::BadInput, "The device results are wrong",
                    m_where + ":" + std::to_string(m_line), why, next);
    }

    /// False at the end of the text.
    bool nextLine()
    {
        if (m_at >= m_text.size())
            return false;
        const auto end = std::min(m_text.find('\n', m_at), m_text.size());
        m_row = m_text.substr(m_at, end - m_at);
        if (m_row.ends_with('\r'))
            m_row.remove_suffix(1);
        m_at = end + 1;
        ++m_line;
        return true;
    }

    std::string_view takeField()
    {
        const auto end = std::min(m_row.find(','), m_row.size());
        const auto field = m_row.substr(0, end);
        m_more = end < m_row.size();
        m_row.remove_prefix(m_more ? end + 1 : end);
        return field;
    }

    void readHeader()
    {
        const std::string next = "Begin with image,class or image,logit0,logit1,... in a row";
        if (takeField() != "image" || !m_more)
            fail("the first row does not begin with the column image and another", next);
        const auto second = takeField();
        m_has_logits = second == "logit0";
        if (!m_has_logits && (second != "class" || m_more))
            fail("the column behind image is '" + shownName(second) +
                     "', not class alone and not logit0",
                 next);
        for (int c = 1; m_has_logits && c < m_results.classes; ++c)
            if (!m_more || takeField() != "logit" + std::to_string(c))
                fail("the column logit" + std::to_string(c) + " is missing",
                     "Give one column for each of the network's " +
                         std::to_string(m_results.classes) + " outputs");
        if (m_more)
            fail("there are more columns than the network's " + std::to_string(m_results.classes) +
                     " outputs",
                 next);
    }

    std::int32_t number(const char* column, std::int32_t low, std::int32_t high)
    {
        const auto field = takeField();
        std::int32_t value = 0;
        const auto [end, problem] =
            std::from_chars(field.data(), field.data() + field.size(), value);
        if (problem != std::errc() || end != field.data() + field.size() || value < low ||
            value > high)
            fail(std::string(column) + " '" + shownName(field) + "' is no whole number from " +
                     std::to_string(low) + " to " + std::to_string(high),
                 "Write plain whole numbers, without spaces, quotes or a decimal point");
        return value;
    }

    void readRow()
    {
        const auto image = int(m_results.predictions.size());
        if (image == max_samples)
            fail("there are more than " + std::to_string(max_samples) + " images", "Give fewer");
        if (number("the image", 0, max_samples) != image)
            fail("image " + std::to_string(image) + " is to come here",
                 "Give the images from 0 on, one row each, in the data's order");
        const int fields = m_has_logits ? m_results.classes : 1;
        constexpr auto lowest = std::numeric_limits<std::int32_t>::min();
        constexpr auto highest = std::numeric_limits<std::int32_t>::max();
        std::int32_t best = 0;
        for (int c = 0; c < fields; ++c) {
            if (!m_more)
                fail("the row has fewer fields than the first", "Give every image all columns");
            if (!m_has_logits) {
                best = number("the class", 0, m_results.classes - 1);
                continue;
            }
            m_results.logits.push_back(number("the logit", lowest, highest));
            const auto* row =
                m_results.logits.data() + m_results.logits.size() - std::size_t(c) - 1;
            best = row[c] > row[best] ? c : best;
        }
        if (m_more)
            fail("the row has more fields than the first", "Give every image the same columns");
        m_results.predictions.push_back(best);
    }

    std::string_view m_text;
    const std::string& m_where;
    DeviceResults m_results;
    std::string_view m_row; ///< what is left of it
    std::size_t m_at = 0;
    int m_line = 0;
    bool m_more = false; ///< a comma stood behind the latest field
    bool m_has_logits = false;
};

void checkFits(const DeviceResults& results, const Network& network, const ImageSubset& samples)
{
    const auto refuse = [](const std::string& where, const std::string& why,
                           const std::string& next) {
        throw Error(ErrorCode::BadInput, "The device results do not fit", where, why, next);
    };
    if (results.classes != network.classCount())
        refuse(network.name(),
               "they have " + std::to_string(results.classes) + " classes, the network " +
                   std::to_string(network.classCount()),
               "Give the results of this network");
    if (results.predictions.size() > std::size_t(samples.size()))
        refuse(samples.images->name(),
               "they have " + std::to_string(results.predictions.size()) + " images, but only " +
                   std::to_string(samples.size()) + " are compared",
               "Compare at least as many images, or give the results of the data's first ones");
}

} // namespace

DeviceResults parseDeviceResults(std::string_view text, int classes, const std::string& where)
{
    return ResultsParser(text, classes, where).parse();
}

DeviceResults readDeviceResults(const std::filesystem::path& path, int classes)
{
    return parseDeviceResults(readTextFile(path, most_bytes), classes, path.string());
}

DeviceComparison compareDevice(const DeviceResults& results,
                               const std::shared_ptr<const IntegerNetwork>& integers,
                               const ImageSubset& samples, DataRole role, std::stop_token stop,
                               const std::function<void(double fraction)>& progress)
{
    checkDataFits(*integers->network, samples, "labelled");
    checkFits(results, *integers->network, samples);
    const auto images = int(results.predictions.size());
    DeviceComparison comparison;
    comparison.accuracy = {Rung::Device, role, 0, images};
    comparison.has_logits = !results.logits.empty();
    IntegerExecutor executor(integers);
    std::vector<float> input(std::size_t(samples.images->shape().elements()));
    for (int i = 0; i < images; ++i) {
        const int sample = samples.indices[std::size_t(i)];
        samples.images->writeInput(sample, input.data());
        const auto logits = executor.run(input, stop);
        const int predicted = results.predictions[std::size_t(i)];
        const auto best = int(std::ranges::max_element(logits) - logits.begin());
        comparison.accuracy.correct += predicted == samples.images->label(sample) ? 1 : 0;
        comparison.agreeing += predicted == best ? 1 : 0;
        if (progress)
            progress(double(i + 1) / images);
        if (!comparison.has_logits)
            continue;
        const auto* device = results.logits.data() + std::size_t(i) * std::size_t(results.classes);
        const auto [found, expected] =
            std::mismatch(device, device + results.classes, logits.begin(), logits.end());
        if (expected == logits.end())
            continue;
        ++comparison.differing_images;
        if (!comparison.first_mismatch)
            comparison.first_mismatch = {i, int(found - device), *found, *expected};
    }
    return comparison;
}

} // namespace bitdial
