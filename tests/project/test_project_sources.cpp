// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/data/data_source.h"
#include "core/project/project.h"
#include "core/project/stale_points.h"
#include "tests/network/tst_onnx_support.h"
#include "tests/project/project_fixture.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

#include <fcntl.h>
#include <sys/stat.h>

using namespace bitdial;
using namespace bitdial::test;
namespace fs = std::filesystem;

namespace {

void writeFloats(const fs::path& path, const std::vector<float>& values)
{
    writeFileAtomically(path, std::as_bytes(std::span(values)));
}

/// The weights of the only layer.
std::vector<float> weightsOf(const Network& network)
{
    return network.parameters()->layers.at(0).weights;
}

} // namespace

/// F6: what a project was made of is replaced on the disk.
class TestProjectSources : public QObject {
    Q_OBJECT

    std::unique_ptr<QTemporaryDir> m_folder;
    fs::path file(const std::string& name) const
    {
        return fs::path(m_folder->path().toStdString()) / name;
    }
    /// A convolution of 1x1 whose four weights lie in `weights.bin` beside it.
    void writeModel(const std::string& name) const
    {
        OnnxFile model;
        auto& weight = model.initializer("w", {2, 2, 1, 1}, onnx::TensorProto::FLOAT);
        weight.set_data_location(onnx::TensorProto::EXTERNAL);
        auto* place = weight.add_external_data();
        place->set_key("location");
        place->set_value("weights.bin");
        model.node("Conv", {"x", "w"}, "y");
        model.output("y");
        writeFileAtomically(file(name), std::string_view(model.model().SerializeAsString()));
    }
    std::unique_ptr<Project> newProject(const std::string& name) const
    {
        const auto source = openNetworkSource(file("model.onnx").string());
        auto project = Project::create(file(name));
        project->setNetwork(source.source, source.bytes);
        return project;
    }
    /// Ten samples of one value; the first one is `first`.
    std::string writeData(char first, const std::string& preprocess = "") const
    {
        std::string records;
        for (char i = 0; i < 10; ++i)
            records += {char(i % 2), i == 0 ? first : i};
        writeFileAtomically(file("records"), records);
        writeFileAtomically(
            file("data.json"),
            R"({"schema":"bitdial.data/1","format":"raw","images":"records",)" + preprocess +
                R"("raw":{"record_bytes":2,"label_offset":0,"data_offset":1,"shape":[1,1,1],)"
                R"("dtype":"uint8"}})");
        return openData(file("data.json").string()).hash;
    }

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void replacedNetworkFilesChangeNothing_data()
    {
        QTest::addColumn<QString>("replaced");
        for (const char* name : {"weights.bin", "model.onnx", "both", "removed"})
            QTest::newRow(("F6 " + std::string(name)).c_str()) << name;
    }
    void replacedNetworkFilesChangeNothing()
    {
        QFETCH(QString, replaced);
        writeFloats(file("weights.bin"), {1, 2, 3, 4});
        writeModel("model.onnx");
        auto project = newProject("p.bitdial");
        const auto hash = project->network()->hash();
        project->addPoint(makePoint(*project->network(), 8, 8), nullptr);

        if (replaced == "weights.bin" || replaced == "both")
            writeFloats(file("weights.bin"), {9, 9, 9, 9});
        if (replaced == "model.onnx" || replaced == "both")
            writeFileAtomically(file("model.onnx"), std::string_view("something else"));
        if (replaced == "removed") {
            fs::remove(file("weights.bin"));
            fs::remove(file("model.onnx"));
        }
        QCOMPARE(project->network()->hash(), hash);
        project.reset();
        project = Project::open(file("p.bitdial"));
        QCOMPARE(project->network()->hash(), hash);
        QVERIFY(weightsOf(*project->network()) == (std::vector<float>{1, 2, 3, 4}));
        QCOMPARE(project->points().size(), std::size_t(1));
    }

    /// Nor can the new weights get into the project under the old points.
    void newWeightsAreAnotherNetwork()
    {
        writeFloats(file("weights.bin"), {1, 2, 3, 4});
        writeModel("model.onnx");
        const auto project = newProject("p.bitdial");
        project->addPoint(makePoint(*project->network(), 8, 8), nullptr);
        const auto hash = project->network()->hash();
        writeFloats(file("weights.bin"), {1, 2, 3, 5});
        const auto changed = openNetworkSource(file("model.onnx").string());
        QVERIFY(changed.network->hash() != hash);
        const auto refusal = errorOf([&] { project->setNetwork(changed.source, changed.bytes); });
        QCOMPARE(refusal.code, ErrorCode::Usage);
        QCOMPARE(project->network()->hash(), hash);
    }

    /// A project from somebody else that only names a file: it is not opened.
    void namedFilesAreNotRead_data()
    {
        QTest::addColumn<QString>("source");
        QTest::newRow("F6 a path") << "model.onnx";
        QTest::newRow("F6 a demo network") << "demo";
        QTest::newRow("F6 weights of a built-in network") << "zoo:resnet8?weights=weights.bin";
        QTest::newRow("F6 a pipe") << "pipe";
    }
    void namedFilesAreNotRead()
    {
        QFETCH(QString, source);
        writeFloats(file("weights.bin"), {1, 2, 3, 4});
        writeModel("model.onnx");
        QCOMPARE(::mkfifo(file("pipe").c_str(), 0600), 0);
        const auto project = Project::create(file("p.bitdial"));
        auto named = source.toStdString();
        for (const char* name : {"model.onnx", "weights.bin", "pipe"})
            if (const auto at = named.find(name); at != std::string::npos)
                named.replace(at, std::string(name).size(), file(name).string());
        const auto refusal = errorOf([&] { project->setNetwork(named, {}); });
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(refusal.why.find("holds no copy") != std::string::npos, refusal.why.c_str());
        QVERIFY(project->network() == nullptr);
    }

    void replacedDataMakesPointsStale()
    {
        writeFloats(file("weights.bin"), {1, 2, 3, 4});
        writeModel("model.onnx");
        const auto project = newProject("p.bitdial");
        project->setDataSource(file("data.json").string());
        const auto hash = writeData(0);
        auto measured = makePoint(*project->network(), 8, 8);
        measured.provenance.data_hash = hash;
        const auto id = project->addPoint(measured, nullptr);
        auto unmeasured = measured;
        unmeasured.accuracies.clear();
        project->addPoint(unmeasured, nullptr);
        auto unknown = measured;
        unknown.provenance.data_hash.clear();
        project->addPoint(unknown, nullptr);

        const auto now = [&] {
            const auto open = Project::open(file("p.bitdial"));
            return stalePoints(open->points(), openData(open->dataSource()).hash);
        };
        QVERIFY(now().ids.empty());
        QVERIFY(now().warning.empty());
        QVERIFY(writeData(77) != hash); // one pixel
        QCOMPARE(now().ids, std::vector<std::int64_t>{id});
        QVERIFY2(now().warning.find("1 of the 1 measured points") != std::string::npos,
                 now().warning.c_str());
        writeData(0, R"("preprocess":{"scale":0.5},)");
        QCOMPARE(now().ids, std::vector<std::int64_t>{id});
        QCOMPARE(writeData(0), hash); // given back
        QVERIFY(now().ids.empty());
        QVERIFY(stalePoints(project->points(), "").ids.empty());
    }
};

QTEST_GUILESS_MAIN(TestProjectSources)
#include "test_project_sources.moc"
