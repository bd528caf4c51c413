// SPDX-License-Identifier: Apache-2.0
#include "core/base/nearest_name.h"
#include "core/base/sha256.h"
#include "core/base/shown_name.h"
#include "core/hardware/profile/checks.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/hardware_profile.h"
#include "core/hardware/profile/kernel_reader.h"
#include "core/hardware/profile/names.h"
#include "core/hardware/profile/sections.h"

#include <algorithm>
#include <bit>

namespace bitdial {

namespace {

constexpr const char* schema_name = "bitdial.profile/1";

class ProfileReader {
public:
    ProfileReader(const std::string& text, const std::string& where)
        : m_where(where), m_checks(where)
    {
        m_fields.text = text;
        Sha256 sha;
        sha.update(text);
        m_fields.hash = sha.hexDigest();
    }

    HardwareProfile::Fields read()
    {
        const JsonNode root = parseJsonText(m_fields.text, m_where);
        m_checks.checkKeys(root, "the profile",
                           {"schema", "name", "title", "description", "clock_hz", "cores", "memory",
                            "dma", "overhead", "numerics", "power", "sources", "fit", "kernels",
                            "measured", "measured_with"},
                           {"power", "fit", "measured", "measured_with"});
        if (m_checks.text(root, "schema") != schema_name)
            m_checks.fail(*root.find("schema"), "The schema is not " + std::string(schema_name),
                          "this program reads no other", "Update the file or the program");
        readHead(root);
        readMemory(*root.find("memory"));
        readDma(*root.find("dma"));
        readOverhead(*root.find("overhead"));
        readNumerics(*root.find("numerics"));
        readFit(root.find("fit"));
        readMeasuredWith(root.find("measured_with"));
        m_fields.kernels = readKernels(*root.find("kernels"), m_checks);
        if (const JsonNode* power = root.find("power"))
            m_fields.power = readPower(*power, m_checks);
        if (const JsonNode* measured = root.find("measured"))
            m_fields.measured = readMeasured(*measured, m_checks);
        readSources(*root.find("sources"));
        warnImplausible(root);
        return std::move(m_fields);
    }

private:
    void warn(const JsonNode& node, const std::string& message)
    {
        m_fields.warnings.push_back(m_checks.place(node.line, node.column) + ": " + message);
    }

    void readHead(const JsonNode& root)
    {
        m_fields.name = m_checks.text(root, "name");
        m_fields.title = m_checks.text(root, "title");
        m_fields.description = m_checks.text(root, "description");
        m_fields.clock_hz = m_checks.figure(root, "clock_hz", "", Sign::Positive);
        m_fields.cores = int(m_checks.wholeFigure(root, "cores", "", Sign::Positive, most_counted));
        if (!std::has_single_bit(unsigned(m_fields.cores)) || m_fields.cores > 256)
            m_checks.fail(*root.find("cores"), "'cores' is no power of two up to 256",
                          "the kernels split work over a power of two of cores",
                          "Write 1, 2, 4, 8, 16, ... 256");
    }

    MemoryLevel level(const JsonNode& memory, const std::string& key)
    {
        const JsonNode& node = *memory.find(key);
        const std::string path = "memory." + key;
        m_checks.checkKeys(node, path, {"bytes", "reserved_bytes"});
        MemoryLevel level{m_checks.wholeFigure(node, "bytes", path),
                          m_checks.wholeFigure(node, "reserved_bytes", path, Sign::NotNegative)};
        if (level.usableBytes() <= 0)
            m_checks.fail(node, "Nothing of '" + path + "' is usable",
                          "reserved_bytes is not below bytes", "Lower reserved_bytes");
        return level;
    }

