// SPDX-License-Identifier: Apache-2.0
// Exported projects are built with the host's C compiler, run, and compared with the integer
// executor byte for byte; what was changed by hand must be found where it was changed.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"
#include "core/deployment/verify/verify_export.h"
#include "export_fixture.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/environment_variable.h"
#include "tests/support/error_of.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QSet>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace bitdial;
using namespace bitdial::test;

namespace {

const char* resnet = "zoo:resnet8?resolution=28&channels=1";
const char* mobilenet =
    "zoo:mobilenet-v1?width=0.5&resolution=28&channels=1&classes=10&stem_stride=1&blocks=7";

std::filesystem::path pathIn(const QTemporaryDir& folder, const char* name = "export")
{
    return std::filesystem::path(folder.path().toStdString()) / name;
}

/// A small network of every kind of layer, exported.
std::filesystem::path smallExport(const QTemporaryDir& folder, int images = 2)
{
    const auto network = everyKindNetwork(5);
    const auto path = pathIn(folder);
    exportPulpNn(randomRequest(network, assignmentOf(*network, "mixed3"), "pulp-open-xpulpv2",
                               images, false, 5),
                 path);
    return path;
}

void replaceInFile(const std::filesystem::path& path, const std::string& old_text,
                   const std::string& new_text)
{
    std::string text = readTextFile(path);
    const auto at = text.find(old_text);
    QVERIFY2(at != std::string::npos, old_text.c_str());
    text.replace(at, old_text.size(), new_text);
    writeFileAtomically(path, text);
}

} // namespace

class TestPulpNnExport : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bitExact_data();
    void bitExact();
    void everyKindOfLayer_data();
    void everyKindOfLayer();
    void littleMemory_data();
    void littleMemory();
    void oneCoreOfEight();
    void resultBehindTheLogits();
    void strangeNames();
    void changedGoldenOutputIsFoundThere();
    void changedWeightIsFoundInItsLayer();
    void missingCompiler();
    void failingCompiler();
    void damagedGoldenFile();
    void cancelled();
    void needsGoldenInputs();
    void tilesBeyondTheTable();
};

void TestPulpNnExport::bitExact_data()
{
    QTest::addColumn<std::string>("spec");
    QTest::addColumn<std::string>("widths");
    QTest::addColumn<std::string>("profile");
    QTest::addColumn<bool>("signed_input");
    for (const char* spec : {resnet, mobilenet})
        for (const char* widths : {"8", "4", "2", "mixed1", "mixed2", "mixed3"})
            for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"}) {
                const std::string name =
                    std::string(spec).substr(4, 6) + " " + widths + " " + profile;
                // The targets differ in names and few layers: one uniform width on the second is
                // enough.
                const bool v2 = std::string(profile) == "pulp-open-xpulpv2";
                if (!v2 && std::string(widths).size() == 1 && widths[0] != '4')
                    continue;
                QTest::newRow(name.c_str()) << std::string(spec) << std::string(widths)
                                            << std::string(profile) << (widths[0] == 'm');
            }
}

void TestPulpNnExport::bitExact()
{
    QFETCH(const std::string, spec);
    QFETCH(const std::string, widths);
    QFETCH(const std::string, profile);
    QFETCH(const bool, signed_input);
    const QTemporaryDir folder;
    const auto network = randomZooNetwork(spec, 11);
    const auto request =
        randomRequest(network, assignmentOf(*network, widths), profile, 3, signed_input, 7);
    exportPulpNn(request, pathIn(folder));
    double last = 0;
    const auto result = verifyExport(pathIn(folder), {}, [&last](double done) { last = done; });
    QCOMPARE(result.first_mismatch, std::string());
    QVERIFY(result.bit_exact);
    QCOMPARE(result.images, 3);
    QCOMPARE(result.layers, network->layerCount());
    QCOMPARE(result.runner, std::string("host"));
    QCOMPARE(last, 1.0);
}

