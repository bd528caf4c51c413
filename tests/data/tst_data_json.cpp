// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/data/data_json.h"

#include <QTest>

using namespace bitdial;

namespace {

/// The message, or an empty text where the file is right.
QString refusal(const std::string& text)
{
    try {
        parseDataJson(text, "the/data.json");
    } catch (const Error& error) {
        if (error.code() == ErrorCode::BadInput && !error.details().next.empty() &&
            error.details().where.starts_with("the/data.json"))
            return static_cast<const std::exception&>(error).what();
        return "no place or no remedy";
    }
    return "";
}

std::string withFormat(const std::string& format, const std::string& keys)
{
    return R"({"schema":"bitdial.data/1","format":")" + format + R"(","images":"i")" + keys + "}";
}

} // namespace

class TestDataJson : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyKeyIsRead()
    {
        const auto data = parseDataJson("\xEF\xBB\xBF{\r\n" +
                                            withFormat("images", R"(,"labels":"l.csv","preprocess":{
                "resize_short_side":256,"center_crop":224,"resize":null,"scale":0.5,"offset":-1.0,
                "mean":[1,2,3],"std":4,"channels":"bgr","layout":"nchw"})")
                                                .substr(1),
                                        "d");
        QVERIFY(data.format == DataFormat::Images);
        QCOMPARE(data.images, std::string("i"));
        QCOMPARE(data.labels, std::string("l.csv"));
        QCOMPARE(data.geometry.resize_short_side, 256);
        QCOMPARE(data.geometry.center_crop, 224);
        QVERIFY(data.geometry.channels == ChannelOrder::Bgr);
        const auto preprocess = data.preprocess(3);
        QCOMPARE(preprocess.scale, 0.5F);
        QCOMPARE(preprocess.offset, -1.0F);
        QVERIFY((preprocess.mean == std::vector<float>{1, 2, 3}));
        QVERIFY((preprocess.std == std::vector<float>{4, 4, 4}));
    }

    void rawIsRead()
    {
        const std::string raw = R"(,"raw":{"record_bytes":491,"label_offset":0,"data_offset":1,
            "shape":[SHAPE],"dtype":"int8"})";
        const auto with = [&](const std::string& shape) {
            auto text = raw;
            return text.replace(text.find("SHAPE"), 5, shape);
        };
        auto layout = parseDataJson(withFormat("raw", with("1,49,10")), "d").raw.layout;
        QVERIFY((layout.shape == TensorShape{1, 49, 10}));
        QVERIFY(layout.type == ElementType::Int8 && !layout.channels_last);
        QCOMPARE(layout.stride_bytes, std::size_t(491));
        // In the order of the layout.
        layout = parseDataJson(
                     withFormat("raw", with("7,10,7") + R"(,"preprocess":{"layout":"nhwc"})"), "d")
                     .raw.layout;
        QVERIFY((layout.shape == TensorShape{7, 7, 10}));
        QVERIFY(layout.channels_last);
        QVERIFY(refusal(withFormat("raw", with("1,49,11"))).contains("540"));
        QVERIFY(refusal(withFormat("raw", with("65536,65536,65536"))).contains("record_bytes"));
        QVERIFY(refusal(withFormat("raw", with("1,49"))).contains("raw.shape"));
        QVERIFY(refusal(withFormat("raw", with("1,4.5,9"))).contains("raw.shape"));
    }

    /// F21 among them; the large ones are in tst_text_faults.cpp.
    void wrongFilesNameTheKey_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QString>("mentioned");
        const auto row = [](const char* name, const std::string& text, const char* mentioned) {
            QTest::newRow(name) << QByteArray::fromStdString(text) << QString(mentioned);
        };
        const auto preprocess = [](const std::string& keys) {
            return withFormat("images", R"(,"preprocess":{)" + keys + "}");
        };
        row("empty", "", "not valid JSON");
        row("no object", "[]", "not a JSON object");
        row("misspelt", R"({"schema":"bitdial.data/1","fromat":"idx"})", "Did you mean 'format'");
        row("schema", R"({"schema":"bitdial.data/2","format":"idx"})", "bitdial.data/2");
        row("format", withFormat("tiff", ""), "\"tiff\"");
        row("no images", R"({"schema":"bitdial.data/1","format":"raw"})", "\"images\"");
        row("no labels", withFormat("idx", ""), "\"labels\"");
        row("labels out of place", withFormat("cifar10", R"(,"labels":"l")"), "\"labels\"");
        row("raw out of place", withFormat("cifar10", R"(,"raw":{})"), "\"raw\"");
        row("npz out of place", withFormat("cifar10", R"(,"npz":{})"), "\"npz\"");
        row("coarse", withFormat("cifar100", R"(,"cifar100":{"labels":"corse"})"),
            "\"cifar100.labels\"");
        row("preprocess", withFormat("images", R"(,"preprocess":3)"), "\"preprocess\"");
        row("unknown step", preprocess(R"("layuot":"nchw")"), "Did you mean 'layout'");
        row("crop", preprocess(R"("center_crop":0)"), "\"preprocess.center_crop\"");
        row("fraction", preprocess(R"("center_crop":2.5)"), "whole number");
        row("huge", preprocess(R"("center_crop":1e300)"), "whole number");
        row("two resizes", preprocess(R"("resize":[1,2],"resize_short_side":3)"), "resize");
        row("one side", preprocess(R"("resize":[1])"), "height, width");
        row("channels", preprocess(R"("channels":3)"), "\"grey\"");
        row("layout", preprocess(R"("layout":"chwn")"), "\"nhwc\"");
        row("layout of pictures", preprocess(R"("layout":"nhwc")"), "preprocess.layout");
        row("mean", preprocess(R"("mean":"0.5")"), "preprocess.mean");
        row("no std", preprocess(R"("std":[1,0,1])"), "positive");
        row("not a float", preprocess(R"("scale":1e300)"), "preprocess.scale");
        row("not a double", preprocess(R"("scale":1e999)"), "number");
        row("NaN", preprocess(R"("scale":NaN)"), "not valid JSON");
        row("twice", withFormat("idx", R"(,"format":"raw")"), "twice");
        row("UTF-16", std::string("\xFF\xFE{\0", 4), "UTF-16");
        row("UTF-16 without mark", std::string("{\0\"\0", 4), "UTF-16");
        row("Latin-1", withFormat("raw", ",\"labels\":\"gr\xF6\xDF\""), "not UTF-8");
        row("deep", R"({"schema":)" + std::string(10000, '['), "deeper");
        row(
            "deep objects",
            [] {
                std::string text;
                for (int i = 0; i < 10000; ++i)
                    text += R"({"a":)";
                return text;
            }(),
            "deeper");
        row("NUL", withFormat("raw", R"(,"labels":"a\u0000b")"), "labels");
        row("no path", R"({"schema":"bitdial.data/1","format":"raw","images":""})", "images");
        row("escape", "{\"\\u001b[31mred\":1}", "\\x1B[31mred");
        row("long key", "{\"" + std::string(100000, 'k') + "\":1}", "kkk...");
    }
    /// Read in time proportional to its length: with the square of it, this takes minutes.
    void longListsAreRead()
    {
        std::string list = "0";
        for (int i = 1; i < 65536; ++i)
            list += ", 0.123456789";
        const auto data = parseDataJson(
            withFormat("images", R"(,"preprocess":{"mean":[)" + list + "]}"), "data.json");
        QCOMPARE(data.mean.values.size(), std::size_t(65536));
        QVERIFY(refusal(withFormat("images", R"(,"preprocess":{"mean":[)" + list + ",1]}"))
                    .contains("list of numbers"));
    }

    void placesAreNamed()
    {
        QVERIFY(refusal("{\n \"schema\": \"bitdial.data/1\",\n  \"fromat\": 1}").contains(":3:3"));
        QVERIFY(refusal("{\n \"schema\": ?}").contains(":2:12"));
    }

    void wrongFilesNameTheKey()
    {
        QFETCH(QByteArray, text);
        QFETCH(QString, mentioned);
        const auto message = refusal(text.toStdString());
        QVERIFY2(message.contains(mentioned), qPrintable(message));
        QVERIFY(message.size() < 1000);
    }
};

QTEST_GUILESS_MAIN(TestDataJson)
#include "tst_data_json.moc"