    void readMemory(const JsonNode& memory)
    {
        m_checks.checkKeys(memory, "memory", {"l1", "l2", "l3"});
        m_fields.l1 = level(memory, "l1");
        m_fields.l2 = level(memory, "l2");
        const JsonNode& l3 = *memory.find("l3");
        m_checks.checkKeys(l3, "memory.l3",
                           {"bytes", "bandwidth_bytes_per_cycle", "latency_cycles",
                            "write_bandwidth_bytes_per_cycle", "line_cycles", "program_cycles"},
                           {"write_bandwidth_bytes_per_cycle", "line_cycles", "program_cycles"});
        m_fields.l3.bytes = m_checks.wholeFigure(l3, "bytes", "memory.l3");
        m_fields.l3.bandwidth_bytes_per_cycle =
            m_checks.figure(l3, "bandwidth_bytes_per_cycle", "memory.l3", Sign::Positive);
        m_fields.l3.latency_cycles =
            m_checks.figure(l3, "latency_cycles", "memory.l3", Sign::NotNegative);
        m_fields.l3.write_bandwidth_bytes_per_cycle = m_fields.l3.bandwidth_bytes_per_cycle;
        const auto optional = [&](const char* key, Sign sign, double& value) {
            if (l3.find(key) != nullptr)
                value = m_checks.figure(l3, key, "memory.l3", sign);
        };
        optional("write_bandwidth_bytes_per_cycle", Sign::Positive,
                 m_fields.l3.write_bandwidth_bytes_per_cycle);
        optional("line_cycles", Sign::NotNegative, m_fields.l3.line_cycles);
        optional("program_cycles", Sign::NotNegative, m_fields.l3.program_cycles);
    }

    void readDma(const JsonNode& node)
    {
        DmaModel& dma = m_fields.dma;
        m_checks.checkKeys(
            node, "dma",
            {"setup_cycles", "bandwidth_bytes_per_cycle", "line_min_cycles", "store_burst_bytes",
             "store_burst_cycles", "program_cycles", "multi_line_cycles", "poll_cycles",
             "poll_offset_cycles", "gather_cycles_per_byte"},
            {"multi_line_cycles", "poll_cycles", "poll_offset_cycles",
             // Projects keep older profiles, whose depthwise inputs the DMA gathered.
             "gather_cycles_per_byte"});
        const auto figure = [&](const char* key, Sign sign) {
            return m_checks.figure(node, key, "dma", sign);
        };
        dma.setup_cycles = figure("setup_cycles", Sign::NotNegative);
        dma.bandwidth_bytes_per_cycle = figure("bandwidth_bytes_per_cycle", Sign::Positive);
        dma.line_min_cycles = figure("line_min_cycles", Sign::NotNegative);
        dma.store_burst_bytes = figure("store_burst_bytes", Sign::Positive);
        dma.store_burst_cycles = figure("store_burst_cycles", Sign::NotNegative);
        dma.program_cycles = figure("program_cycles", Sign::NotNegative);
        const auto optional = [&](const char* key, double& value) {
            if (node.find(key) != nullptr)
                value = figure(key, Sign::NotNegative);
        };
        optional("multi_line_cycles", dma.multi_line_cycles);
        optional("poll_cycles", dma.poll_cycles);
        optional("poll_offset_cycles", dma.poll_offset_cycles);
        if (dma.poll_offset_cycles > 0 && dma.poll_cycles <= 0)
            m_checks.fail(*node.find("poll_offset_cycles"),
                          "'poll_offset_cycles' has no meaning here",
                          "nothing polls without 'poll_cycles'", "Add 'poll_cycles' or remove it");
    }

    void readOverhead(const JsonNode& overhead)
    {
        m_checks.checkKeys(overhead, "overhead",
                           {"layer_cycles", "tile_cycles", "kernel_fraction", "spread_cycles",
                            "spread_line_cycles", "spread_byte_cycles", "spread_word_byte_cycles"},
                           {"kernel_fraction", "spread_cycles", "spread_line_cycles",
                            "spread_byte_cycles", "spread_word_byte_cycles"});
        const auto read = [&](const char* key, double& value) {
            value = m_checks.figure(overhead, key, "overhead", Sign::NotNegative);
        };
        const auto optional = [&](const char* key, double& value) {
            if (overhead.find(key) != nullptr)
                read(key, value);
        };
        read("layer_cycles", m_fields.overhead.layer_cycles);
        read("tile_cycles", m_fields.overhead.tile_cycles);
        optional("kernel_fraction", m_fields.overhead.kernel_fraction);
        optional("spread_cycles", m_fields.overhead.spread_cycles);
        optional("spread_line_cycles", m_fields.overhead.spread_line_cycles);
        optional("spread_byte_cycles", m_fields.overhead.spread_byte_cycles);
        optional("spread_word_byte_cycles", m_fields.overhead.spread_word_byte_cycles);
    }

