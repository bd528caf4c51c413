// SPDX-License-Identifier: Apache-2.0
// Post-training quantization judged on pictures that did not calibrate: five folds of a data set.
// post_training_folds NETWORK DATA.json BITS [FOLDS]; BITS is a bits.json or such as w4a8. Prints,
// for each fold and in all, top-1 and agreement with float on integers, and seconds.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/data_source.h"
#include "core/learning/evaluator.h"
#include "core/learning/post_training.h"
#include "core/learning/threads.h"
#include "core/network/open/open_network.h"
#include "core/quantization/integer_evaluator.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

using namespace bitdial;

namespace {

BitAssignment bitsOf(const Network& network, const std::string& text)
{
    if (!std::filesystem::exists(text))
        return parseUniform(network, text);
    const auto bytes = readFile(text);
    return fromBitsJson(network, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, text);
}

double seconds(std::chrono::steady_clock::time_point since)
{
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

int run(const std::string& source, const std::string& data_source, const std::string& bits_text,
        int folds)
{
    const auto network = openNetwork(source);
    const auto images = openData(data_source).test.images;
    const auto bits = bitsOf(*network, bits_text);
    setLearningThreads(2);
    constexpr int parts = 5;
    int all = 0, plain_correct = 0, correct = 0, agreed = 0, float_correct = 0;
    for (int fold = 0; fold < folds; ++fold) {
        ImageSubset calibration{images, {}};
        ImageSubset judged{images, {}};
        for (int i = 0; i < images->size(); ++i)
            (i % parts == fold ? judged : calibration).indices.push_back(i);
        const auto begun = std::chrono::steady_clock::now();
        const Calibration measured(network, calibration);
        const double calibrated = seconds(begun);
        const auto state = quantizePostTraining(network, bits, measured, calibration, {}, {});
        const double quantized = seconds(begun);
        const auto top1 = [&](const QuantizationState& numbers, std::vector<int>* classes) {
            const auto integers =
                std::make_shared<const IntegerNetwork>(foldToIntegers(network, bits, numbers));
            return evaluateInteger(integers, judged, DataRole::Test, 2, {}, {}, classes);
        };
        std::vector<int> real_classes;
        std::vector<int> classes;
        const auto real = evaluateFloat(network, judged, DataRole::Test, {}, &real_classes);
        const auto found = top1(state, &classes);
        const auto plain = top1(measured.stateFor(bits), nullptr);
        for (std::size_t i = 0; i < classes.size(); ++i)
            agreed += classes[i] == real_classes[i] ? 1 : 0;
        all += judged.size();
        correct += found.correct;
        plain_correct += plain.correct;
        float_correct += real.correct;
        std::printf("fold %d: float %d plain %d post-training %d of %d; calibration %.1f s, "
                    "quantization %.1f s\n",
                    fold, real.correct, plain.correct, found.correct, judged.size(), calibrated,
                    quantized - calibrated);
        std::fflush(stdout);
    }
    const auto percent = [&](int count) { return 100.0 * count / all; };
    std::printf("%s: float %.1f, plain %.1f, post-training %.1f, agreement %.1f %% of %d\n",
                bits_text.c_str(), percent(float_correct), percent(plain_correct), percent(correct),
                percent(agreed), all);
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    if (argc < 4) {
        std::fprintf(stderr, "post_training_folds NETWORK DATA.json BITS [FOLDS]\n");
        return 2;
    }
    try {
        return run(argv[1], argv[2], argv[3], argc > 4 ? std::atoi(argv[4]) : 5);
    } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
