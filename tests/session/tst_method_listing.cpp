// SPDX-License-Identifier: Apache-2.0
// A new method appears wherever methods are told of, without a line there that knows it.
#include "core/base/error.h"
#include "core/base/file.h"
#include "core/search/option_values.h"
#include "core/session/method_listing.h"
#include "tests/support/error_of.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

class ToyMethod : public SearchMethod {
public:
    const MethodInfo& info() const override
    {
        using enum OptionType;
        static const MethodInfo about = {
            "toy",
            "Toy",
            "Finds nothing.",
            "Nobody, 2026",
            MethodNeeds::Nothing,
            MethodFamily::Evolutionary,
            {{"tries", Count, "Tries", "how often it looks", "3", 1, 9, {}, true},
             {"way", Choice, "Way", ".where it looks", "up", 0, 0, {"up", "down"}},
             {"limits", Numbers, "Limits", "what it \\ leaves out", "", 0, 1}}};
        return about;
    }
    SearchEnd run(const SearchProblem&, SearchObserver&, std::stop_token) const override
    {
        return SearchEnd::Complete;
    }
};

SearchMethods withToy()
{
    auto all = standardSearchMethods().all();
    all.push_back(std::make_shared<ToyMethod>());
    return SearchMethods(all);
}

ErrorDetails refusal(const std::map<std::string, std::string>& given)
{
    return errorOf([&] { const OptionValues values(ToyMethod().info(), given); });
}

} // namespace

class TestMethodListing : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aNewMethodAppears()
    {
        const auto text = methodsText(withToy());
        QVERIFY(text.find("toy  Finds nothing.\n    Nobody, 2026; needs no data\n") !=
                std::string::npos);
        QVERIFY(text.find("--set tries=3") != std::string::npos);
        QVERIFY(text.find("how often it looks (1 to 9)") != std::string::npos);
        QVERIFY(text.find("(up or down)") != std::string::npos);
        const auto man = methodsManSection(withToy());
        QVERIFY(man.find(".SS toy\n") != std::string::npos);
        QVERIFY(man.find(".B tries=3\nHow often it looks (1 to 9).\n") != std::string::npos);
        QVERIFY(man.find("\n\\&.where it looks") != std::string::npos);
        QVERIFY(man.find("What it \\e leaves out (0 to 1).") != std::string::npos);
    }

    void json()
    {
        const auto methods =
            QJsonDocument::fromJson(QByteArray::fromStdString(methodsJson(withToy())))
                .object()["methods"]
                .toArray();
        QCOMPARE(methods.size(), 2);
        QCOMPARE(methods[0].toObject()["name"].toString(), QString("free-bits"));
        QCOMPARE(methods[0].toObject()["options"].toArray().size(), 11);
        const auto toy = methods[1].toObject();
        QCOMPARE(toy["needs"].toString(), QString("nothing"));
        const auto options = toy["options"].toArray();
        QCOMPARE(options[0].toObject()["default"].toString(), QString("3"));
        QCOMPARE(options[1].toObject()["choices"].toArray().size(), 2);
        QVERIFY(options[2].toObject()["default"].isNull());
    }

    /// The page is made by `bitdial-cli methods --format man`.
    void theManualPageIsUpToDate()
    {
        const auto page = readTextFile(BITDIAL_SOURCE_DIR "/packaging/man/bitdial-cli.1");
        QVERIFY2(page.find(methodsManSection(standardSearchMethods())) != std::string::npos,
                 "put what `bitdial-cli methods --format man` prints into the page");
    }

    void unknownNamesComeWithTheNearest()
    {
        const auto error = errorOf([] { (void)withToy().find("toi"); });
        QCOMPARE(error.code, ErrorCode::Usage);
        QVERIFY(error.why.find("'toy'") != std::string::npos);
    }

    void valuesAreChecked()
    {
        const OptionValues values(ToyMethod().info(), {{"tries", "7"}, {"limits", "0.5,1"}});
        QCOMPARE(values.count("tries"), 7);
        QCOMPARE(values.text("way"), std::string("up"));
        QCOMPARE(values.numbers("limits"), (std::vector<double>{0.5, 1}));
        QVERIFY(!OptionValues(ToyMethod().info(), {}).has("limits"));
        QVERIFY(refusal({{"trys", "1"}}).why.find("'tries'") != std::string::npos);
        QVERIFY(refusal({{"trys", "1"}}).next.empty() == false);
        for (const char* wrong : {"0", "10", "2.5", "x", "", "nan", "1e1"}) {
            const auto error = refusal({{"tries", wrong}});
            QCOMPARE(error.code, ErrorCode::Usage);
            QVERIFY2(error.why.find("1 to 9") != std::string::npos, error.why.c_str());
        }
        QVERIFY(refusal({{"way", "left"}}).why.find("up or down") != std::string::npos);
        QVERIFY(refusal({{"limits", "0.5,0.5"}}).why.find("twice") != std::string::npos);
        QVERIFY(refusal({{"limits", "0.5,2"}}).why.find("0 to 1") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestMethodListing)
#include "tst_method_listing.moc"