    void readNumerics(const JsonNode& numerics)
    {
        m_checks.checkKeys(
            numerics, "numerics",
            {"accumulator_bits", "requantization_bits", "rounding", "im2col_packed", "dialect"},
            {"dialect"});
        if (m_checks.wholeFigure(numerics, "accumulator_bits", "numerics") != 32 ||
            m_checks.wholeFigure(numerics, "requantization_bits", "numerics") != 32 ||
            m_checks.text(numerics, "rounding") != "floor")
            m_checks.fail(
                numerics, "These numeric rules are not supported",
                "the integer executor computes with 32-bit accumulators, 32-bit kappa and lambda "
                "and rounding 'floor'",
                "Write accumulator_bits 32, requantization_bits 32 and rounding \"floor\"");
        m_checks.require(*numerics.find("im2col_packed"), JsonNode::Kind::Boolean, "im2col_packed");
        m_fields.im2col_packed = numerics.find("im2col_packed")->boolean;
        if (numerics.find("dialect") != nullptr &&
            m_checks.word(numerics, "dialect", {"pulp-nn", "plain"}) == "plain")
            m_fields.dialect = KernelDialect::Plain;
    }

    void readFit(const JsonNode* fit) const
    {
        if (fit == nullptr)
            return;
        m_checks.require(*fit, JsonNode::Kind::Array, "fit");
        for (const JsonNode& entry : fit->items)
            m_checks.checkKeys(
                entry, "an entry of fit",
                {"kind", "rows", "mape", "worst", "cross_validated_mape",
                 "cross_validated_percentile95", "cross_validated_kendall_tau", "source"},
                {"cross_validated_percentile95", "cross_validated_kendall_tau"}); // older files
    }

    void readMeasuredWith(const JsonNode* node)
    {
        if (node == nullptr)
            return;
        m_checks.checkKeys(*node, "measured_with", {"simulator", "compiler", "hardware_loops"});
        const JsonNode& loops = *node->find("hardware_loops");
        m_checks.require(loops, JsonNode::Kind::Boolean, "measured_with.hardware_loops");
        m_fields.measured_with =
            MeasuredWith{m_checks.text(*node, "simulator"),
                         m_checks.word(*node, "compiler", {"clang", "gcc"}), loops.boolean};
    }

    static bool covers(const std::string& key, const std::string& figure)
    {
        return figure == key || figure.starts_with(key + ".");
    }

    /// Every figure needs a source; an entry covers the figure or the group that it names.
    void readSources(const JsonNode& sources)
    {
        m_checks.require(sources, JsonNode::Kind::Object, "sources");
        std::vector<std::string> figures;
        for (const auto& [path, node] : m_checks.figures())
            figures.push_back(path);
        for (const JsonNode::Member& member : sources.members) {
            m_checks.checkKeys(member.value, "a source", {"provenance", "source"});
            if (std::none_of(figures.begin(), figures.end(),
                             [&](const auto& path) { return covers(member.key, path); })) {
                const std::string shown = shownName(member.key);
                m_checks.failAt(member.line, member.column, "Unknown key '" + shown + "'",
                                "the profile has no such figure", didYouMean(shown, figures));
            }
            const std::string origin = m_checks.text(member.value, "source");
            if (m_checks.provenance(member.value) == "unverified")
                m_fields.estimates.push_back(member.key + ": " + origin);
        }
        for (const auto& [path, node] : m_checks.figures())
            findSource(sources, path, *node);
        listEstimatedKernels();
    }

