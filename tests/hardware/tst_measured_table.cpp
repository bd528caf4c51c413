// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/measured_table.h"

#include <QtTest>

using namespace bitdial;

namespace {

const std::string header = "kind,cores,in_h,in_w,in_c,out_h,out_w,out_c,k_h,k_w,stride,pad,bits_in,"
                           "bits_out,bits_w,cycles,layer,scope,count,variance\n";

std::shared_ptr<const HardwareProfile> profile()
{
    return openProfile(BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpv2.json");
}

std::vector<MeasuredCycles> table(const std::string& rows)
{
    return parseMeasuredCycles(header + rows, "table.csv");
}

const std::string conv = "conv,8,8,8,16,8,8,32,3,3,1,1,8,8,4,";

MeasuredKey convKey()
{
    return measuredKey({LayerKind::Conv, {8, 4, 8}, 16, 8, 8, 32, 8, 8, 3, 3, {1, 1, 1, 1}}, 1);
}

} // namespace

class TestMeasuredTable : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// 100, 104 and 108 have the mean 104 and the variance 16.
    void repeatedRowsAreAveraged()
    {
        const auto result = addMeasuredTable(
            *profile(), table(conv + "100,,,,\n" + conv + "104,,,,\n" + conv + "108,,kernel,,\n"),
            "my board");
        QCOMPARE(result.entries, 1);
        QCOMPARE(result.unused_rows, 0);
        const auto read = parseProfile(result.text, "measured");
        QCOMPARE(read->fields().measured.size(), std::size_t(1));
        const MeasuredEntry& entry = read->fields().measured.at(convKey());
        QCOMPARE(entry.cycles, 104.0);
        QCOMPARE(entry.count, 3);
        QCOMPARE(*entry.variance, 16.0);
        QCOMPARE(entry.source, std::string("my board"));
    }

    /// Groups that the user averaged already: {100, 104, 108} and {110} have the mean 105.5 and the
    /// variance (30.25 + 2.25 + 6.25 + 20.25) / 3.
    void groupsArePooled()
    {
        const auto pooled =
            addMeasuredTable(*profile(), table(conv + "104,,,3,16\n" + conv + "110,,,1,\n"), "s");
        const MeasuredEntry entry = parseProfile(pooled.text, "m")->fields().measured.at(convKey());
        QCOMPARE(entry.cycles, 105.5);
        QCOMPARE(entry.count, 4);
        QVERIFY(std::abs(*entry.variance - 59.0 / 3) < 0.01);
        // Nobody said how the three scattered.
        const auto unknown =
            addMeasuredTable(*profile(), table(conv + "104,,,3,\n" + conv + "110,,,1,\n"), "s");
        QVERIFY(!parseProfile(unknown.text, "m")->fields().measured.at(convKey()).variance);
    }

    void layersAreKeptByName()
    {
        const auto result = addMeasuredTable(
            *profile(),
            table(conv + "500,features.0,,,\n" + conv + "600,,layer,,\n" + conv + "100,,,,\n"),
            "s");
        QCOMPARE(result.entries, 3);
        const auto measured = parseProfile(result.text, "m")->fields().measured;
        MeasuredKey key = convKey();
        QCOMPARE(measured.at(key).cycles, 100.0);
        key.scope = MeasuredScope::Layer;
        QCOMPARE(measured.at(key).cycles, 600.0);
        key.layer = "features.0";
        QCOMPARE(measured.at(key).cycles, 500.0);
    }

    void newTablesReplaceOldOnes()
    {
        const auto first = parseProfile(
            addMeasuredTable(*profile(), table(conv + "100,,,,\n" + conv + "7.5,conv1,,,\n"),
                             "first")
                .text,
            "m");
        const auto second =
            parseProfile(addMeasuredTable(*first, table(conv + "200,,,,\n"), "second").text, "m");
        QCOMPARE(second->fields().measured.size(), std::size_t(2));
        QCOMPARE(second->fields().measured.at(convKey()).cycles, 200.0);
        QCOMPARE(second->fields().measured.at(convKey()).source, std::string("second"));
    }

    void rowsOfOtherTargets()
    {
        const std::string four_cores = "conv,4,8,8,16,8,8,32,3,3,1,1,8,8,4,100,,,,\n";
        const std::string mixed_add = "add,8,8,8,16,8,8,16,1,1,1,0,8,8,4,100,,,,\n";
        const auto result =
            addMeasuredTable(*profile(), table(four_cores + mixed_add + conv + "1,,,,\n"), "s");
        QCOMPARE(result.entries, 1);
        QCOMPARE(result.unused_rows, 2);
        QVERIFY_EXCEPTION_THROWN(addMeasuredTable(*profile(), table(four_cores), "s"), Error);
    }

