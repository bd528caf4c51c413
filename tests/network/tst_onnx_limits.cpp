// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/network/onnx/import.h"
#include "tests/network/tst_onnx_support.h"
#include "tests/support/watched_run.h"

#include <QTemporaryDir>

#include <fstream>

using namespace bitdial;
using namespace bitdial::test;

namespace {

std::string varint(std::uint64_t value)
{
    std::string bytes;
    for (; value > 127; value >>= 7)
        bytes += char((value & 127) | 128);
    return bytes + char(value);
}

/// A field of a protobuf message that holds `content`; `size` may lie about it.
std::string field(unsigned number, const std::string& content,
                  std::optional<std::uint64_t> size = {})
{
    return varint(number << 3U | 2U) + varint(size.value_or(content.size())) + content;
}

// Field numbers of onnx.proto.
constexpr unsigned graph_of_model = 7;
constexpr unsigned function_of_model = 25;
constexpr unsigned node_of_function = 7;
constexpr unsigned node_of_graph = 1;
constexpr unsigned initializer_of_graph = 5;
constexpr unsigned attribute_of_node = 5;
constexpr unsigned graph_of_attribute = 6;

void import(const std::string& bytes)
{
    importOnnx(std::as_bytes(std::span(bytes)), "small.onnx");
}

/// A node that calls a function of the model.
onnx::NodeProto callOf(const std::string& function, const std::string& input,
                       const std::string& output)
{
    onnx::NodeProto node;
    node.set_op_type(function);
    node.set_domain("local");
    node.set_name(output);
    node.add_input(input);
    node.add_output(output);
    return node;
}

void addFunction(OnnxFile& file, const std::string& name, const std::string& calls)
{
    auto* function = file.model().add_functions();
    function->set_name(name);
    function->set_domain("local");
    function->add_input("a");
    function->add_output("b");
    *function->add_node() = callOf(calls, "a", "b");
}

} // namespace

