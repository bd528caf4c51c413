// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/hardware/model/cost_model.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/override.h"
#include "core/network/open/open_network.h"

#include <QtTest>

#include <algorithm>

using namespace bitdial;

namespace {

std::shared_ptr<const HardwareProfile> profile(const std::string& name = "pulp-open-xpulpv2")
{
    return openProfile(BITDIAL_SOURCE_DIR "/profiles/" + name + ".json");
}

bool estimates(const HardwareProfile& profile, const std::string& text)
{
    return std::any_of(profile.estimates().begin(), profile.estimates().end(),
                       [&](const auto& line) { return line.find(text) != std::string::npos; });
}

} // namespace

class TestProfileOverride : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void figuresAreSetAndMarked()
    {
        const auto changed =
            overrideProfile(*profile(), {"cores=16", "dma.bandwidth_bytes_per_cycle=16.5"});
        QCOMPARE(changed->cores(), 16);
        QCOMPARE(changed->fields().dma.bandwidth_bytes_per_cycle, 16.5);
        QCOMPARE(changed->name(),
                 std::string("pulp-open-xpulpv2 (cores=16, dma.bandwidth_bytes_per_cycle=16.5)"));
        QVERIFY(changed->title().ends_with(" (cores=16, dma.bandwidth_bytes_per_cycle=16.5)"));
        QVERIFY(estimates(*changed, "cores: set by hand to 16 (was 8)"));
        QVERIFY(changed->fields().dma.estimated);
        QVERIFY(!profile()->fields().dma.estimated);
        QVERIFY(changed->hash() != profile()->hash());
        // What is written is a profile like any other.
        QCOMPARE(parseProfile(changed->text(), "again")->hash(), changed->hash());
        QCOMPARE(overrideProfile(*profile(), {})->name(), profile()->name());
    }

    void kernelsAndArraysCanBeSet()
    {
        const auto changed = overrideProfile(*profile(), {"kernels.conv 8/4/8.cycles.fixed=7"});
        const KernelModel& kernel = changed->fields().kernels.at({LayerKind::Conv, {8, 4, 8}});
        QCOMPARE(kernel.coefficients[0], 7.0);
        QVERIFY(kernel.estimated);
        QVERIFY(!changed->fields().kernels.at({LayerKind::Conv, {8, 8, 8}}).estimated);
        const auto array =
            overrideProfile(*profile("gap9-ne16"), {"kernels.conv 8/8/8.array.out_channels=64"});
        QCOMPARE(array->fields().kernels.at({LayerKind::Conv, {8, 8, 8}}).array->shape.out_channels,
                 64);
    }

    void everythingIsCostedAnew()
    {
        const auto network = buildZooNetwork("zoo:resnet8");
        const auto bits = BitAssignment::uniform(*network, 8, 8);
        const double before = CostModel(network, profile()).cost(bits).latency_cycles;
        const double after =
            CostModel(network, overrideProfile(*profile(), {"cores=1"})).cost(bits).latency_cycles;
        QVERIFY(after > 4 * before);
    }

    void measurementsOfOtherHardwareGo()
    {
        std::string text = profile()->text();
        text.insert(
            text.rfind('}'),
            R"(, "measured": [{"scope":"layer","kind":"add","in_c":8,"in_h":4,"in_w":4,)"
            R"("out_c":8,"out_h":4,"out_w":4,"k_h":1,"k_w":1,"stride":1,"pad":0,)"
            R"("bits_in":8,"bits_w":0,"bits_out":8,"cycles":900,"count":1,"source":"me"}])");
        const auto measured = parseProfile(text, "measured");
        QCOMPARE(measured->fields().measured.size(), std::size_t(1));
        QCOMPARE(overrideProfile(*measured, {"clock_hz=2e8"})->fields().measured.size(),
                 std::size_t(1));
        QVERIFY(overrideProfile(*measured, {"cores=4"})->fields().measured.empty());
    }

    void refusals_data()
    {
        QTest::addColumn<QString>("setting");
        QTest::addColumn<int>("code");
        QTest::addColumn<QString>("message");
        const int usage = int(ErrorCode::Usage);
        const int bad = int(ErrorCode::BadInput);
        QTest::newRow("misspelt") << "corse=16" << bad << "'cores'";
        QTest::newRow("nested") << "memory.l1.byte=16" << bad << "'memory.l1.bytes'";
        QTest::newRow("kernel") << "kernels.conv 8/3/8.cycles.pair=1" << bad << "conv 8/";
        QTest::newRow("a text") << "title=1" << bad << "no number";
        QTest::newRow("a source") << "sources.cores.source=1" << bad << "no number";
        QTest::newRow("no number") << "cores=many" << usage << "sets nothing";
        QTest::newRow("no value") << "cores" << usage << "sets nothing";
        QTest::newRow("not finite") << "clock_hz=inf" << usage << "sets nothing";
        QTest::newRow("odd cores") << "cores=12" << bad << "power of two";
        QTest::newRow("sign") << "clock_hz=-1" << bad << "greater than 0";
        QTest::newRow("reserve") << "memory.l1.bytes=100" << bad << "usable";
    }

    void refusals()
    {
        QFETCH(QString, setting);
        QFETCH(int, code);
        QFETCH(QString, message);
        try {
            overrideProfile(*profile(), {setting.toStdString()});
            QFAIL("accepted");
        } catch (const Error& error) {
            QCOMPARE(int(error.code()), code);
            QVERIFY2(QString(error.what()).contains(message), error.what());
        }
    }
};

QTEST_GUILESS_MAIN(TestProfileOverride)
#include "tst_profile_override.moc"
