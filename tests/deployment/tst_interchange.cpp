// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/interchange/interchange_export.h"
#include "core/network/open/open_network.h"
#include "core/quantization/bits_file.h"
#include "core/quantization/encodings_csv.h"
#include "core/quantization/integer_network.h"
#include "core/quantization/onnx_encodings.h"
#include "interchange_networks.h"
#include "onnx_interpreter.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <cmath>

using namespace bitdial;
using namespace bitdial::test;

namespace {

std::vector<TensorEncoding> sorted(std::vector<TensorEncoding> encodings)
{
    std::ranges::sort(encodings, {},
                      [](const TensorEncoding& e) { return std::pair(e.is_weight, e.name); });
    return encodings;
}

std::vector<TensorEncoding> withoutRawOutput(std::vector<TensorEncoding> encodings)
{
    std::erase_if(encodings, [](const TensorEncoding& e) { return e.bits == 32; });
    return encodings;
}

InterchangeRequest requestFor(const std::shared_ptr<const Network>& network, BitAssignment bits,
                              QuantizationState state)
{
    return {network, std::move(bits), std::move(state), "test", std::nullopt, AimetVersion::V0_6_1};
}

Error refusalOf(const InterchangeRequest& request, InterchangeFormat format)
{
    try {
        interchangeFiles(request, format);
    } catch (const Error& error) {
        return error;
    }
    return {ErrorCode::Failed, "not refused", "", "", ""};
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

} // namespace

class TestInterchange : public QObject {
    Q_OBJECT

    static void networks()
    {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("seed");
        const char* names[] = {"fashion-resnet8",
                               "fashion-mobilenet",
                               "mlperf_tiny_resnet8_bn.onnx",
                               "mlperf_tiny_kws_dscnn_bn.onnx",
                               "mobilenet_v2_1.0_224.onnx",
                               "cifar10_small.onnx",
                               "resnet_4b.onnx",
                               "every kind",
                               "zoo:ds-cnn",
                               "zoo:resnet20",
                               "zoo:resnet18?resolution=64",
                               "zoo:mobilenet-v1?width=0.25&resolution=96",
                               "zoo:efficientnet-lite0"};
        for (const char* name : names)
            for (int seed = 1; seed <= (QString(name).contains("mobilenet_v2") ? 1 : 4); ++seed)
                QTest::addRow("%s %d", name, seed) << QString(name) << seed;
    }

    /// The files of one random assignment, and what must be read from them.
    struct Case {
        std::shared_ptr<const Network> network;
        InterchangeRequest request;
        std::vector<TensorEncoding> expected;
    };
    static std::optional<Case> randomCase()
    {
        Random random(
            unsigned(QTest::currentDataTag() ? qHash(QString(QTest::currentDataTag()), 7) : 1));
        const QString tag = QTest::currentDataTag();
        const auto network = networkNamed(tag.left(tag.lastIndexOf(' ')), random);
        if (!network)
            return std::nullopt;
        auto bits = randomBits(*network, random);
        auto state = randomState(*network, random);
        auto expected = encodingsOf(*network, bits, state);
        return Case{network, requestFor(network, bits, state), std::move(expected)};
    }

private Q_SLOTS:
    void onnxComesBack_data() { networks(); }
    void onnxComesBack()
    {
        const auto test = randomCase();
        if (!test)
            QSKIP("the shared test data is not on this machine");
        const auto& network = *test->network;
        for (const auto format : {InterchangeFormat::OnnxQdq, InterchangeFormat::Qonnx}) {
            const auto files = interchangeFiles(test->request, format).files;
            const auto& text = files.at("network.onnx");
            const auto imported = importOnnx(std::as_bytes(std::span(text)), "network.onnx");
            const auto read = encodingsInOnnx(network, *imported, "network.onnx");
            QCOMPARE(imported->classCount(), network.classCount());
            QVERIFY(sorted(read) == sorted(withoutRawOutput(test->expected)));
            QVERIFY(assignmentFrom(network, read, "x").bits == test->request.bits);
        }
    }

