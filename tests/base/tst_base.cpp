// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/base/nearest_name.h"
#include "core/base/sha256.h"

#include <QTemporaryDir>
#include <QTest>

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
