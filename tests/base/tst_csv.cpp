// SPDX-License-Identifier: Apache-2.0
#include "core/base/csv.h"
#include "tests/support/error_of.h"

#include <QtTest>

#include <random>

using namespace bitdial;
using namespace bitdial::test;

namespace {

using Table = std::vector<std::vector<std::string>>;

Table read(std::string_view text, CsvRules rules = {"Wrong", "Give another"})
{
    CsvReader reader(text, "t.csv", std::move(rules));
    Table table;
    while (reader.next())
        table.emplace_back(reader.fields().begin(), reader.fields().end());
    return table;
}

std::string written(const Table& table)
{
    CsvWriter writer;
    for (const auto& row : table) {
        for (const auto& field : row)
            writer.field(field);
        writer.endRow();
    }
    return writer.take();
}

/// RFC 4180 by its grammar, for well-formed texts: written for this test, one character at a time.
Table readByGrammar(const std::string& text)
{
    Table table(1, {""});
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        auto& field = table.back().back();
        if (text[i] == '"' && quoted && i + 1 < text.size() && text[i + 1] == '"')
            field += text[++i];
        else if (text[i] == '"')
            quoted = !quoted;
        else if (text[i] == ',' && !quoted)
            table.back().emplace_back();
        else if (text.compare(i, 2, "\r\n") == 0 && !quoted && ++i > 0)
            table.push_back({""});
        else
            field += text[i];
    }
    table.pop_back(); // every row ends in CR LF
    return table;
}

/// Every field in quotes, as some spreadsheets write them.
std::string allQuoted(const Table& table, const char* line_end)
{
    std::string text;
    for (const auto& row : table) {
        for (std::size_t i = 0; i < row.size(); ++i)
            text += (i > 0 ? ",\"" : "\"") +
                    QString::fromStdString(row[i]).replace('"', "\"\"").toStdString() + '"';
        text += line_end;
    }
    return text;
}

Table randomTable(std::mt19937& random)
{
    const std::string pieces[] = {"a", ",", "\"", "\r\n", "\n", "\r", " ", "\xC3\xA4", "=", ";"};
    Table table(1 + random() % 5);
    for (auto& row : table) {
        row.resize(1 + random() % 4);
        for (auto& field : row)
            for (auto n = random() % 5; n > 0; --n)
                field += pieces[random() % std::size(pieces)];
        row[0] += "x"; // no row without text, which readers leave out
    }
    return table;
}

} // namespace

class TestCsv : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatIsWrittenIsRead()
    {
        std::mt19937 random(5);
        for (int round = 0; round < 500; ++round) {
            const auto table = randomTable(random);
            const auto text = written(table);
            QVERIFY(readByGrammar(text) == table);
            QVERIFY(read(text) == table);
            QVERIFY(read(allQuoted(table, "\n")) == table);
            QVERIFY(read("\xEF\xBB\xBF" + allQuoted(table, "\r\n")) == table);
        }
    }

    void quotesOnlyWhereNeeded()
    {
        QCOMPARE(written({{"a", "b c", ""}, {"a,b", "say \"so\"", "two\nlines"}}),
                 std::string("a,b c,\r\n\"a,b\",\"say \"\"so\"\"\",\"two\nlines\"\r\n"));
        CsvWriter writer;
        writer.field("a").empty(2).endRow();
        QCOMPARE(writer.take(), std::string("a,,\r\n"));
        QCOMPARE(writer.take(), std::string());
    }

    void readsWhatProgramsWrite()
    {
        QVERIFY(read("").empty());
        QVERIFY(read("\xEF\xBB\xBF").empty());
        QVERIFY(read("\n\r\n\n").empty());
        QVERIFY(read("a,b\r\n\r\n1,2") == Table({{"a", "b"}, {"1", "2"}}));
        QVERIFY(read("a,b\n,\n") == Table({{"a", "b"}, {"", ""}}));
        QVERIFY(read("\"\",x\n") == Table({{"", "x"}}));
        QVERIFY(read("a,") == Table({{"a", ""}}));
        QVERIFY(read("\"a\"") == Table({{"a"}}));
        QCOMPARE(csvHeader("\xEF\xBB\xBFx,\"y\nz\"\n1,2\n"),
                 (std::vector<std::string>{"x", "y\nz"}));
        QVERIFY(csvHeader("a,\"b\n").empty());
    }

    void rowsKnowTheirLines()
    {
        CsvReader reader("a\n\n\"b\nc\"\r\nd\n\n", "t.csv", {"Wrong", "Give another"});
        QCOMPARE(reader.line(), 0);
        for (const int line : {1, 3, 5}) {
            QVERIFY(reader.next());
            QCOMPARE(reader.line(), line);
        }
        QCOMPARE(errorOf([&] { reader.fail("why", "next"); }).where, std::string("t.csv:5"));
        QVERIFY(!reader.next());
        QCOMPARE(reader.line(), 6);
        QVERIFY(reader.fields().empty());
    }

    void refusals_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("where");
        QTest::addColumn<QString>("why");
        const auto row = [](const char* name, const char* text, const char* where,
                            const char* why) {
            QTest::newRow(name) << QByteArray(text) << QString("t.csv:%1").arg(where) << why;
        };
        row("quote inside", "a,b\n1,x\"y\n", "2:4", "a quote stands inside");
        row("text behind", "a,b\n\"1\"2,3\n", "2:4", "text follows the closing quote");
        row("space behind", "\"1\" ,3\n", "1:4", "text follows the closing quote");
        row("open", "a\n\"b\n", "2:1", "never closed");
        row("open, second", "a,\"b,c\nd\n", "1:3", "never closed");
        row("only a quote", "\"", "1:1", "never closed");
        row("CR alone", "a,b\r1,2\r", "1:5", "CR alone");
        row("UTF-16",
            "\xFF\xFE"
            "a",
            "1:1", "UTF-16");
        row("UTF-16, big endian",
            "\xFE\xFF"
            "a",
            "1:1", "UTF-16");
        row("columns", "a,b,c,d\n1,2,3,4,5\n", "2:9", "more than 4 fields");
        row("rows", "a\nb\n\nc\nd\ne\n", "6", "more than 3 rows");
        row("long", "a\n123456789\n", "2:1", "more than 8 bytes");
        row("long in quotes", "\"123456789\"\n", "1:11", "more than 8 bytes");
    }

    void refusals()
    {
        QFETCH(QByteArray, text);
        const auto refusal = errorOf([&] {
            (void)read({text.constData(), std::size_t(text.size())},
                       {"Wrong", "Give another", 4, 8, 3});
        });
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QCOMPARE(refusal.what, std::string("Wrong"));
        QTEST(QString::fromStdString(refusal.where), "where");
        QFETCH(QString, why);
        QVERIFY2(QString::fromStdString(refusal.why).contains(why), refusal.why.c_str());
        QVERIFY(!refusal.next.empty());
    }

    void limitsAreInclusive()
    {
        const CsvRules rules{"Wrong", "Give another", 2, 3, 1};
        QCOMPARE(read("abc,\"d\"\"e\"\n1,2\n", rules).size(), std::size_t(2));
    }
};

QTEST_GUILESS_MAIN(TestCsv)
#include "tst_csv.moc"
