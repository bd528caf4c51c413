// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/model/tile_cost.h"
#include "core/hardware/model/tiler.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/kernel_dialect.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <random>

using namespace bitdial;

namespace {

using Fields = HardwareProfile::Fields;

/// A layer with everything that its tiling depends on.
struct Case {
    KernelWork work;
    Strides strides;
    ExternalData external;
};

Case randomCase(std::mt19937& random)
{
    const auto pick = [&](int from, int to) {
        return from + int(random() % unsigned(to - from + 1));
    };
    constexpr int widths[] = {2, 4, 8};
    constexpr LayerKind kinds[] = {LayerKind::Conv, LayerKind::Conv, LayerKind::DepthwiseConv,
                                   LayerKind::Linear, LayerKind::Add};
    Case one;
    KernelWork& work = one.work;
    work.kind = kinds[pick(0, 4)];
    work.bits = {widths[pick(0, 2)], widths[pick(0, 2)], widths[pick(0, 2)]};
    work.in_channels = 8 * pick(1, 30);
    work.out_channels = 8 * pick(1, 30);
    if (work.kind == LayerKind::Linear) {
        work.bits.out = 32;
    } else {
        const bool conv = work.kind != LayerKind::Add;
        work.kernel_height = work.kernel_width = conv ? 1 + 2 * pick(0, 1) : 1;
        one.strides.y = one.strides.x = conv ? pick(1, 2) : 1;
        const int pad = work.kernel_height / 2;
        work.padding = {pad, pad, pad, pad};
        work.in_height = pick(work.kernel_height, 40);
        work.in_width = pick(work.kernel_width, 40);
        work.out_height = (work.in_height + 2 * pad - work.kernel_height) / one.strides.y + 1;
        work.out_width = (work.in_width + 2 * pad - work.kernel_width) / one.strides.x + 1;
    }
    if (work.kind == LayerKind::Add)
        work.bits.weight = 0;
    if (work.kind == LayerKind::Add || work.kind == LayerKind::DepthwiseConv)
        work.in_channels = work.out_channels;
    one.external = {work.bits.weight != 0 && pick(0, 1) == 1, pick(0, 1), pick(0, 1) == 1};
    return one;
}

/// One part of a dimension: [begin, end) of the output, and of the input inside the map.
struct Part {
    int begin = 0;
    int end = 0;
    int in_begin = 0;
    int in_end = 0;
};

std::vector<Part> parts(int length, int size, int in_length, int kernel, int stride, int pad)
{
    std::vector<Part> found;
    for (int begin = 0; begin < length; begin += size) {
        const int end = std::min(length, begin + size);
        const int in_begin = std::max(0, begin * stride - pad);
        const int in_end = std::min(in_length, (end - 1) * stride - pad + kernel);
        found.push_back({begin, end, in_begin, std::max(in_begin + 1, in_end)});
    }
    return found;
}

double roundedBytes(double elements, int bits)
{
    return std::ceil(elements * bits / 8);
}

/// The latency of a tiling by walking all its tiles one by one, in loop order.
class Walk {
public:
    Walk(const Case& what, const KernelModel& kernel, const Fields& profile, const Tiling& tiling)
        : m_case(what), m_work(what.work), m_kernel(kernel), m_profile(profile), m_tiling(tiling)
    {
    }

    double latency()
    {
        const auto rows = parts(m_work.out_height, m_tiling.rows, m_work.in_height,
                                m_work.kernel_height, m_case.strides.y, m_work.padding.top);
        const auto columns = parts(m_work.out_width, m_tiling.columns, m_work.in_width,
                                   m_work.kernel_width, m_case.strides.x, m_work.padding.left);
        const auto channels = parts(m_work.out_channels, m_tiling.channels, 1, 1, 1, 0);
        const std::size_t map = rows.size() * columns.size();
        const std::size_t all = map * channels.size();
        double sum = m_profile.overhead.layer_cycles;
        std::size_t last_map = all;
        std::size_t last_channel = all;
        for (std::size_t i = 0; i < all; ++i) {
            const std::size_t m = m_tiling.map_outer ? i / channels.size() : i % map;
            const std::size_t c = m_tiling.map_outer ? i % channels.size() : i / map;
            const bool new_input = channelWise() || m != last_map;
            const bool new_weights = m_work.bits.weight != 0 && c != last_channel;
            sum += tile(rows[m / columns.size()], columns[m % columns.size()], channels[c],
                        new_input, new_weights, i == 0, i + 1 == all);
            last_map = m;
            last_channel = c;
        }
        return sum;
    }

private:
    bool channelWise() const
    {
        return m_work.kind == LayerKind::DepthwiseConv || m_work.bits.weight == 0;
    }