    void aimetComesBackOrIsListed_data() { networks(); }
    void aimetComesBackOrIsListed()
    {
        auto test = randomCase();
        if (!test)
            QSKIP("the shared test data is not on this machine");
        const auto& network = *test->network;
        for (const auto version : {AimetVersion::V0_6_1, AimetVersion::V1_0_0}) {
            test->request.aimet_version = version;
            const auto result = interchangeFiles(test->request, InterchangeFormat::Aimet);
            const auto& text = result.files.at("network.encodings");
            QVERIFY(isAimetEncodings(text));
            const auto read = sorted(fromAimetEncodings(network, text, "network.encodings"));
            auto expected = sorted(withoutRawOutput(test->expected));
            std::vector<std::string> left_out;
            for (const auto& loss : result.losses)
                if (contains(loss.what, "left out"))
                    left_out.push_back(loss.where);
            const auto lost = std::erase_if(expected, [&](const TensorEncoding& encoding) {
                return version == AimetVersion::V0_6_1 && encoding.bits == 2;
            });
            QVERIFY(read == expected);
            QCOMPARE(left_out.size(), lost);
            if (lost == 0)
                QVERIFY(assignmentFrom(network, read, "x").bits == test->request.bits);
            else
                QVERIFY_EXCEPTION_THROWN(assignmentFrom(network, read, "x"), Error);
        }
    }

    void csvComesBack_data() { networks(); }
    void csvComesBack()
    {
        const auto test = randomCase();
        if (!test)
            QSKIP("the shared test data is not on this machine");
        const auto files = interchangeFiles(test->request, InterchangeFormat::Csv).files;
        const auto& text = files.at("bits.csv");
        QVERIFY(isEncodingsCsv(text));
        const auto read = fromEncodingsCsv(text, "bits.csv");
        QVERIFY(read == test->expected);
        QVERIFY(assignmentFrom(*test->network, read, "x").bits == test->request.bits);
    }

    /// Each tensor is computed from what the integer network has before it, so that differences do
    /// not add up: what is left is the rounding that the report names.
    void writtenGraphsComputeTheIntegerNetwork_data()
    {
        QTest::addColumn<QString>("format");
        QTest::addColumn<int>("seed");
        for (const char* format : {"onnx-qdq", "qonnx"})
            for (int seed = 1; seed <= 6; ++seed)
                QTest::addRow("%s %d", format, seed) << QString(format) << seed;
    }
    void writtenGraphsComputeTheIntegerNetwork()
    {
        QFETCH(QString, format);
        QFETCH(int, seed);
        Random random{unsigned(seed)};
        const auto network = everyKindNetwork(unsigned(seed));
        const auto bits =
            seed == 1 ? BitAssignment::uniform(*network, 8, 8) : randomBits(*network, random);
        const auto inputs = randomInputs(*network, 3, seed % 2 == 0, unsigned(seed));
        const auto state = calibrated(*network, bits, inputs);
        const auto folded =
            std::make_shared<const IntegerNetwork>(foldToIntegers(network, bits, state));
        IntegerExecutor executor(folded);
        executor.keepAllTensors(true);
        const auto files = interchangeFiles(requestFor(network, bits, state),
                                            *interchangeFormatNamed(format.toStdString()))
                               .files;
        std::size_t numbers = 0;
        std::size_t different = 0;
        double worst = 0;
        for (const auto& input : inputs) {
            const auto logits = executor.run(input);
            std::size_t tensors = 0;
            const auto real =
                runOnnx(files.at("network.onnx"), input,
                        [&](const std::string& value, double, std::vector<double>& codes) {
                            const int tensor = tensorNamed(*network, value);
                            const auto exact = executor.tensor(tensor);
                            // The steps inside an add may be as large as those of its result.
                            const int producer = network->tensor(tensor).producer;
                            const bool is_sum =
                                producer >= 0 && network->layer(producer).kind == LayerKind::Add;
                            QCOMPARE(exact.size(), codes.size());
                            for (std::size_t i = 0; i < codes.size(); ++i) {
                                const double distance = std::abs(codes[i] - exact[i]);
                                worst = std::max(worst, is_sum ? distance - 1 : distance);
                                different += distance > 0 ? 1 : 0;
                                codes[i] = exact[i];
                            }
                            numbers += codes.size();
                            ++tensors;
                        });
            QCOMPARE(int(tensors), network->tensorCount() - 1);
            QCOMPARE(real.size(), logits.size());
            for (std::size_t i = 0; i < real.size(); ++i)
                QVERIFY(std::abs(real[i] / double(folded->output_scale) - logits[i]) < 0.5001);
        }
        QVERIFY2(worst <= 1, qPrintable(QString::number(worst)));
        // The adds' inner steps and ties; a wrong rounding or scale would move a third and more.
        QVERIFY2(different * 12 < numbers,
                 qPrintable(QString("%1 of %2").arg(different).arg(numbers)));
    }

