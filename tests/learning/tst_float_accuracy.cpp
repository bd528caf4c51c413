// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/data_source.h"
#include "core/learning/evaluator.h"
#include "core/network/open/open_network.h"
#include "tests/support/shared_data.h"

#include <QTemporaryDir>
#include <QTest>

using namespace bitdial;

/// Float accuracy on real networks and data equals what PyTorch measured on the same files.
class TestFloatAccuracy : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    std::string dataFile(const std::string& rest) const
    {
        const auto path = m_folder.filePath("data.json").toStdString();
        writeFileAtomically(path, "{\"schema\":\"bitdial.data/1\"," + rest + "}");
        return path;
    }
    static std::string shared(const std::string& file)
    {
        return std::filesystem::canonical(test::sharedData() / file).string();
    }

private Q_SLOTS:
    void resnet8OnCifar10()
    {
        BITDIAL_NEED_SHARED("models/mlperf_tiny_resnet8_bn.onnx");
        const auto network = openNetwork(shared("models/mlperf_tiny_resnet8_bn.onnx"));
        const auto data = openEvaluationData(dataFile("\"format\":\"cifar10\",\"images\":\"" +
                                                      shared("cifar10/test_batch.bin") + "\""));
        const auto accuracy = evaluateFloat(network, data, DataRole::All);
        QCOMPARE(accuracy.samples, 10000);
        QCOMPARE(accuracy.correct, 7548);
    }

    void dscnnOnKeywords()
    {
        BITDIAL_NEED_SHARED("models/mlperf_tiny_kws_dscnn_bn.onnx");
        const auto network = openNetwork(shared("models/mlperf_tiny_kws_dscnn_bn.onnx"));
        const auto data = openEvaluationData(
            dataFile("\"format\":\"raw\",\"images\":\"" + shared("kws-mfcc/samples.bin") +
                     "\",\"preprocess\":{\"scale\":0.5847029,\"offset\":-48.5303407},"
                     "\"raw\":{\"record_bytes\":491,\"label_offset\":0,\"data_offset\":1,"
                     "\"shape\":[1,49,10],\"dtype\":\"int8\"}"));
        const auto accuracy = evaluateFloat(network, data, DataRole::All);
        QCOMPARE(accuracy.samples, 500);
        QCOMPARE(accuracy.correct, 452);
    }

    void geometryOnlyHasNoAccuracy()
    {
        const auto network = buildZooNetwork("zoo:resnet8");
        const auto set = std::make_shared<ImageSet>("one", TensorShape{3, 32, 32}, PixelType::UInt8,
                                                    std::vector<std::uint8_t>(3072),
                                                    std::vector<int>{0}, Preprocess{});
        QVERIFY_THROWS_EXCEPTION(Error, evaluateFloat(network, {set, {0}}, DataRole::All));
    }
};

QTEST_GUILESS_MAIN(TestFloatAccuracy)
#include "tst_float_accuracy.moc"
