// SPDX-License-Identifier: Apache-2.0
// The builtins that the exported host folder gives to the real kernel library: a small C program is
// compiled against the header and its results on random words compared with naive references.
#include "core/deployment/pulp_nn/templates.h"
#include "core/deployment/verify/build.h"
#include "core/deployment/verify/child_process.h"

#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>
#include <random>

using namespace bitdial;

namespace {

using Word = std::uint32_t;

struct Case {
    Word a;
    Word b;
    Word sum;
};

std::vector<Case> randomCases(int count)
{
    std::mt19937 random(17);
    std::vector<Case> cases = {
        {0, 0, 0}, {~Word(0), ~Word(0), ~Word(0)}, {0x80808080, 0x7f7f7f7f, 1}};
    for (int i = 0; i < count; ++i)
        cases.push_back({Word(random()), Word(random()), Word(random())});
    return cases;
}

std::vector<int> elements(Word word, int bits, bool is_signed)
{
    std::vector<int> values;
    for (int i = 0; i < 32 / bits; ++i) {
        int value = int((word >> (i * bits)) % (1U << bits));
        if (is_signed && value >= 1 << (bits - 1))
            value -= 1 << bits;
        values.push_back(value);
    }
    return values;
}

Word word(const std::vector<int>& values, int bits)
{
    Word result = 0;
    for (std::size_t i = 0; i < values.size(); ++i)
        result |= (Word(values[i]) & ((1U << bits) - 1U)) << (int(i) * bits);
    return result;
}

Word dot(const Case& c, int bits, bool is_signed)
{
    const auto a = elements(c.a, bits, is_signed);
    const auto b = elements(c.b, bits, true);
    std::int64_t sum = std::int32_t(c.sum);
    for (std::size_t i = 0; i < a.size(); ++i)
        sum += std::int64_t(a[i]) * b[i];
    return Word(sum);
}

template <typename Take> Word each(const Case& c, int bits, bool is_signed, Take take)
{
    const auto a = elements(c.a, bits, is_signed);
    const auto b = elements(c.b, bits, is_signed);
    std::vector<int> result;
    for (std::size_t i = 0; i < a.size(); ++i)
        result.push_back(take(a[i], b[i]));
    return word(result, bits);
}

int highestOne(Word value)
{
    for (int bit = 31; bit >= 0; --bit)
        if (value >> bit & 1)
            return bit;
    return 32;
}

/// What the C program prints for one case, in its order.
QStringList expected(const Case& c)
{
    QStringList words;
    const auto add = [&words](Word value) { words += QString::number(value, 16); };
    const auto larger = [](int a, int b) { return std::max(a, b); };
    const auto smaller = [](int a, int b) { return std::min(a, b); };
    const auto middle = [](int a, int b) { return (a + b) / 2; };
    for (const int bits : {8, 4, 2}) {
        for (const bool is_signed : {true, false}) {
            add(dot(c, bits, is_signed));
            add(each(c, bits, is_signed, larger));
            add(each(c, bits, is_signed, smaller));
        }
        add(each(c, bits, false, middle));
        // MAC&LOAD: the first product takes the words loaded before, the second those after.
        for (const bool is_signed : {true, false}) {
            add(dot(c, bits, is_signed));
            add(dot({c.b, c.a, c.sum}, bits, is_signed));
        }
    }
    add(Word(elements(c.a, 4, true)[3]));
    add(Word(elements(c.a, 2, false)[5]));
    add((c.a & 0xffffff0fU) | (c.b << 4 & 0xf0U));
    add(Word(std::clamp(std::int32_t(c.a), -8, 7)));
    add(Word(std::clamp(std::int32_t(c.a), 0, 255)));
    add(Word(highestOne(c.a)));
    add(Word(std::max(std::int32_t(c.a), std::int32_t(c.b))));
    add(Word(std::min(std::int32_t(c.a), std::int32_t(c.b))));
    add(std::max(c.a, c.b));
    add(std::min(c.a, c.b));
    add(word({int(c.a & 255), int(c.b & 255), int(c.sum & 255), 7}, 8));
    add(Word(elements(c.b, 8, false)[2]));
    return words;
}

const char* const program_head = R"(#include "pmsis.h"
#include <stdio.h>
static void show(unsigned value) { printf("%x ", value); }
#define ALL(bits, name) \
    show((unsigned)__builtin_pulp_sdotsp##name(a, b, sum)); \
    show(pulp_word(__builtin_pulp_max##name(a, b))); \
    show(pulp_word(__builtin_pulp_min##name(a, b))); \
    show((unsigned)__builtin_pulp_sdotusp##name(a, b, sum)); \
    show(pulp_word(__builtin_pulp_maxu##name(a, b))); \
    show(pulp_word(__builtin_pulp_minu##name(a, b))); \
    show(pulp_word(__builtin_pulp_avgu##name(a, b))); \
    LOAD(sp##name) LOAD(sup##name)
#define LOAD(name) { \
    unsigned ab[2] = {a, b}, ba[2] = {b, a}; \
    unsigned *activations = ab, *weights = ba; \
    activations = __builtin_pulp_mlinitspr_v3(0, 1, 2, 1, activations); \
    weights = __builtin_pulp_mlinitspr_v3(1, 0, 2, 1, weights); \
    show((unsigned)__builtin_pulp_mlsdot##name##_v3(1, 0, 2, 1, weights, sum)); \
    weights = __builtin_pulp_mlupdatespr_v3(weights); \
    if (weights != ba + 2) show(0xbadu); \
    (void)__builtin_pulp_mlsdot##name##_v3(0, 1, 2, 1, __builtin_pulp_mlassignspr_v3(activations), 0); \
    show((unsigned)__builtin_pulp_mlsdot##name##_v3(0, 0, 2, 1, weights, sum)); }
static void run(unsigned a, unsigned b, int sum)
{
    const v4s bytes = __builtin_pulp_pack4(a, b, sum, 7);
    ALL(8, 4) ALL(4, 8) ALL(2, 16)
    show((unsigned)__builtin_pulp_bextract(a, 4, 12));
    show(bitext_u(a, 2, 10));
    show((unsigned)__builtin_pulp_binsert(a, 0xffffff0f, b, 0xf0, 4));
    show((unsigned)__builtin_pulp_clip_r((int)a, 7));
    show((unsigned)__builtin_pulp_clipu_r((int)a, 255));
    show((unsigned)__builtin_pulp_fl1(a));
    show((unsigned)__builtin_pulp_maxsi(a, b));
    show((unsigned)__builtin_pulp_minsi(a, b));
    show(__builtin_pulp_maxusi(a, b));
    show(__builtin_pulp_minusi(a, b));
    show(pulp_word(bytes));
    show(__builtin_pulp_bextractu(b, 8, 16));
    printf("\n");
}
int main(void)
{
)";

void write(const QString& path, const std::string& text)
{
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(text.data(), qint64(text.size()));
}

} // namespace

class TestPulpBuiltins : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalNaiveReferences_data();
    void equalNaiveReferences();
};

void TestPulpBuiltins::equalNaiveReferences_data()
{
    QTest::addColumn<QString>("standard");
    for (const char* standard : {"c99", "gnu11"})
        QTest::newRow(standard) << QString(standard);
}

void TestPulpBuiltins::equalNaiveReferences()
{
    QFETCH(const QString, standard);
    const QTemporaryDir folder;
    for (const char* name : {"pmsis.h", "pulp_builtins.h", "pulp_emulation.h", "pulp_emulation.c"})
        write(folder.filePath(name), std::string(templateText(name)));
    const auto cases = randomCases(300);
    std::string program = program_head;
    for (const auto& c : cases)
        program += "    run(" + std::to_string(c.a) + "u, " + std::to_string(c.b) + "u, (int)" +
                   std::to_string(c.sum) + "u);\n";
    write(folder.filePath("probe.c"), program + "    return 0;\n}\n");
    auto command = hostCompiler();
    command.insert(command.end(), {"-std=" + standard.toStdString(), "-O1", "-Wall", "-Wextra",
                                   "-Werror", "-o", "probe", "probe.c", "pulp_emulation.c"});
    const auto built = runProcess(command, {}, {}, folder.path().toStdString());
    if (!built.started)
        QSKIP("there is no C compiler");
    QVERIFY2(built.exit_status == 0, built.output.c_str());
    const auto run = runProcess({folder.filePath("probe").toStdString()}, {});
    const auto lines = QString::fromStdString(run.output).split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), qsizetype(cases.size()));
    for (qsizetype i = 0; i < lines.size(); ++i)
        QCOMPARE(lines[i].split(' ', Qt::SkipEmptyParts), expected(cases[std::size_t(i)]));
}

QTEST_GUILESS_MAIN(TestPulpBuiltins)
#include "tst_pulp_builtins.moc"
