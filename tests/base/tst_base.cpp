// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/nearest_name.h"
#include "core/base/sha256.h"

#include <QTemporaryDir>
#include <QTest>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace bitdial;

class TestBase : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Vectors of FIPS 180-4's example document.
    void sha256KnownVectors()
    {
        const auto hash = [](std::string_view text) {
            Sha256 h;
            h.update(text);
            return h.hexDigest();
        };
        QCOMPARE(hash("abc"),
                 std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
        QCOMPARE(hash(""),
                 std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
        QCOMPARE(hash("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                 std::string("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"));
        Sha256 million;
        for (int i = 0; i < 1000; ++i)
            million.update(std::string(1000, 'a'));
        QCOMPARE(million.hexDigest(),
                 std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"));
    }

    void nearestNamesComeFirst()
    {
        const std::vector<std::string> names = {"cores", "clock_hz", "kernels"};
        QCOMPARE(nearestNames("clock_mhz", names).front(), std::string("clock_hz"));
        QVERIFY(didYouMean("core", names).find("'cores'") != std::string::npos);
        QVERIFY(didYouMean("x", std::vector<std::string>{}).empty());
    }

    /// F21.
    void textFilesAreUtf8()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("a.txt").toStdString();
        for (const char* text : {"\xFF\xFEt", "caf\xE9", "\xC0\xAF", "\xED\xA0\x80", "\xE2\x82"}) {
            writeFileAtomically(path, std::string_view(text));
            QVERIFY_THROWS_EXCEPTION(Error, readTextFile(path));
        }
        writeFileAtomically(path, std::string_view("\xEF\xBB\xBF"
                                                   "caf\xC3\xA9 \xF0\x9F\x98\x80"));
        QCOMPARE(readTextFile(path), std::string("caf\xC3\xA9 \xF0\x9F\x98\x80"));
    }

    void filesAppearWhole()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("a.txt").toStdString();
        writeFileAtomically(path, std::string_view("one"));
        writeFileAtomically(path, std::string_view("two"));
        QCOMPARE(readTextFile(path), std::string("two"));
        const auto entries = std::filesystem::directory_iterator(folder.path().toStdString());
        QCOMPARE(std::distance(begin(entries), end(entries)), 1);
        QVERIFY_THROWS_EXCEPTION(Error, writeFileAtomically(path / "below", std::string_view("x")));
        QVERIFY_THROWS_EXCEPTION(Error, readFile(path, 2));
        QVERIFY_THROWS_EXCEPTION(Error, readFile("/dev/zero"));
    }

    void linksAreFollowed()
    {
        namespace fs = std::filesystem;
        QTemporaryDir folder;
        const fs::path root = folder.path().toStdString();
        fs::create_directory(root / "below");
        writeFileAtomically(root / "below" / "file", std::string_view("old"));
        fs::create_symlink("below/file", root / "link");
        fs::create_symlink("link", root / "link to link");
        fs::create_symlink("below/new", root / "dangling");
        fs::create_symlink("loop", root / "loop");
        writeFileAtomically(root / "link to link", std::string_view("through"));
        writeFileAtomically(root / "dangling", std::string_view("made"));
        for (const char* link : {"link", "link to link", "dangling"})
            QVERIFY(fs::is_symlink(root / link));
        QCOMPARE(readTextFile(root / "below" / "file"), std::string("through"));
        QCOMPARE(readTextFile(root / "below" / "new"), std::string("made"));
        QVERIFY_THROWS_EXCEPTION(Error, writeFileAtomically(root / "loop", std::string_view("x")));
    }

    void permissionsAreKept()
    {
        namespace fs = std::filesystem;
        QTemporaryDir folder;
        const fs::path path = folder.filePath("file").toStdString();
        const auto mode = [](const fs::path& file) { return int(fs::status(file).permissions()); };
        const mode_t umask_before = ::umask(027);
        writeFileAtomically(path, std::string_view("one"));
        ::umask(umask_before);
        QCOMPARE(mode(path), 0640);
        for (const int wanted : {0600, 0664, 0755}) {
            fs::permissions(path, fs::perms(wanted));
            writeFileAtomically(path, std::string_view("two"));
            QCOMPARE(mode(path), wanted);
        }
    }

    /// A device must not be replaced by a file; a pipe stands for one here.
    void pipesAreWrittenInPlace()
    {
        QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("pipe").toStdString();
        QCOMPARE(::mkfifo(path.c_str(), 0600), 0);
        const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK);
        writeFileAtomically(path, std::string_view("flow"));
        char text[8] = {};
        const auto got = ::read(reader, text, sizeof text);
        ::close(reader);
        QVERIFY(std::filesystem::is_fifo(path));
        QCOMPARE(std::string(text, got > 0 ? std::size_t(got) : 0), std::string("flow"));
        QVERIFY_THROWS_EXCEPTION(
            Error, writeFileAtomically(folder.path().toStdString(), std::string_view("x")));
    }

    void errorLineNamesEverything()
    {
        const Error error(ErrorCode::BadInput, "What", "where", "why", "Next");
        QCOMPARE(std::string(static_cast<const std::exception&>(error).what()),
                 std::string("What [where]: why. Next"));
        QCOMPARE(std::string(errorCodeName(error.code())), std::string("bad-input"));
    }
};

QTEST_GUILESS_MAIN(TestBase)
#include "tst_base.moc"