void TestPulpNnExport::everyKindOfLayer_data()
{
    QTest::addColumn<unsigned>("seed");
    QTest::addColumn<std::string>("profile");
    for (unsigned seed = 1; seed <= 5; ++seed)
        for (const char* profile : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"})
            QTest::addRow("%u %s", seed, profile) << seed << std::string(profile);
}

void TestPulpNnExport::everyKindOfLayer()
{
    QFETCH(const unsigned, seed);
    QFETCH(const std::string, profile);
    const QTemporaryDir folder;
    const auto network = everyKindNetwork(seed);
    const auto bits = assignmentOf(*network, "mixed" + std::to_string(seed));
    exportPulpNn(randomRequest(network, bits, profile, 4, seed % 2 == 0, seed), pathIn(folder));
    const auto result = verifyExport(pathIn(folder));
    QCOMPARE(result.first_mismatch, std::string());
    QVERIFY(result.bit_exact);
}

void TestPulpNnExport::littleMemory_data()
{
    QTest::addColumn<std::string>("spec");
    QTest::addColumn<std::string>("widths");
    QTest::addColumn<std::string>("profile");
    // 8 KiB of usable L1; the im2col of 8 cores alone takes more than that in the resnet.
    const std::string l1 = ";memory.l1.bytes=21192";
    const std::string l1_resnet = ";memory.l1.bytes=29384";
    QTest::newRow("resnet, 16 KiB of L1")
        << std::string(resnet) << std::string("mixed4") << "pulp-open-xpulpv2" + l1_resnet;
    QTest::newRow("mobilenet, 8 KiB of L1")
        << std::string(mobilenet) << std::string("mixed5") << "pulp-open-xpulpnn" + l1;
    // Weights, then activations too, go to L3.
    QTest::newRow("resnet, weights in L3")
        << std::string(resnet) << std::string("8")
        << std::string("pulp-open-xpulpv2;memory.l2.bytes=150000");
    for (const char* target : {"pulp-open-xpulpv2", "pulp-open-xpulpnn"})
        QTest::addRow("mobilenet, tensors in L3, %s", target)
            << std::string(mobilenet) << std::string("4")
            << std::string(target) + ";memory.l2.bytes=106000" + l1;
}

/// Tiles, double buffers and L3, forced by a target with little memory.
void TestPulpNnExport::littleMemory()
{
    QFETCH(const std::string, spec);
    QFETCH(const std::string, widths);
    QFETCH(const std::string, profile);
    const QTemporaryDir folder;
    const auto network = randomZooNetwork(spec, 12);
    const auto request =
        randomRequest(network, assignmentOf(*network, widths), profile, 2, true, 8);
    const auto plan = planExport(request.network, request.profile);
    const bool tensors_in_l3 = std::ranges::count(plan.memory.tensor_in_l3, char(1)) > 0;
    const std::string row = QTest::currentDataTag();
    QCOMPARE(tensors_in_l3, row.find("tensors in L3") != std::string::npos);
    QCOMPARE(plan.memory.weights_in_l3, row.find("in L3") != std::string::npos);
    QVERIFY(std::ranges::any_of(
        plan.layers, [](const PlannedLayer& layer) { return layer.tiles.tiling.double_buffered; }));
    exportPulpNn(request, pathIn(folder));
    const auto result = verifyExport(pathIn(folder));
    QCOMPARE(result.first_mismatch, std::string());
    QVERIFY(result.bit_exact);
    const auto readme = readTextFile(pathIn(folder) / "README.md");
    QVERIFY(readme.find("promised cycles") != std::string::npos);
}

void TestPulpNnExport::oneCoreOfEight()
{
    const QTemporaryDir folder;
    const auto path = smallExport(folder);
    VerifyOptions options;
    options.cores = 1;
    const auto result = verifyExport(path, options);
    QVERIFY2(result.bit_exact, result.first_mismatch.c_str());
    QCOMPARE(result.cores, 1);
}

/// The library's 32-bit linear kernel writes one result behind its tile. With 16 cores and 72
/// neurons in a tile a core has 5, the last one 2: the next tile's buffer lies right behind.
void TestPulpNnExport::resultBehindTheLogits()
{
    NetworkBuilder builder({8, 4, 4}, 9);
    const auto network = builder.build(builder.linear(0, 288, Activation::None));
    const auto request = randomRequest(network, BitAssignment::uniform(*network, 8, 8),
                                       "pulp-open-xpulpv2;cores=16;memory.l1.bytes=34000;overhead."
                                       "tile_cycles=0;dma.program_cycles=0",
                                       2, false, 3);
    const auto plan = planExport(request.network, request.profile);
    QCOMPARE(plan.layers[0].tiles.output.copies, 2);
    QCOMPARE(plan.layers[0].tiles.output.bytes, 4 * (plan.layers[0].tiles.tiling.channels + 1));
    const QTemporaryDir folder;
    exportPulpNn(request, pathIn(folder));
    const auto result = verifyExport(pathIn(folder));
    QCOMPARE(result.first_mismatch, std::string());
    QCOMPARE(result.cores, 16);
}

/// Names that C does not allow, that collide once mangled, or that would end a comment.
void TestPulpNnExport::strangeNames()
{
    const auto plain = everyKindNetwork(5);
    NetworkDescription description;
    description.name = plain->name();
    description.layers = plain->layers();
    description.tensors = plain->tensors();
    description.input = plain->input();
    description.output = plain->output();
    const std::vector<std::string> names = {"a/b:0",
                                            "a_b_0",
                                            "a.b.0",
                                            "int",
                                            "main",
                                            "*/ int x;",
                                            "\"quoted\" \\ %s %n",
                                            "l\xc3\xa4yer",
                                            "?\?/",
                                            "1",
                                            std::string(10000, 'x'),
                                            std::string(10000, 'x') + "y"};
    for (std::size_t i = 0; i < names.size(); ++i)
        description.layers[i].name = names[i];
    const auto network = std::make_shared<Network>(description, plain->parameters());
    const QTemporaryDir folder;
    exportPulpNn(
        randomRequest(network, assignmentOf(*network, "8"), "pulp-open-xpulpv2", 1, false, 5),
        pathIn(folder));
    QVERIFY(verifyExport(pathIn(folder)).bit_exact);
    const auto map = QJsonDocument::fromJson(
        QByteArray::fromStdString(readTextFile(pathIn(folder) / "names.json")));
    QSet<QString> identifiers;
    const auto layers = map["layers"].toArray();
    QCOMPARE(layers.size(), network->layerCount());
    for (qsizetype i = 0; i < layers.size(); ++i) {
        QCOMPARE(layers[i]["layer"].toInt(), int(i));
        QCOMPARE(layers[i]["name"].toString().toStdString(), network->layer(int(i)).name);
        identifiers.insert(layers[i]["identifier"].toString());
    }
    QCOMPARE(identifiers.size(), layers.size());
}

void TestPulpNnExport::changedGoldenOutputIsFoundThere()
{
    const QTemporaryDir folder;
    const auto path = smallExport(folder);
    // Layer 2 has 6 channels of 6x5 pixels, stored as 8: element 3 * 5 * 8 + 2 * 8 + 4 of image 1.
    const auto golden = path / "golden" / "layer_002.bin";
    auto bytes = readFile(golden);
    const std::size_t per_image = bytes.size() / 2;
    const std::size_t bits = per_image * 8 / (6 * 5 * 8);
    const std::size_t bit = (3 * 5 * 8 + 2 * 8 + 4) * bits;
    bytes[per_image + bit / 8] ^= std::byte(1U << (bit % 8));
    writeFileAtomically(golden, bytes);
    const auto result = verifyExport(path);
    QVERIFY(!result.bit_exact);
    QVERIFY2(result.first_mismatch.starts_with("image=1 layer=2 channel=4 y=3 x=2 expected="),
             result.first_mismatch.c_str());
    QCOMPARE(result.remarks,
             std::vector<std::string>{"changed: golden/layer_002.bin, since the export"});
}

void TestPulpNnExport::changedWeightIsFoundInItsLayer()
{
    const QTemporaryDir folder;
    const auto path = smallExport(folder);
    // Another first word of layer 1's weights: the layers before it stay equal.
    std::string text = readTextFile(path / "src" / "layer_data.c");
    const std::size_t word = text.find("0x", text.find("layer_1_layer1 = {"));
    text.replace(word, 10, text.substr(word, 10) == "0x7f7f7f7f" ? "0x80808080" : "0x7f7f7f7f");
    writeFileAtomically(path / "src" / "layer_data.c", text);
    const auto result = verifyExport(path);
    QVERIFY(!result.bit_exact);
    QVERIFY2(result.first_mismatch.starts_with("image=0 layer=1 "), result.first_mismatch.c_str());
}

void TestPulpNnExport::missingCompiler()
{
    const QTemporaryDir folder;
    const auto path = smallExport(folder);
    const EnvironmentVariable compiler("CC", "no-such-compiler-here");
    const auto error = errorOf([&] { verifyExport(path); });
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY(error.why.find("no-such-compiler-here") != std::string::npos);
    QVERIFY(!std::filesystem::exists(path / "compiler.log"));
}

void TestPulpNnExport::failingCompiler()
{
    const QTemporaryDir folder;
    const auto path = smallExport(folder);
    replaceInFile(path / "src" / "network.c", "#include \"layer_data.h\"", "#error broken-by-hand");
    const auto error = errorOf([&] { verifyExport(path); });
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY(readTextFile(path / "compiler.log").find("broken-by-hand") != std::string::npos);
}

void TestPulpNnExport::damagedGoldenFile()
{
    const QTemporaryDir folder;
    const auto path = smallExport(folder);
    writeFileAtomically(path / "golden" / "layer_000.bin", std::string_view("short"));
    const auto error = errorOf([&] { verifyExport(path); });
    QCOMPARE(error.code, ErrorCode::Failed);
    QVERIFY2(error.why.find("layer_000.bin is shorter") != std::string::npos, error.why.c_str());
}

void TestPulpNnExport::cancelled()
{
    const QTemporaryDir folder;
    const auto path = smallExport(folder);
    std::stop_source stop;
    stop.request_stop();
    QCOMPARE(errorOf([&] { verifyExport(path, stop.get_token()); }).code, ErrorCode::Cancelled);
    QVERIFY(!std::filesystem::exists(path / "compiler.log"));
}

void TestPulpNnExport::needsGoldenInputs()
{
    const QTemporaryDir folder;
    const auto network = everyKindNetwork(5);
    auto request =
        randomRequest(network, assignmentOf(*network, "8"), "pulp-open-xpulpv2", 1, false, 5);
    request.golden_inputs.clear();
    QCOMPARE(errorOf([&] { exportPulpNn(request, pathIn(folder)); }).code, ErrorCode::BadInput);
    request.golden_inputs = {{1.0F, 2.0F}};
    QCOMPARE(errorOf([&] { exportPulpNn(request, pathIn(folder)); }).code, ErrorCode::BadInput);
    QVERIFY(!std::filesystem::exists(pathIn(folder)));
}

/// The program's tables count L1 in words of 16 bits: what lies beyond is refused, not cut off.
void TestPulpNnExport::tilesBeyondTheTable()
{
    // Global pooling needs whole planes.
    NetworkBuilder builder({8, 200, 200});
    const auto network = builder.build(builder.averagePool(0, 200, 1));
    const auto request = randomRequest(
        network, assignmentOf(*network, "8"),
        "pulp-open-xpulpv2;memory.l1.bytes=1000000;memory.l2.bytes=4000000", 1, false, 3);
    const QTemporaryDir folder;
    const auto error = errorOf([&] { exportPulpNn(request, pathIn(folder)); });
    QVERIFY2(error.code == ErrorCode::Infeasible, (error.what + ": " + error.why).c_str());
    QVERIFY2(error.why.find("262140 bytes of L1") != std::string::npos, error.why.c_str());
    QVERIFY(error.where.find("layer0") != std::string::npos);
    QVERIFY(!std::filesystem::exists(pathIn(folder)));
}

QTEST_GUILESS_MAIN(TestPulpNnExport)
#include "tst_pulp_nn_export.moc"