/// F1, F7, F8, F10, F12 and F13: files that end early, are too large or too deep, and what a reader
/// of one version cannot know.
class TestOnnxLimits : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// F1. A file cut behind its last field that matters may still be whole; it must never crash.
    void everyTruncationIsRefused()
    {
        OnnxFile file;
        file.conv("x", "y");
        file.output("y");
        const auto bytes = file.model().SerializeAsString();
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto part = std::as_bytes(std::span(bytes)).first(size);
            QVERIFY_THROWS_EXCEPTION(Error, importOnnx(part, "truncated.onnx"));
        }
    }

    /// F1: the demo network at each byte of the first 4 KiB and at each percent.
    void truncationsOfARealFileAreRefused()
    {
        const auto bytes = readFile(BITDIAL_SOURCE_DIR "/resources/demo/fashion-resnet8.onnx");
        const auto refused = [&](std::size_t size) {
            try {
                importOnnx(std::span(bytes).first(size), "cut.onnx");
            } catch (const Error& error) {
                const auto& d = error.details();
                return d.code == ErrorCode::BadInput && !d.next.empty() && !d.why.empty() &&
                       mentions(d.where, "cut.onnx");
            }
            return false;
        };
        for (std::size_t size = 0; size <= 4096; ++size)
            QVERIFY2(refused(size), std::to_string(size).c_str());
        for (std::size_t percent = 0; percent < 100; ++percent)
            QVERIFY2(refused(bytes.size() * percent / 100), std::to_string(percent).c_str());
    }

    void flippedBytesNeverCrash()
    {
        OnnxFile file;
        file.conv("x", "y");
        file.node("Relu", {"y"}, "z");
        file.output("z");
        const auto bytes = file.model().SerializeAsString();
        for (std::size_t at = 0; at < bytes.size(); ++at)
            for (const int flip : {1, 0x80, 0xFF}) {
                auto changed = bytes;
                changed[at] = char(changed[at] ^ flip);
                try {
                    import(changed);
                } catch (const Error&) {
                    continue;
                }
            }
    }

    /// F7: refused before it is read, with the way out.
    void filesAbove2GiBAreRefused_data()
    {
        QTest::addColumn<qint64>("size");
        QTest::newRow("F7 2 GiB") << (qint64(1) << 31);
        QTest::newRow("F7 2 GiB and a byte") << (qint64(1) << 31) + 1;
        QTest::newRow("F7 a terabyte") << (qint64(1) << 40);
    }
    void filesAbove2GiBAreRefused()
    {
        QFETCH(qint64, size);
        const QTemporaryDir folder;
        const auto path = folder.filePath("large.onnx").toStdString();
        writeFileAtomically(path, std::string_view(""));
        std::error_code error;
        std::filesystem::resize_file(path, std::uintmax_t(size), error);
        if (error)
            QSKIP("this file system has no sparse files of that size");
        // Far below the file's own size: it is not read.
        BITDIAL_VERIFY_BOUNDED([&] { openNetworkSource(path); }, 0, 0, "external data");
    }

    void impossibleSizesAreRefused_data();
    void impossibleSizesAreRefused()
    {
        QFETCH(QByteArray, bytes);
        QFETCH(QString, reason);
        const auto file = bytes.toStdString();
        BITDIAL_VERIFY_BOUNDED([&] { import(file); }, file.size(), file.size(),
                               reason.toStdString());
    }

    /// F8: functions are not called, so that none can call itself for ever.
    void functionsAreNotFollowed_data()
    {
        QTest::addColumn<int>("depth");
        QTest::newRow("F8 calls itself") << 1;
        QTest::newRow("F8 two call each other") << 2;
        QTest::newRow("F8 a ring of 10,000") << 10'000;
    }
    void functionsAreNotFollowed()
    {
        QFETCH(int, depth);
        OnnxFile file;
        auto* imported = file.model().add_opset_import();
        imported->set_domain("local");
        imported->set_version(1);
        for (int i = 0; i < depth; ++i)
            addFunction(file, "f" + std::to_string(i), "f" + std::to_string((i + 1) % depth));
        file.conv("x", "a");
        *file.graph().add_node() = callOf("f0", "a", "y");
        const auto refusal = file.refusal("y");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY2(mentions(refusal.why, "node 'y' (f0)") && mentions(refusal.why, "'local'"),
                 refusal.why.c_str());
    }

    /// F13: an operator that the file itself defines anew is not taken for the standard's.
    void functionsOverStandardOperatorsAreRefused()
    {
        for (const char* domain : {"", "ai.onnx"}) {
            OnnxFile file;
            addFunction(file, "Relu", "Neg");
            file.model().mutable_functions(0)->set_domain(domain);
            file.conv("x", "a");
            file.node("Relu", {"a"}, "y");
            const auto refusal = file.refusal("y");
            QCOMPARE(refusal.code, ErrorCode::BadInput);
            QVERIFY2(mentions(refusal.where, "'Relu'"), refusal.where.c_str());
        }
    }

    /// F10.
    void versionsAreCheckedAndReported_data()
    {
        QTest::addColumn<int>("opset");
        QTest::addColumn<int>("ir");
        QTest::newRow("F10 IR 14") << 13 << 14;
        QTest::newRow("F10 opset 28") << 28 << 7;
        QTest::newRow("F10 opset 6") << 6 << 7;
        QTest::newRow("F10 opset 2^31 - 1") << std::numeric_limits<int>::max() << 7;
        QTest::newRow("F10 opset -1") << -1 << 7;
    }
    void versionsAreCheckedAndReported()
    {
        QFETCH(int, opset);
        QFETCH(int, ir);
        OnnxFile file({1, 2, 4, 4}, opset);
        file.model().set_ir_version(ir);
        file.conv("x", "y");
        const auto refusal = file.refusal("y");
        QCOMPARE(refusal.code, ErrorCode::BadInput);
        QVERIFY(mentions(refusal.why, "opset " + std::to_string(opset)));
        QVERIFY(mentions(refusal.why, "IR version " + std::to_string(ir)));
        QVERIFY(!refusal.next.empty());
    }

    /// F10: the oldest operator set is read; a domain that nobody knows is in the report.
    void oldAndForeignOperatorsAreRead()
    {
        OnnxFile old({1, 2, 4, 4}, 7);
        old.model().set_ir_version(3);
        old.conv("x", "y");
        QCOMPARE(old.import("y")->layerCount(), 1);
        OnnxFile file;
        file.model().add_opset_import()->set_domain("com.example");
        file.conv("x", "a");
        file.node("Relu", {"a"}, "y").set_domain("com.example");
        const auto network = file.import("y");
        QVERIFY(reportOf(*network, "y").fate == NodeFate::Unsupported);
        QVERIFY(mentions(reportOf(*network, "y").detail, "'com.example'"));
    }

    /// F12.
    void freeSizesOtherThanTheBatchAreRefused_data()
    {
        QTest::addColumn<QList<int>>("sizes");
        QTest::addColumn<QString>("reason");
        QTest::newRow("F12 batch") << QList<int>{-1, 2, 4, 4} << "";
        QTest::newRow("F12 channels") << QList<int>{1, -1, 4, 4} << "dimension 1";
        QTest::newRow("F12 height") << QList<int>{-1, 2, -1, 4} << "dimension 2";
        QTest::newRow("F12 width") << QList<int>{1, 2, 4, -1} << "dimension 3";
    }
    void freeSizesOtherThanTheBatchAreRefused()
    {
        QFETCH(QList<int>, sizes);
        QFETCH(QString, reason);
        OnnxFile file({sizes.begin(), sizes.end()});
        file.conv("x", "y");
        if (reason.isEmpty()) {
            QCOMPARE(file.import("y")->layerCount(), 1);
            return;
        }
        const auto refusal = file.refusal("y");
        QVERIFY2(mentions(refusal.why, reason.toStdString()) && mentions(refusal.why, "a value"),
                 refusal.why.c_str());
    }

    /// F13: named with its reason, and a layer whose cost nobody knows.
    void unknownOperatorsAreReported_data()
    {
        QTest::addColumn<QString>("op");
        QTest::addColumn<QString>("domain");
        QTest::newRow("F13 Einsum") << "Einsum"
                                    << "";
        QTest::newRow("F13 GroupNormalization") << "GroupNormalization"
                                                << "";
        QTest::newRow("F13 LSTM") << "LSTM"
                                  << "";
        QTest::newRow("F13 custom") << "MyOperator"
                                    << "com.example";
        QTest::newRow("F13 of no standard") << "MyOperator"
                                            << "";
    }
    void unknownOperatorsAreReported()
    {
        QFETCH(QString, op);
        QFETCH(QString, domain);
        OnnxFile file({1, 2, 4, 4}, 21);
        file.conv("x", "a");
        file.node(op.toStdString(), {"a"}, "b").set_domain(domain.toStdString());
        file.conv("b", "y");
        file.output("y");
        try {
            const auto network = file.import();
            const auto report = reportOf(*network, "b");
            QVERIFY(report.fate == NodeFate::Unsupported);
            QCOMPARE(report.op, op.toStdString());
            QVERIFY(!report.detail.empty());
            // It stands in the network as a layer that no target has.
            QVERIFY(std::ranges::any_of(network->layers(), [](const Layer& layer) {
                return layer.kind == LayerKind::Unsupported;
            }));
        } catch (const Error& error) { // where nobody knows the size of what it makes
            QVERIFY2(mentions(error.details().why, op.toStdString()), error.what());
            QVERIFY2(mentions(error.details().why, "'b'"), error.what());
        }
    }
};