    double tile(const Part& row, const Part& column, const Part& channel, bool new_input,
                bool new_weights, bool first, bool last)
    {
        KernelWork call = m_work;
        call.out_channels = channel.end - channel.begin;
        call.in_channels = channelWise() ? call.out_channels : m_work.in_channels;
        call.out_height = row.end - row.begin;
        call.out_width = column.end - column.begin;
        call.in_height = row.in_end - row.in_begin;
        call.in_width = column.in_end - column.in_begin;
        call.padding = {row.begin == 0 ? m_work.padding.top : 0,
                        column.begin == 0 ? m_work.padding.left : 0,
                        row.end == m_work.out_height ? m_work.padding.bottom : 0,
                        column.end == m_work.out_width ? m_work.padding.right : 0};
        double load = 0;
        double l3_load = 0;
        m_programs = 0;
        if (new_input)
            addInput(call, load, l3_load);
        if (new_weights)
            addWeights(call, load, l3_load);
        const bool all_channels = call.out_channels == m_work.out_channels;
        const double bytes = roundedBytes(
            double(call.out_height) * call.out_width * call.out_channels, m_work.bits.out);
        const double lines = !all_channels ? double(call.out_height) * call.out_width
                             : call.out_width == m_work.out_width ? 1
                                                                  : call.out_height;
        const double store = dmaCycles(m_profile.dma, bytes / lines, lines, true);
        const int stores = all_channels || call.out_width == m_work.out_width ? 1 : call.out_height;
        addProgram(stores, m_case.external.output ? stores : 0);
        const double l3_store =
            m_case.external.output
                ? l3(bytes, lines, m_profile.l3.write_bandwidth_bytes_per_cycle, stores)
                : 0;
        const double compute = kernelCycles(m_kernel, call, m_profile.cores);
        const double program = m_profile.overhead.tile_cycles + m_programs + spread(call, column) +
                               compute * m_profile.overhead.kernel_fraction;
        if (!m_tiling.double_buffered)
            return program + load + l3_load + compute + store + l3_store;
        const double late = waits(compute, load, l3_load);
        const double ends = (first ? load + l3_load : 0) + (last ? store + l3_store : 0);
        const double hidden = (first ? 0 : load) + (last ? 0 : store);
        const double hidden_l3 = (first ? 0 : l3_load) + (last ? 0 : l3_store);
        return program + ends + late + std::max({compute, hidden, hidden_l3});
    }

    /// With L3, the second tile's load waits for the first tile's kernel, and the third one's fetch
    /// may find only part of a kernel to hide behind.
    double waits(double compute, double load, double l3_load)
    {
        const int number = m_number++;
        if (number == 0) {
            m_first_kernel = compute;
            m_first_load = load;
        }
        if (number != 1 || !m_case.external.any())
            return 0;
        if (m_tiling.tiles < 3)
            return load;
        const bool only_parameters = m_case.external.inputs == 0 && m_parameter_bytes <= 32768;
        const double free = m_first_kernel - m_first_load;
        const double exposed = only_parameters
                                   ? std::min(free, 2 * l3_load - m_first_kernel - m_first_load)
                                   : std::min(free, l3_load);
        return load + std::max(0.0, exposed - load);
    }

    void addProgram(int commands, int requests)
    {
        m_programs += commands * m_profile.dma.program_cycles;
        m_programs += requests * m_profile.l3.program_cycles;
    }