    /// More than a profile can hold is refused, and the table is what the message names.
    void tablesTooLargeForAProfile()
    {
        const auto refusal = [](const std::string& rows) {
            try {
                addMeasuredTable(*profile(), table(rows), "board.csv");
            } catch (const Error& error) {
                const auto& d = error.details();
                return QString::fromStdString(d.where == "board.csv" ? d.what + ": " + d.why : "");
            }
            return QString("accepted");
        };
        const auto numbered = [](int rows, const std::string& padding) {
            std::string text;
            for (int i = 0; i < rows; ++i)
                text += conv + "100,l" + std::to_string(i) + padding + ",,,\n";
            return text;
        };
        QCOMPARE(refusal(numbered(18000, "")),
                 QString("The table is too large for a profile: with 18000 measured entries the "
                         "profile would have more than 400000 values"));
        QVERIFY(refusal(numbered(900, std::string(9900, 'x'))).endsWith("more than 8 MiB"));
        // The names alone are below the limit, the text that is written is not.
        QVERIFY(refusal(numbered(840, std::string(9900, 'x'))).endsWith("more than 8 MiB"));
        QCOMPARE(refusal(numbered(800, std::string(9900, 'x'))), QString("accepted"));
        QCOMPARE(refusal(numbered(15000, "")), QString("accepted"));
        const std::string often = conv + "100,,,1000000000,\n";
        QCOMPARE(refusal(often), QString("accepted"));
        QVERIFY(refusal(often + often + often)
                    .startsWith("The table measures one thing 3000000000 times"));
    }

    /// What the table may say, a profile may too: limits on both ends.
    void extremeRowsAreReadBack()
    {
        const std::string largest =
            "conv,8,1,16777216,16777216,16777216,1,16777216,1,16777216,16777216,"
            "16777216/0/16777216/1,8,8,4,1e15,,,1000000000,1e30\n";
        const std::string smallest = "conv,8,1,1,1,1,1,1,1,1,1,0,8,8,4,0.01,,,2,0\n";
        const auto written = addMeasuredTable(*profile(), table(largest + smallest), "s");
        const auto measured = parseProfile(written.text, "m")->fields().measured;
        QCOMPARE(measured.size(), std::size_t(2));
        QCOMPARE(measured.begin()->second.cycles, 0.01);
        QCOMPARE(measured.rbegin()->second.cycles, 1e15);
        QCOMPARE(measured.rbegin()->second.count, 1000000000);
        QCOMPARE(measured.rbegin()->first.geometry[12], 1);
    }

    void badRows_data()
    {
        QTest::addColumn<QString>("row");
        QTest::addColumn<QString>("message");
        QTest::newRow("cycles") << "0,,,,"
                                << "'0' is no cycles";
        QTest::newRow("not a number") << "nan,,,,"
                                      << "'nan' is no cycles";
        QTest::newRow("cycles that would be written as 0") << "0.001,,,,"
                                                           << "'0.001' is no cycles";
        QTest::newRow("cycles beyond use") << "1e300,,,,"
                                           << "a number from 0.01 to 1e+15 is expected";
        QTest::newRow("too many") << "10,,,1000000001,"
                                  << "'1000000001' is no count";
        QTest::newRow("count") << "10,,,0,"
                               << "'0' is no count";
        QTest::newRow("variance") << "10,,,2,-1"
                                  << "'-1' is no variance";
        QTest::newRow("scope") << "10,,model,,"
                               << "Unknown scope 'model'";
        QTest::newRow("named kernel") << "10,conv1,kernel,,"
                                      << "names the layer";
        QTest::newRow("cells") << "10,,,," + QString(",") << "cells";
    }

    void hostileTables()
    {
        const auto refused = [](const std::string& text) {
            QVERIFY_EXCEPTION_THROWN(parseMeasuredCycles(text, "table.csv"), Error);
        };
        refused("");
        refused("kind," + header + "conv," + conv + "1,,,,\n");
        refused(std::string(1 << 20, ','));
        refused(header + conv + std::string(20000, '1') + ",,,,\n");
        refused(header + std::string(1 << 20, '\n'));
        std::string rows = header;
        for (int i = 0; i < 200001; ++i)
            rows += conv + "1,,,,\n";
        refused(rows);
    }

    void badRows()
    {
        QFETCH(QString, row);
        QFETCH(QString, message);
        try {
            table(conv + row.toStdString() + "\n");
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(error.code(), ErrorCode::BadInput);
            QVERIFY2(QString(error.what()).contains("table.csv:2"), error.what());
            QVERIFY2(QString(error.what()).contains(message), error.what());
        }
    }
};

QTEST_GUILESS_MAIN(TestMeasuredTable)
#include "tst_measured_table.moc"