void TestOnnxLimits::impossibleSizesAreRefused_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const std::string& bytes, const char* reason) {
        QTest::newRow(name) << QByteArray::fromStdString(bytes) << reason;
    };
    const auto many = [](const std::string& part, std::size_t count) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i)
            all += part;
        return all;
    };
    row("F7 a graph of 2^40 bytes", field(graph_of_model, "x", std::uint64_t(1) << 40),
        "ends early");
    row("F7 2^31 nodes", field(graph_of_model, field(node_of_graph, "x", std::uint64_t(1) << 31)),
        "ends early");
    // As many as the memory of their file allows, and more.
    row("F7 millions of empty nodes",
        field(graph_of_model, many(field(node_of_graph, ""), 1'500'000)), "memory");
    row("F7 half a million empty nodes",
        field(graph_of_model, many(field(node_of_graph, ""), 500'000)), "IR version");
    row("F7 millions of empty tensors",
        field(graph_of_model, many(field(initializer_of_graph, ""), 1'500'000)), "memory");
    std::string nested; // graph in attribute in node in graph
    std::string node;
    for (int i = 0; i < 10'000; ++i) {
        node = field(attribute_of_node, field(graph_of_attribute, nested));
        nested = field(node_of_graph, node);
    }
    row("F8 graphs 10,000 deep", field(graph_of_model, nested), "deeper");
    row("F8 graphs 10,000 deep in a function",
        field(function_of_model, field(node_of_function, node)), "deeper");

    const auto tensorOf = [](const std::vector<std::int64_t>& sizes, int type) {
        OnnxFile file;
        auto& weight = file.initializer("w", {}, type);
        for (const auto size : sizes)
            weight.add_dims(size);
        file.node("Conv", {"x", "w"}, "y");
        file.output("y");
        return file.model().SerializeAsString();
    };
    row("F9 a tensor of 2^38 numbers", tensorOf({1 << 19, 1 << 19, 1, 1}, onnx::TensorProto::FLOAT),
        "'w'");
    row("F9 a tensor of 2^31 codes", tensorOf({1 << 15, 1 << 16, 1, 1}, onnx::TensorProto::INT8),
        "'w'");
    OnnxFile shape;
    shape.longs("sizes", {1 << 20, 1 << 20});
    shape.node("ConstantOfShape", {"sizes"}, "w");
    shape.node("Conv", {"x", "w"}, "y");
    shape.output("y");
    row("F9 a constant of 2^40 numbers", shape.model().SerializeAsString(), "'w'");
}

QTEST_GUILESS_MAIN(TestOnnxLimits)
#include "tst_onnx_limits.moc"
