// SPDX-License-Identifier: Apache-2.0
#include "core/session/open_project.h"
#include "session_files.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;
namespace fs = std::filesystem;

class TestOpenProject : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_wanted = {writeNetwork(base()), writeData(base()), {"both"}};
    }

    void whatIsMadeIsRead()
    {
        const auto path = base() / "deeper" / "p.bitdial";
        const auto made = makeProject(m_wanted, path, {});
        QVERIFY(made.hasData());
        QVERIFY(!made.data_error);
        const auto read = readProject(path, {});
        for (const auto& contents : {made, read}) {
            QCOMPARE(contents.path, path);
            QCOMPARE(contents.network_source, m_wanted.network);
            QCOMPARE(contents.network->hash(), made.network->hash());
            QCOMPARE(contents.data.hash, made.data.hash);
            QCOMPARE(contents.profiles.size(), std::size_t(2));
            QCOMPARE(contents.profiles[1]->hash(), made.profiles[1]->hash());
            QCOMPARE(contents.renewed_from, std::int64_t(0));
        }
        QCOMPARE(read.data.validation.indices, made.data.validation.indices);
    }

    void dataIsNoCondition()
    {
        m_wanted.data.clear();
        const auto made = makeProject(m_wanted, project(), {});
        QVERIFY(!made.hasData() && !made.data_error);
    }

    void dataThatIsGoneIsToldAndTheRestIsThere()
    {
        makeProject(m_wanted, project(), {});
        fs::remove(base() / "pictures.bin");
        const auto read = readProject(project(), {});
        QVERIFY(!read.hasData());
        QVERIFY(read.data_error.has_value());
        QVERIFY(read.data_error->where.find("pictures.bin") != std::string::npos);
        QVERIFY(read.network->hasParameters());
    }

    void whatIsRefusedLeavesNoFile_data()
    {
        QTest::addColumn<QString>("wrong");
        for (const char* wrong : {"network", "data", "profile"})
            QTest::newRow(wrong) << wrong;
    }
    void whatIsRefusedLeavesNoFile()
    {
        QFETCH(QString, wrong);
        if (wrong == "network")
            m_wanted.network = (base() / "none.onnx").string();
        else if (wrong == "data")
            m_wanted.data = (base() / "none.json").string();
        else
            m_wanted.profiles = {"none"};
        const auto error = errorOf([&] { makeProject(m_wanted, project(), {}); });
        QVERIFY2(error.where.find("none") != std::string::npos, error.where.c_str());
        QVERIFY(!fs::exists(project()));
    }

    void aProjectThatIsThereIsNotReplaced()
    {
        makeProject(m_wanted, project(), {});
        const auto before = readFile(project());
        QVERIFY(!errorOf([&] { makeProject(m_wanted, project(), {}); }).what.empty());
        QCOMPARE(readFile(project()), before);
    }

    void withoutANetwork()
    {
        Project::create(project());
        QCOMPARE(errorOf([&] { readProject(project(), {}); }).what,
                 std::string("The project has no network"));
        const auto error = errorOf([&] { networkOf(*Project::open(project()), "Do this"); });
        QCOMPARE(error.code, ErrorCode::BadInput);
        QCOMPARE(error.next, std::string("Do this"));
    }

    void stopped()
    {
        std::stop_source stop;
        stop.request_stop();
        const auto token = stop.get_token();
        QCOMPARE(errorOf([&] { makeProject(m_wanted, project(), token); }).code,
                 ErrorCode::Cancelled);
        QVERIFY(!fs::exists(project()));
        makeProject(m_wanted, project(), {});
        QCOMPARE(errorOf([&] { readProject(project(), token); }).code, ErrorCode::Cancelled);
    }

private:
    fs::path base() const { return m_folder->path().toStdString(); }
    fs::path project() const { return base() / "p.bitdial"; }

    std::unique_ptr<QTemporaryDir> m_folder;
    NewProject m_wanted;
};

QTEST_GUILESS_MAIN(TestOpenProject)
#include "tst_open_project.moc"