    void addInput(const KernelWork& call, double& load, double& l3_load)
    {
        const int operands = m_work.kind == LayerKind::Add ? 2 : 1;
        const double pixels = double(call.in_height) * call.in_width;
        const double bytes = roundedBytes(pixels * call.in_channels, m_work.bits.in);
        const bool all_channels = call.in_channels == m_work.in_channels;
        const bool all_columns = call.in_width == m_work.in_width;
        const double lines = !all_channels ? pixels : all_columns ? 1 : call.in_height;
        load += operands * dmaCycles(m_profile.dma, bytes / lines, lines, false);
        const int commands = all_channels || all_columns ? 1 : call.in_height;
        addProgram(operands * commands, m_case.external.inputs * commands);
        if (m_case.external.inputs > 0)
            l3_load += m_case.external.inputs *
                       l3(bytes, lines, m_profile.l3.bandwidth_bytes_per_cycle, commands);
    }

    void addWeights(const KernelWork& call, double& load, double& l3_load)
    {
        const double taps = double(call.kernel_height) * call.kernel_width;
        const double filter =
            taps * (m_work.kind == LayerKind::DepthwiseConv ? 1 : call.in_channels);
        const double words = std::ceil(filter * call.out_channels * m_work.bits.weight / 32);
        const double bytes = 4 * words + (m_work.bits.out == 32 ? 4.0 : 8.0) * call.out_channels;
        load += dmaCycles(m_profile.dma, bytes, 1, false);
        addProgram(1, m_case.external.weights ? int(std::ceil(bytes / 32768)) : 0);
        if (m_case.external.weights)
            l3_load += l3(bytes, 1, m_profile.l3.bandwidth_bytes_per_cycle, 1);
        m_parameter_bytes = bytes;
    }

    /// As the exported program's cores share the work: what the busiest one does.
    double spread(const KernelWork& call, const Part& column) const
    {
        if (m_work.kind != LayerKind::DepthwiseConv)
            return 0;
        const int pixel = int(roundedBytes(call.in_channels, m_work.bits.in));
        const int cores = m_profile.cores;
        const bool moved = m_tiling.stored_columns && m_work.padding.left > 0 && column.begin == 0;
        const bool words = pixel % 4 == 0 && !moved;
        int parts = 1;
        while (words && parts < cores && pixel / 4 * parts % cores != 0)
            parts *= 2;
        const int units = words ? pixel / 4 : pixel;
        std::vector<int> lines(std::size_t(cores), 0);
        for (int unit = 0; unit < units * parts; ++unit)
            lines[std::size_t(unit % cores)] += (call.in_height + parts - 1) / parts;
        const double most = std::ranges::max(lines);
        // With a stored border all tiles have the largest window.
        const int columns =
            m_tiling.stored_columns
                ? (std::min(m_tiling.columns, m_work.out_width) - 1) * m_case.strides.x +
                      m_work.kernel_width
                : column.in_end - column.in_begin;
        const Overheads& overhead = m_profile.overhead;
        return overhead.spread_cycles + most * overhead.spread_line_cycles +
               most * columns * (words ? 4 : 1) *
                   (words ? overhead.spread_word_byte_cycles : overhead.spread_byte_cycles);
    }

    double l3(double bytes, double lines, double bandwidth, int requests) const
    {
        return requests * m_profile.l3.latency_cycles + bytes / bandwidth +
               (lines > 1 ? lines * m_profile.l3.line_cycles : 0);
    }

    const Case& m_case;
    const KernelWork& m_work;
    const KernelModel& m_kernel;
    const Fields& m_profile;
    const Tiling& m_tiling;
    double m_programs = 0; ///< cycles
    int m_number = 0;      ///< of the tile
    double m_first_kernel = 0;
    double m_first_load = 0;
    double m_parameter_bytes = 0; ///< of the last tile that needed some
};

/// The least latency of all cuts that fit, none left out.
std::optional<double> exhaustive(const TilingProblem& problem)
{
    std::optional<double> best;
    const auto row_cuts = rowCuts(problem.work, problem.strides, problem.profile.cores);
    const auto column_cuts = columnCuts(problem.work, problem.strides, problem.profile.dialect);
    TileCost cost(problem, row_cuts.front(), column_cuts.front());
    for (const DimensionCut& rows : row_cuts)
        for (const DimensionCut& columns : column_cuts) {
            cost.setMap(rows, columns);
            for (const DimensionCut& channels :
                 channelCuts(problem.work, problem.profile.cores, problem.profile.dialect)) {
                cost.setChannels(channels);
                for (const bool two : {false, true})
                    for (const bool outer : {false, true})
                        if (cost.fits(two)) {
                            const double latency = cost.tiling(two, outer).latency_cycles;
                            best = best ? std::min(*best, latency) : latency;
                        }
            }
        }
    return best;
}

} // namespace