    void findSource(const JsonNode& sources, const std::string& figure, const JsonNode& node)
    {
        // Of the entries that cover a figure the longest name is the closest.
        const JsonNode::Member* source = nullptr;
        for (const JsonNode::Member& member : sources.members)
            if (covers(member.key, figure) &&
                (source == nullptr || member.key.size() > source->key.size()))
                source = &member;
        if (source == nullptr)
            m_checks.fail(node, "The figure '" + figure + "' has no source",
                          "every figure must say where it comes from",
                          "Add '" + figure + "' to 'sources'");
        if (m_checks.provenance(source->value) == "unverified")
            markEstimated(figure);
    }

    /// Figures that enter a layer's cycles or energy; L3's size does not.
    void markEstimated(const std::string& figure)
    {
        m_fields.l3.estimated |= figure.starts_with("memory.l3.") && figure != "memory.l3.bytes";
        m_fields.dma.estimated |= figure.starts_with("dma.");
        m_fields.overhead.estimated |= figure.starts_with("overhead.");
        m_fields.machine_estimated |= figure == "clock_hz" || figure == "cores" ||
                                      figure.starts_with("memory.l1") ||
                                      figure.starts_with("memory.l2");
        if (m_fields.power)
            m_fields.power->estimated |= figure.starts_with("power.");
    }

    void listEstimatedKernels()
    {
        std::map<std::pair<LayerKind, std::string>, int> counts;
        for (const auto& [key, model] : m_fields.kernels)
            if (model.estimated)
                ++counts[{key.kind, model.source}];
        for (const auto& [what, count] : counts)
            m_fields.estimates.push_back(std::string(layerKindName(what.first)) + " kernels (" +
                                         std::to_string(count) + "): " + what.second);
    }

    void warnImplausible(const JsonNode& root)
    {
        if (m_fields.clock_hz < 1e6)
            warn(*root.find("clock_hz"), "a clock below 1 MHz; clock_hz is in hertz");
        if (m_fields.clock_hz > 1e11)
            warn(*root.find("clock_hz"), "a clock above 100 GHz; clock_hz is in hertz");
        const JsonNode& memory = *root.find("memory");
        if (m_fields.l1.bytes > m_fields.l2.bytes)
            warn(*memory.find("l1"), "L1 is larger than L2");
        if (m_fields.l2.bytes > m_fields.l3.bytes)
            warn(*memory.find("l2"), "L2 is larger than L3");
        if (m_fields.l3.bandwidth_bytes_per_cycle > m_fields.dma.bandwidth_bytes_per_cycle)
            warn(*memory.find("l3"), "L3 is faster than the DMA between L2 and L1");
        warnSlowNarrow(root);
    }

    /// Narrow kernels slower than 8-bit ones are real where sub-byte operands are unpacked, so only
    /// figures without any ground are doubted.
    void warnSlowNarrow(const JsonNode& root)
    {
        const KernelWork conv{LayerKind::Conv, {}, 32, 16, 16, 32, 16, 16, 3, 3, {1, 1, 1, 1}};
        const KernelWork linear{LayerKind::Linear, {}, 512, 1, 1, 64, 1, 1, 1, 1, {}};
        for (const JsonNode& node : root.find("kernels")->items) {
            const KernelKey key = readKernelKey(node, m_checks);
            const auto wide = m_fields.kernels.find({key.kind, {8, 8, 8}});
            if ((key.kind != LayerKind::Conv && key.kind != LayerKind::Linear) ||
                key.bits.in != 2 || key.bits.weight != 2 || wide == m_fields.kernels.end() ||
                !m_fields.kernels.at(key).estimated)
                continue;
            KernelWork work = key.kind == LayerKind::Conv ? conv : linear;
            work.bits = key.bits;
            if (kernelCycles(m_fields.kernels.at(key), work, m_fields.cores) >
                kernelCycles(wide->second, work, m_fields.cores))
                warn(node, "the kernel " + kernelName(key) +
                               " is slower than the one with 8 bits, and unverified");
        }
    }

    static constexpr double most_counted = 1 << 20;
    std::string m_where;
    ProfileChecks m_checks;
    HardwareProfile::Fields m_fields;
};

} // namespace

std::shared_ptr<const HardwareProfile> parseProfile(const std::string& text,
                                                    const std::string& where)
{
    return std::make_shared<const HardwareProfile>(ProfileReader(text, where).read());
}

} // namespace bitdial
