// SPDX-License-Identifier: Apache-2.0
#include "core/data/data_file.h"
#include "core/network/open/open_network.h"
#include "core/quantization/bit_assignment.h"
#include "tests/support/text_faults.h"

#include <QTemporaryDir>

using namespace bitdial;
using namespace bitdial::test;

/// F21 for the text files that belong to a network and its data; profiles and measured cycles are
/// in tests/hardware/tst_profile_faults.cpp.
class TestTextFaults : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;
    std::filesystem::path file(const char* name) const
    {
        return m_folder.filePath(name).toStdString();
    }

private Q_SLOTS:
    void initTestCase()
    {
        writeFileAtomically(file("records"), std::string_view("\x01wxy\x02uvw"));
        std::filesystem::create_directory(file("pictures"));
        std::filesystem::copy_file(BITDIAL_SOURCE_DIR "/tests/fuzz/corpus/png/rgb.png",
                                   file("pictures") / "one.png");
        writeFileAtomically(file("labelled.json"),
                            std::string_view(R"({"schema":"bitdial.data/1","format":"images",
                                "images":"pictures","labels":"labels.csv"})"));
    }

    void dataJson_data() { addTextFaultRows(); }
    void dataJson()
    {
        QFETCH(int, index);
        verifyTextFault(textFaults()[std::size_t(index)],
                        R"({"schema":"bitdial.data/1","format":"raw","images":"records",
                            "raw":{"record_bytes":4,"label_offset":0,"data_offset":1,
                                   "shape":[3,1,1],"dtype":"uint8"}})",
                        file("data.json"), [this] { readDataFile(file("data.json")); });
    }

    void labelsCsv_data() { addTextFaultRows(); }
    void labelsCsv()
    {
        QFETCH(int, index);
        verifyTextFault(textFaults()[std::size_t(index)], "file,class_id\none.png,1\n",
                        file("labels.csv"), [this] { readDataFile(file("labelled.json")); });
    }

    void labelsCsvOfManyRows_data()
    {
        QTest::addColumn<int>("rows");
        QTest::addColumn<QString>("reason");
        QTest::newRow("F21 as many as there may be") << 2097152 << "does not exist";
        QTest::newRow("F21 more") << 2500000 << "more than 2097152 rows";
    }
    void labelsCsvOfManyRows()
    {
        QFETCH(int, rows);
        QFETCH(QString, reason);
        std::string table = "file,class_id\n";
        for (int i = 0; i < rows; ++i)
            table += std::to_string(i) + ",0\n";
        writeFileAtomically(file("labels.csv"), table);
        BITDIAL_VERIFY_BOUNDED([this] { readDataFile(file("labelled.json")); }, table.size(), 0,
                               reason.toStdString());
    }

    void bitsJson_data() { addTextFaultRows(); }
    void bitsJson()
    {
        QFETCH(int, index);
        const auto network = openNetwork("zoo:resnet8");
        auto good = toBitsJson(*network, BitAssignment::uniform(*network, 8, 8));
        good.insert(1, "\n");
        verifyTextFault(textFaults()[std::size_t(index)], good, file("bits.json"), [&] {
            fromBitsJson(*network, readTextFile(file("bits.json")), file("bits.json").string());
        });
    }
};

QTEST_GUILESS_MAIN(TestTextFaults)
#include "tst_text_faults.moc"