class TestTiler : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void neuronsStayInGroups();
    void isTheBest_data() { profiles(); }
    void isTheBest();
    void measuredCallIsOneTile();
    void nothingFits();

private:
    static void profiles()
    {
        QTest::addColumn<QString>("profile");
        for (const char* name : {"pulp-open-xpulpv2", "pulp-open-xpulpnn", "marsellus", "rv32imc"})
            QTest::newRow(name) << name;
    }
};

/// Against every cut, and its account against a walk over all tiles.
void TestTiler::isTheBest()
{
    QFETCH(QString, profile);
    const auto target = openProfile(profile.toStdString());
    const Fields& fields = target->fields();
    std::mt19937 random(4);
    int found = 0;
    for (int round = 0; round < 150; ++round) {
        const Case one = randomCase(random);
        const auto kernel = fields.kernels.find({one.work.kind, one.work.bits});
        if (kernel == fields.kernels.end())
            continue;
        const TilingProblem problem{one.work, one.strides, kernel->second, fields, one.external};
        const auto tiling = bestTiling(problem);
        const auto best = exhaustive(problem);
        QCOMPARE(tiling.has_value(), best.has_value());
        if (!tiling)
            continue;
        ++found;
        QVERIFY(std::abs(tiling->latency_cycles / *best - 1) < 1e-9);
        QVERIFY(tiling->l1.bytes() <= fields.l1.usableBytes());
        if (fields.dialect == KernelDialect::PulpNn) {
            const double walked = Walk(one, kernel->second, fields, *tiling).latency();
            QVERIFY(std::abs(tiling->latency_cycles / walked - 1) < 1e-9);
        }
    }
    QVERIFY(found > 75);
}

void TestTiler::measuredCallIsOneTile()
{
    const auto target = openProfile("pulp-open-xpulpv2");
    const KernelWork work{LayerKind::Conv, {8, 8, 8}, 16, 16, 16, 16, 16, 16, 1, 1, {}};
    const KernelModel& kernel = target->fields().kernels.at({work.kind, work.bits});
    const auto tiling = bestTiling({work, {}, kernel, target->fields(), {}, 12345.0});
    QVERIFY(tiling.has_value());
    QCOMPARE(tiling->tiles, 1);
    QCOMPARE(tiling->compute_cycles, 12345.0);
    QCOMPARE(tiling->latency_cycles, 12345.0 + tiling->transfer_cycles + tiling->overhead_cycles);
    QCOMPARE(tiling->moved_bytes, 16 * 16 * 16 * 2 + 16 * 16 + 16 * 8);
}

void TestTiler::nothingFits()
{
    const auto target = openProfile("pulp-open-xpulpv2");
    const KernelWork work{LayerKind::Conv, {8, 8, 8}, 8192, 8, 8, 8, 8, 8, 1, 1, {}};
    const KernelModel& kernel = target->fields().kernels.at({work.kind, work.bits});
    QVERIFY(!bestTiling({work, {}, kernel, target->fields(), {}}).has_value());
}

/// The linear kernels with 2-bit results leave neurons out unless each core gets a multiple of 4.
void TestTiler::neuronsStayInGroups()
{
    constexpr int cores = 8;
    for (const int neurons : {1, 10, 48, 100, 1000}) {
        KernelWork work;
        work.kind = LayerKind::Linear;
        work.bits = {4, 2, 2};
        work.in_channels = 64;
        work.out_channels = paddedLinearOutputs(neurons, work.bits, cores);
        QVERIFY(work.out_channels >= neurons);
        for (const DimensionCut& cut : channelCuts(work, cores, KernelDialect::PulpNn))
            for (const TileClass& part : cut.classes())
                QCOMPARE(part.size % (4 * cores), 0);
    }
}

QTEST_GUILESS_MAIN(TestTiler)
#include "tst_tiler.moc"