    void opsetIsTheFirstThatSuffices()
    {
        const auto network = everyKindNetwork(1);
        Random random(1);
        const auto state = randomState(*network, random);
        const std::map<int, std::pair<std::int64_t, std::int64_t>> expected = {
            {8, {13, 7}}, {4, {21, 10}}, {2, {25, 13}}};
        for (const auto& [width, versions] : expected) {
            auto request = requestFor(network, BitAssignment::uniform(*network, width, 8), state);
            const auto files = interchangeFiles(request, InterchangeFormat::OnnxQdq).files;
            QVERIFY(onnxVersions(files.at("network.onnx")) == versions);
            request.opset = int(versions.first) - (width == 8 ? 0 : 1);
            if (width == 8)
                continue;
            const auto refusal = refusalOf(request, InterchangeFormat::OnnxQdq);
            QVERIFY(refusal.code() == ErrorCode::Infeasible);
            QVERIFY2(contains(refusal.details().why, "weights of 'layer0'"), refusal.what());
            QVERIFY(contains(refusal.details().next, std::to_string(versions.first)));
            request.opset = 25;
            interchangeFiles(request, InterchangeFormat::OnnxQdq);
        }
    }

    void channelsOfZerosAreListed()
    {
        const auto network = everyKindNetwork(3);
        Random random(3);
        auto state = randomState(*network, random);
        state.weight_scales[0][2] = 0;
        const auto request = requestFor(network, randomBits(*network, random), state);
        for (const auto format : {InterchangeFormat::OnnxQdq, InterchangeFormat::Qonnx}) {
            const auto result = interchangeFiles(request, format);
            QVERIFY(std::ranges::any_of(result.losses, [](const InterchangeLoss& loss) {
                return loss.where == "layer0" && contains(loss.what, "1 channels of zeros");
            }));
            const auto& text = result.files.at("network.onnx");
            const auto imported = importOnnx(std::as_bytes(std::span(text)), "network.onnx");
            const auto read = encodingsInOnnx(*network, *imported, "network.onnx");
            const auto weights = std::ranges::find(read, true, &TensorEncoding::is_weight);
            QVERIFY(weights != read.end());
            QCOMPARE(weights->name, std::string("layer0"));
            QCOMPARE(weights->scales.at(2), 1.0F);
        }
        state.activations[1].scale = 0;
        const auto refusal =
            refusalOf(requestFor(network, request.bits, state), InterchangeFormat::Qonnx);
        QVERIFY(contains(refusal.details().why, "has no positive, normal scale"));
    }

    void foldersAppearWholeAndAreReadBack()
    {
        QTemporaryDir folder;
        const auto network = openNetwork("demo");
        Random random(5);
        auto request = requestFor(network, BitAssignment::uniform(*network, 4, 8),
                                  randomState(*network, random));
        const std::map<InterchangeFormat, const char*> names = {
            {InterchangeFormat::OnnxQdq, "network.onnx"},
            {InterchangeFormat::Qonnx, "network.onnx"},
            {InterchangeFormat::Aimet, "network.encodings"},
            {InterchangeFormat::Csv, "bits.csv"}};
        for (const auto& [format, name] : names) {
            const std::filesystem::path out =
                folder.filePath(interchangeFormatName(format)).toStdString();
            const auto losses = exportInterchange(request, format, out);
            QVERIFY(!losses.empty());
            QVERIFY(changesSinceExport(out).empty());
            const auto report = readTextFile(out / "report.txt");
            for (const auto& loss : losses)
                QVERIFY(contains(report, loss.what));
            QVERIFY(std::filesystem::exists(out / "report.json"));
            const auto read = readBitsFile(*network, out / name);
            QVERIFY(read.bits == request.bits);
            QVERIFY(read.remarks.empty());
        }
        request.opset = 13; // 4 bits need 21
        const std::filesystem::path refused = folder.filePath("refused").toStdString();
        QVERIFY_EXCEPTION_THROWN(exportInterchange(request, InterchangeFormat::OnnxQdq, refused),
                                 Error);
        QVERIFY(!std::filesystem::exists(refused));
    }

private:
    static int tensorNamed(const Network& network, const std::string& value)
    {
        for (int t = 0; t < network.tensorCount(); ++t)
            if (network.tensor(t).name == value)
                return t;
        return network.input(); // whose quantized values have a name of their own
    }
};

QTEST_GUILESS_MAIN(TestInterchange)
#include "tst_interchange.moc"
