// SPDX-License-Identifier: Apache-2.0
// Assembly for XpulpV2 instead of CORE-V, and hardware loops in objects.
#include "core/deployment/verify/machine_code.h"
#include "core/deployment/verify/xpulp_assembly.h"

#include <QtTest>

#include <cstring>
#include <vector>

using namespace bitdial;

namespace {

/// An ELF object for 32-bit RISC-V with one section of code.
std::vector<std::byte> objectWith(const std::vector<std::uint16_t>& code,
                                  std::uint16_t machine = 243, std::uint32_t flags = 6)
{
    std::vector<std::byte> object(52 + 40 + 2 * code.size());
    const auto put = [&object](std::size_t at, std::uint32_t value, std::size_t size) {
        for (std::size_t i = 0; i < size; ++i)
            object[at + i] = std::byte(value >> (8 * i));
    };
    std::memcpy(object.data(),
                "\x7f"
                "ELF\1\1",
                6);
    put(18, machine, 2);
    put(32, 52, 4); // sections
    put(48, 1, 2);
    put(52 + 4, 1, 4);
    put(52 + 8, flags, 4);
    put(52 + 16, 92, 4);
    put(52 + 20, std::uint32_t(2 * code.size()), 4);
    for (std::size_t i = 0; i < code.size(); ++i)
        put(92 + 2 * i, code[i], 2);
    return object;
}

} // namespace

class TestXpulpAssembly : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void accesses_data();
    void accesses();
    void hardwareLoops();
    void noObjects();
};

void TestXpulpAssembly::accesses_data()
{
    QTest::addColumn<std::string>("line");
    QTest::addColumn<std::string>("encoded");
    const auto row = [](const char* line, const char* encoded) {
        QTest::newRow(line) << std::string(line) << std::string(encoded);
    };
    // Field by field as the cluster's cores decode them: p.lw rd, rs2(rs1!) and so on.
    row("\tcv.lw\ta0, (a1), a2", "\t.insn r 0x0b, 7, 16, a0, a1, a2");
    row("\tcv.lbu\ta0, a2(a1)", "\t.insn r 0x03, 7, 32, a0, a1, a2");
    row("\tcv.lh\ts11, t6(sp) # a comment", "\t.insn r 0x03, 7, 8, s11, sp, t6");
    row("\tcv.sb\ta0, (a1), a2", "\t.insn r 0x2b, 4, 0, a2, a1, a0");
    row("\tcv.sw\ta0, a2(a1)", "\t.insn r 0x23, 6, 0, a2, a1, a0");
    row("\tcv.lw\ta0, (a1), 4", "\tcv.lw\ta0, (a1), 4"); // equal on both
    row("\tcv.sb\ta0, (a1), -1", "\tcv.sb\ta0, (a1), -1");
    row("\tlw\ta0, 8(sp)", "\tlw\ta0, 8(sp)");
    row("\tcall\tmemset", "\tjal\tra, memset");
    row("\ttail\tmemset", "\tj\tmemset");
    row(".Lcall:", ".Lcall:");
    row("\tcv.lw", "\tcv.lw");
    row("\tcv.lw\ta0, )a1(", "\tcv.lw\ta0, )a1(");
    row("", "");
}

void TestXpulpAssembly::accesses()
{
    QFETCH(const std::string, line);
    QFETCH(const std::string, encoded);
    QCOMPARE(xpulpAssembly(line + "\n" + line),
             encoded + "\n" + (line.empty() ? "" : encoded + "\n"));
}

void TestXpulpAssembly::hardwareLoops()
{
    // c.nop, lp.setup (opcode 0x7b, funct3 4), c.nop
    QVERIFY(hasHardwareLoops(objectWith({0x0001, 0x407b, 0x0010, 0x0001})));
    // The same bits across two instructions are none: addi with 0x407b in its upper half.
    QVERIFY(!hasHardwareLoops(objectWith({0x0013, 0x407b, 0x0001})));
    QVERIFY(!hasHardwareLoops(objectWith({0x0001, 0x0001})));
    QVERIFY(!hasHardwareLoops(objectWith({0x407b, 0x0010}, 62)));     // another machine
    QVERIFY(!hasHardwareLoops(objectWith({0x407b, 0x0010}, 243, 2))); // no code
}

void TestXpulpAssembly::noObjects()
{
    auto object = objectWith({0x407b, 0x0010});
    for (std::size_t size = 0; size < object.size(); ++size)
        QVERIFY(!hasHardwareLoops(std::span(object).first(size)));
    for (const std::size_t at : {32U, 48U, 68U, 72U}) { // places and sizes far outside
        auto damaged = object;
        damaged[at + 1] = damaged[at] = std::byte(0xff);
        hasHardwareLoops(damaged);
    }
    QVERIFY(!hasHardwareLoops({}));
}

QTEST_GUILESS_MAIN(TestXpulpAssembly)
#include "tst_xpulp_assembly.moc"
