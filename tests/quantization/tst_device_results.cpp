// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/quantization/device_results.h"
#include "integer_reference.h"
#include "network_fixture.h"

#include <QTemporaryDir>
#include <QtTest>

#include <filesystem>

using namespace bitdial;
using namespace bitdial::test;

class TestDeviceResults : public QObject {
    Q_OBJECT

public:
    TestDeviceResults()
    {
        const auto network = everyKindNetwork(3);
        const auto bits = BitAssignment::uniform(*network, 8, 8);
        m_integers = std::make_shared<const IntegerNetwork>(foldToIntegers(
            network, bits, calibrated(*network, bits, randomInputs(*network, 4, false, 3))));
        const auto& shape = network->tensor(network->input()).shape;
        std::mt19937 random(4);
        constexpr int count = 12;
        std::vector<std::uint8_t> pixels(std::size_t(shape.elements() * count));
        std::ranges::generate(pixels, [&] { return std::uint8_t(random()); });
        std::vector<int> labels(std::size_t(count), 1);
        m_samples = {std::make_shared<ImageSet>("random", shape, PixelType::UInt8,
                                                std::move(pixels), std::move(labels),
                                                Preprocess{1.0F / 255, 0, {}, {}}),
                     {11, 3, 4, 0, 7}};
    }

private Q_SLOTS:
    void readsClassesAndLogits()
    {
        const auto classes = parseDeviceResults("image,class\r\n0,2\r\n\r\n1,0\r\n", 3, "a.csv");
        QCOMPARE(classes, (DeviceResults{3, {2, 0}, {}}));
        const auto logits = parseDeviceResults(
            "image,logit0,logit1,logit2\n0,-5,7,7\n1,2147483647,-2147483648,0", 3, "a.csv");
        QCOMPARE(logits, (DeviceResults{3, {1, 0}, {-5, 7, 7, 2147483647, -2147483647 - 1, 0}}));
    }

    void refusesWhatIsWrong_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<int>("line");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* text, int line, const char* why) {
            QTest::newRow(qPrintable(QString(text).simplified()))
                << QByteArray(text) << line << why;
        };
        row("", 0, "does not begin with the column image");
        row("image\n0\n", 1, "does not begin with the column image");
        row("picture,class\n0,1\n", 1, "does not begin with the column image");
        row("image,classes\n0,1\n", 1, "'classes'");
        row("image,class,logit0\n0,1,2\n", 1, "'class'");
        row("image,logit0,logit1\n0,1,2\n", 1, "logit2 is missing");
        row("image,logit0,logit1,logit2,logit3\n0,1,2,3,4\n", 1, "more columns");
        row("image,class\n", 1, "no row");
        row("image,class\n\n\n", 3, "no row");
        row("image,class\n1,1\n", 2, "image 0 is to come");
        row("image,class\n0,1\n0,1\n", 3, "image 1 is to come");
        row("image,class\n0,1\n2,1\n", 3, "image 1 is to come");
        row("image,class\n0,3\n", 2, "from 0 to 2");
        row("image,class\n0,-1\n", 2, "from 0 to 2");
        row("image,class\n0,1.0\n", 2, "'1.0'");
        row("image,class\n0, 1\n", 2, "' 1'");
        row("image,class\n0,\n", 2, "''");
        row("image,class\n0\n", 2, "fewer fields");
        row("image,class\n0,1,\n", 2, "more fields");
        row("image,class\nx,1\n", 2, "'x'");
        row("image,class\n0,a\x01z\n", 2, "'a\\x01z'");
        row("image,logit0,logit1,logit2\n0,1,2\n", 2, "fewer fields");
        row("image,logit0,logit1,logit2\n0,1,2,2147483648\n", 2, "'2147483648'");
    }

    void refusesWhatIsWrong()
    {
        QFETCH(const QByteArray, text);
        QFETCH(const int, line);
        QFETCH(const QString, why);
        try {
            parseDeviceResults(text.toStdString(), 3, "chip.csv");
            QFAIL("it was taken");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::BadInput);
            QCOMPARE(error.details().where, "chip.csv:" + std::to_string(line));
            QVERIFY2(QString::fromStdString(error.details().why).contains(why), error.what());
            QVERIFY(!error.details().next.empty());
        }
    }

    void aFileIsReadAndItsNameShown()
    {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("chip.csv").toStdString();
        writeFileAtomically(path, std::string_view("image,class\n0,1\n"));
        QCOMPARE(readDeviceResults(path, 2).predictions, std::vector<int>{1});
        QVERIFY_EXCEPTION_THROWN(readDeviceResults(path.parent_path(), 2), Error);
        writeFileAtomically(path, std::string_view(std::string((32U << 20U) + 1, '\n')));
        QVERIFY_EXCEPTION_THROWN(readDeviceResults(path, 2), Error);
    }

    void logitsAreComparedWithTheIntegerNetwork()
    {
        auto results = answers(4);
        const auto equal = compareDevice(results, m_integers, m_samples, DataRole::Test);
        QCOMPARE(equal.accuracy.rung, Rung::Device);
        QCOMPARE(equal.accuracy.role, DataRole::Test);
        QCOMPARE(equal.accuracy.samples, 4);
        QCOMPARE(equal.accuracy.correct, int(std::ranges::count(results.predictions, 1)));
        QCOMPARE(equal.agreeing, 4);
        QVERIFY(equal.has_logits && !equal.first_mismatch);

        results.logits[2 * 5 + 3] += 4; // the third image
        results.logits[3 * 5] -= 1;
        const auto found = compareDevice(results, m_integers, m_samples, DataRole::Test);
        QCOMPARE(found.differing_images, 2);
        const auto value = results.logits[2 * 5 + 3];
        QCOMPARE(found.first_mismatch, (LogitMismatch{2, 3, value, value - 4}));
    }

    void classesAloneAreCompared()
    {
        auto results = answers(5);
        results.logits.clear();
        results.predictions[1] = (results.predictions[1] + 1) % 5;
        const auto found = compareDevice(results, m_integers, m_samples, DataRole::All);
        QVERIFY(!found.has_logits && !found.first_mismatch);
        QCOMPARE(found.agreeing, 4);
    }

    void whatDoesNotFitIsRefused()
    {
        auto results = answers(5);
        results.predictions.push_back(0);
        QVERIFY_EXCEPTION_THROWN(compareDevice(results, m_integers, m_samples, DataRole::All),
                                 Error);
        results = answers(5);
        results.classes = 4;
        QVERIFY_EXCEPTION_THROWN(compareDevice(results, m_integers, m_samples, DataRole::All),
                                 Error);
    }

private:
    /// What a right chip gives for the first samples, by plain loops.
    DeviceResults answers(int count) const
    {
        DeviceResults results{5, {}, {}};
        std::vector<float> input(std::size_t(m_samples.images->shape().elements()));
        std::vector<std::int32_t> codes(input.size());
        for (int i = 0; i < count; ++i) {
            m_samples.images->writeInput(m_samples.indices[std::size_t(i)], input.data());
            quantizeInput(*m_integers, input, codes);
            const auto maps = integerForward(*m_integers, codes);
            const auto& logits = maps[std::size_t(m_integers->network->output())];
            results.predictions.push_back(int(std::ranges::max_element(logits) - logits.begin()));
            for (const auto logit : logits)
                results.logits.push_back(std::int32_t(logit));
        }
        return results;
    }

    std::shared_ptr<const IntegerNetwork> m_integers;
    ImageSubset m_samples;
};

QTEST_GUILESS_MAIN(TestDeviceResults)
#include "tst_device_results.moc"
