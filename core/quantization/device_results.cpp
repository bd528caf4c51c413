// SPDX-License-Identifier: Apache-2.0
#include "core/quantization/device_results.h"

#include "core/base/csv.h"
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

CsvRules rules(int classes)
{
    CsvRules rules{"The device results are wrong",
                   "Give a table with the column image and one for each of the network's outputs"};
    rules.most_columns = std::size_t(classes) + 2; // one too many has a message of its own
    rules.most_rows = std::size_t(max_samples) + 1;
    return rules;
}

class ResultsParser {
public:
    ResultsParser(std::string_view text, int classes, const std::string& where)
        : m_reader(text, where, rules(classes))
    {
        m_results.classes = classes;
    }

    DeviceResults parse()
    {
        m_reader.next();
        readHeader();
        while (m_reader.next())
            readRow();
        if (m_results.predictions.empty())
            m_reader.fail("there is no row below the first", "Give one row per image");
        return std::move(m_results);
    }

private:
    void readHeader()
    {
        const std::string next = "Begin with image,class or image,logit0,logit1,... in a row";
        const auto fields = m_reader.fields();
        if (fields.size() < 2 || fields[0] != "image")
            m_reader.fail("the first row does not begin with the column image and another", next);
        m_has_logits = fields[1] == "logit0";
        if (!m_has_logits && (fields[1] != "class" || fields.size() > 2))
            m_reader.fail("the column behind image is '" + shownName(fields[1]) +
                              "', not class alone and not logit0",
                          next);
        const auto outputs = std::size_t(m_results.classes);
        for (std::size_t c = 1; m_has_logits && c < outputs; ++c)
            if (c + 1 >= fields.size() || fields[c + 1] != "logit" + std::to_string(c))
                m_reader.fail("the column logit" + std::to_string(c) + " is missing",
                              "Give one column for each of the network's " +
                                  std::to_string(outputs) + " outputs");
        if (m_has_logits && fields.size() > outputs + 1)
            m_reader.fail("there are more columns than the network's " + std::to_string(outputs) +
                              " outputs",
                          next);
    }

    std::int32_t number(std::size_t field, const char* column, std::int32_t low,
                        std::int32_t high) const
    {
        const std::string& text = m_reader.fields()[field];
        std::int32_t value = 0;
        const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (problem != std::errc() || end != text.data() + text.size() || value < low ||
            value > high)
            m_reader.fail(std::string(column) + " '" + shownName(text) +
                              "' is no whole number from " + std::to_string(low) + " to " +
                              std::to_string(high),
                          "Write plain whole numbers, without spaces or a decimal point");
        return value;
    }

    void readRow()
    {
        const auto image = int(m_results.predictions.size());
        if (image == max_samples)
            m_reader.fail("there are more than " + std::to_string(max_samples) + " images",
                          "Give fewer");
        if (number(0, "the image", 0, max_samples) != image)
            m_reader.fail("image " + std::to_string(image) + " is to come here",
                          "Give the images from 0 on, one row each, in the data's order");
        const std::size_t whole = 1 + (m_has_logits ? std::size_t(m_results.classes) : 1);
        if (m_reader.fields().size() < whole)
            m_reader.fail("the row has fewer fields than the first",
                          "Give every image all columns");
        if (m_reader.fields().size() > whole)
            m_reader.fail("the row has more fields than the first",
                          "Give every image the same columns");
        m_results.predictions.push_back(
            m_has_logits ? readLogits() : number(1, "the class", 0, m_results.classes - 1));
    }

    /// The class that they give: of several largest the first.
    int readLogits()
    {
        constexpr auto lowest = std::numeric_limits<std::int32_t>::min();
        constexpr auto highest = std::numeric_limits<std::int32_t>::max();
        const auto begin = std::ptrdiff_t(m_results.logits.size());
        for (std::size_t c = 0; c < std::size_t(m_results.classes); ++c)
            m_results.logits.push_back(number(c + 1, "the logit", lowest, highest));
        const auto first = m_results.logits.begin() + begin;
        return int(std::max_element(first, m_results.logits.end()) - first);
    }

    CsvReader m_reader;
    DeviceResults m_results;
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
