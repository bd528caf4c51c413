// SPDX-License-Identifier: Apache-2.0
// The folder appears whole or not at all, and never replaces what a user has in it.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/deployment/export_folder.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
namespace fs = std::filesystem;

namespace {

const ProjectFiles project = {{"Makefile", "all:\n"}, {"src/main.c", "int main(void);\n"}};

ErrorCode codeOf(const std::function<void()>& action)
{
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return ErrorCode(0);
}

} // namespace

class TestExportFolder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void writesAllFiles();
    void replacesEmptyAndUnchanged();
    void refusesForeignFiles();
    void refusesChangedExport_data();
    void refusesChangedExport();
    void refusesFileInPlace();
    void leavesNothingWhenItCannotWrite();
    void damagedManifest();

private:
    fs::path base() const { return m_folder->path().toStdString(); }
    fs::path out() const { return base() / "out"; }
    int entries() const
    {
        return int(std::distance(fs::directory_iterator(base()), fs::directory_iterator()));
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestExportFolder::writesAllFiles()
{
    writeExportFolder(out() / "deeper" / "", project);
    QCOMPARE(readTextFile(out() / "deeper" / "src" / "main.c"), project.at("src/main.c"));
    QVERIFY(changesSinceExport(out() / "deeper").empty());
    QCOMPARE(std::distance(fs::directory_iterator(out()), fs::directory_iterator()), 1);
}

void TestExportFolder::replacesEmptyAndUnchanged()
{
    fs::create_directory(out());
    writeExportFolder(out(), project);
    // What building leaves does not count as a change.
    fs::create_directory(out() / "build");
    writeFileAtomically(out() / "build" / "verify", std::string_view("x"));
    writeFileAtomically(out() / "compiler.log", std::string_view("x"));
    writeExportFolder(out(), {{"other.c", "int x;\n"}});
    QVERIFY(!fs::exists(out() / "Makefile"));
    QVERIFY(fs::exists(out() / "other.c"));
    QCOMPARE(entries(), 1);
}

void TestExportFolder::refusesForeignFiles()
{
    fs::create_directory(out());
    writeFileAtomically(out() / "thesis.txt", std::string_view("years of work"));
    QCOMPARE(codeOf([&] { writeExportFolder(out(), project); }), ErrorCode::Failed);
    QCOMPARE(readTextFile(out() / "thesis.txt"), std::string("years of work"));
    QCOMPARE(entries(), 1);
}

void TestExportFolder::refusesChangedExport_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("change");
    QTest::newRow("changed") << "src/main.c"
                             << "changed: src/main.c";
    QTest::newRow("added") << "src/extra.c"
                           << "added: src/extra.c";
    QTest::newRow("missing") << ""
                             << "missing: Makefile";
}

void TestExportFolder::refusesChangedExport()
{
    QFETCH(const QString, file);
    QFETCH(const QString, change);
    writeExportFolder(out(), project);
    if (file.isEmpty())
        fs::remove(out() / "Makefile");
    else
        writeFileAtomically(out() / file.toStdString(), std::string_view("mine"));
    QCOMPARE(changesSinceExport(out()), std::vector<std::string>{change.toStdString()});
    QCOMPARE(codeOf([&] { writeExportFolder(out(), project); }), ErrorCode::Failed);
    QCOMPARE(changesSinceExport(out()).size(), std::size_t(1));
}

void TestExportFolder::refusesFileInPlace()
{
    writeFileAtomically(out(), std::string_view("a file"));
    QCOMPARE(codeOf([&] { writeExportFolder(out(), project); }), ErrorCode::Failed);
    QCOMPARE(readTextFile(out()), std::string("a file"));
}

void TestExportFolder::leavesNothingWhenItCannotWrite()
{
    // "src" is a file and a folder at once: writing fails half way.
    const ProjectFiles impossible = {{"a.c", "x"}, {"src", "x"}, {"src/main.c", "x"}};
    QCOMPARE(codeOf([&] { writeExportFolder(out(), impossible); }), ErrorCode::Failed);
    QCOMPARE(entries(), 0);
}

void TestExportFolder::damagedManifest()
{
    writeExportFolder(out(), project);
    writeFileAtomically(out() / "manifest.json", std::string_view("{\"schema\": 1"));
    QCOMPARE(codeOf([&] { changesSinceExport(out()); }), ErrorCode::BadInput);
    QCOMPARE(codeOf([&] { writeExportFolder(out(), project); }), ErrorCode::Failed);
    QCOMPARE(codeOf([&] { changesSinceExport(base()); }), ErrorCode::BadInput);
}

QTEST_GUILESS_MAIN(TestExportFolder)
#include "tst_export_folder.moc"
