// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/session/search_request.h"
#include "tests/support/error_of.h"

#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

SearchRequest someRequest()
{
    return {"free-bits",
            {"a", "b \"é\""},
            {{"strengths", "0.1,2"}, {"gate_steps", "6"}},
            ~std::uint64_t(0),
            0.25,
            false,
            {{"", CostAxis::Latency, 5.5}, {"a", CostAxis::WeightBytes, 200000}},
            {{"first", 8}, {"block*", 4}}};
}

DesignPoint pointOf(std::int64_t id, const char* method, PointRole role, const char* target,
                    const char* options)
{
    DesignPoint point;
    point.id = id;
    point.provenance.method = method;
    point.provenance.role = role;
    point.provenance.target = target;
    point.provenance.options_json = options;
    point.provenance.seed = 7;
    return point;
}

} // namespace

class TestSearchRequest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void comesBackFromJson()
    {
        const auto request = someRequest();
        const auto json = toJson(request);
        QVERIFY(json.find('\n') == std::string::npos);
        QCOMPARE(searchRequestFromJson(json, "here"), request);
    }

    /// Numbers and lists are what the method's texts are made of.
    void optionsMayBeNumbers()
    {
        const auto read = searchRequestFromJson(
            R"({"schema":"bitdial.search/1","method":"m","targets":[],"seed":"1",
                "time_budget_s":0,"options":{"list":[0.002,4],"number":0.04,"text":"bops"}})",
            "here");
        const std::map<std::string, std::string> expected = {
            {"list", "0.002,4"}, {"number", "0.04"}, {"text", "bops"}};
        QCOMPARE(read.options, expected);
    }

    /// An option of Free Bits in requests and points of versions before there were limits.
    void theOldLatencyLimitIsOneOfThem()
    {
        const std::vector<Budget> expected = {{"", CostAxis::Latency, 2.5}};
        const auto read = searchRequestFromJson(
            R"({"schema":"bitdial.search/1","method":"free-bits","targets":[],"seed":"1",
                "time_budget_s":0,"options":{"max_latency_ms":"2.5","gate_steps":"6"}})",
            "here");
        QVERIFY(read.budgets == expected);
        QVERIFY(!read.options.contains("max_latency_ms"));
        const std::vector<DesignPoint> points = {
            pointOf(1, "free-bits", PointRole::Found, "", R"({"max_latency_ms":2.5})")};
        QVERIFY(requestFromPoints(points, "free-bits").budgets == expected);
    }

    void limitsAndLocksOfPointsComeBack()
    {
        const std::vector<DesignPoint> points = {
            pointOf(1, "free-bits", PointRole::Found, "",
                    R"({"gate_steps":6,"max":["a:bops=1000"],"lock":["first=8"]})")};
        const auto request = requestFromPoints(points, "free-bits");
        QVERIFY((request.budgets == std::vector<Budget>{{"a", CostAxis::Bops, 1000}}));
        QVERIFY((request.locks == std::vector<WidthLock>{{"first", 8}}));
        QCOMPARE(request.options.size(), std::size_t(1));
        const std::vector<DesignPoint> foreign = {
            pointOf(1, "free-bits", PointRole::Found, "", R"({"max":["nothing"]})")};
        QVERIFY(requestFromPoints(foreign, "free-bits").budgets.empty());
    }

    void whatIsNoRequestIsRefused_data()
    {
        QTest::addColumn<QString>("json");
        QTest::newRow("limit") << R"({"schema":"bitdial.search/1","method":"m","targets":[],
            "seed":"1","time_budget_s":0,"options":{},"max":["latency"]})";
        QTest::newRow("lock") << R"({"schema":"bitdial.search/1","method":"m","targets":[],
            "seed":"1","time_budget_s":0,"options":{},"lock":[8]})";
        QTest::newRow("no JSON") << "{";
        QTest::newRow("list") << "[]";
        QTest::newRow("schema") << R"({"schema":"bitdial.search/2"})";
        QTest::newRow("missing") << R"({"schema":"bitdial.search/1","method":"m"})";
        QTest::newRow("seed")
            << R"({"schema":"bitdial.search/1","method":"m","targets":[],"seed":"-1",
                   "time_budget_s":0,"options":{}})";
        QTest::newRow("type")
            << R"({"schema":"bitdial.search/1","method":"m","targets":[1],"seed":"1",
                   "time_budget_s":0,"options":{}})";
    }

    void whatIsNoRequestIsRefused()
    {
        QFETCH(const QString, json);
        const auto error =
            errorOf([&] { (void)searchRequestFromJson(json.toStdString(), "run 3"); });
        QCOMPARE(error.code, ErrorCode::BadInput);
        QCOMPARE(error.where, std::string("run 3"));
    }

    void timeIsNoPartOfWhatIsComputed()
    {
        auto other = someRequest();
        other.time_budget_s = 9;
        other.resume = true;
        QVERIFY(isSameSearch(someRequest(), other));
        other.options["gate_steps"] = "7";
        QVERIFY(!isSameSearch(someRequest(), other));
    }

    /// The latest search of that method alone, whatever others came after it.
    void pointsTellOfTheirRequest()
    {
        const std::vector<DesignPoint> points = {
            pointOf(1, "free-bits", PointRole::Refined, "old", R"({"gate_steps":1})"),
            pointOf(2, "free-bits", PointRole::Refined, "a", R"({"gate_steps":6})"),
            pointOf(3, "free-bits", PointRole::Refined, "b", R"({"gate_steps":6})"),
            pointOf(4, "haq", PointRole::Found, "", R"({"episodes":3})"),
            pointOf(5, "hand", PointRole::Hand, "", "")};
        const auto request = requestFromPoints(points, "free-bits");
        QCOMPARE(request.options.at("gate_steps"), std::string("6"));
        QCOMPARE(request.targets, (std::vector<std::string>{"a", "b"}));
        QCOMPARE(request.seed, std::uint64_t(7));
        QCOMPARE(requestFromPoints(points, "haq").options.at("episodes"), std::string("3"));
        QVERIFY(requestFromPoints(points, "other").options.empty());
    }
};

QTEST_GUILESS_MAIN(TestSearchRequest)
#include "tst_search_request.moc"
