// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"
#include "core/base/nearest_name.h"
#include "core/base/sha256.h"
#include "core/hardware/hardware_profile.h"
#include "core/hardware/json_text.h"
#include "core/hardware/profile_fields.h"
#include "core/hardware/profile_names.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <set>

namespace bitdial {

namespace {

constexpr const char* schema_name = "bitdial.profile/1";

enum class Sign { Positive, NotNegative };

class ProfileReader {
public:
    ProfileReader(const std::string& text, const std::string& where) : m_where(where)
    {
        m_fields.text = text;
        Sha256 sha;
        sha.update(text);
        m_fields.hash = sha.hexDigest();
    }

    HardwareProfile::Fields read()
    {
        const JsonNode root = parseJsonText(m_fields.text, m_where);
        checkKeys(root, "the profile",
                  {"schema", "name", "title", "description", "clock_hz", "cores", "memory", "dma",
                   "overhead", "numerics", "sources", "fit", "kernels"},
                  {"fit"});
        if (text(root, "schema") != schema_name)
            fail(*root.find("schema"), "The schema is not " + std::string(schema_name),
                 "this program reads no other", "Update the file or the program");
        m_fields.name = text(root, "name");
        m_fields.title = text(root, "title");
        m_fields.description = text(root, "description");
        m_fields.clock_hz = figure(root, "clock_hz", "", Sign::Positive);
        m_fields.cores = count(root, "cores", "");
        if (!std::has_single_bit(unsigned(m_fields.cores)) || m_fields.cores > 256)
            fail(*root.find("cores"), "'cores' is no power of two up to 256",
                 "the kernels split work over a power of two of cores", "Write 1, 2, 4, 8 or 16");
        readMemory(*root.find("memory"));
        readDma(*root.find("dma"));
        readOverhead(root);
        readFit(root.find("fit"));
        readKernels(*root.find("kernels"));
        readSources(*root.find("sources"));
        warnImplausible(root);
        return std::move(m_fields);
    }

private:
    [[noreturn]] void failAt(int line, int column, const std::string& what, const std::string& why,
                             const std::string& next) const
    {
        throw Error(ErrorCode::BadInput, what, place(line, column), why, next);
    }

    [[noreturn]] void fail(const JsonNode& node, const std::string& what, const std::string& why,
                           const std::string& next) const
    {
        failAt(node.line, node.column, what, why, next);
    }

    std::string place(int line, int column) const
    {
        return m_where + ":" + std::to_string(line) + ":" + std::to_string(column);
    }

    void warn(const JsonNode& node, const std::string& message)
    {
        m_fields.warnings.push_back(place(node.line, node.column) + ": " + message);
    }

    void require(const JsonNode& node, JsonNode::Kind kind, const std::string& name) const
    {
        if (node.kind == kind)
            return;
        constexpr const char* names[] = {"null",   "a boolean", "a number",
                                         "a text", "a list",    "an object"};
        fail(node, "'" + name + "' must be " + names[int(kind)],
             std::string("it is ") + names[int(node.kind)], "Correct the value");
    }

    /// An object with exactly these keys; the optional ones may be absent.
    void checkKeys(const JsonNode& node, const std::string& name,
                   const std::vector<std::string>& keys,
                   const std::set<std::string>& optional = {}) const
    {
        require(node, JsonNode::Kind::Object, name);
        for (const JsonNode::Member& member : node.members)
            if (std::find(keys.begin(), keys.end(), member.key) == keys.end())
                failAt(member.line, member.column, "Unknown key '" + member.key + "'",
                       name + " has no such key", didYouMean(member.key, keys));
        for (const std::string& key : keys)
            if (node.find(key) == nullptr && !optional.contains(key))
                fail(node, "The key '" + key + "' is missing", name + " needs it",
                     "Add '" + key + "'");
    }

    std::string text(const JsonNode& parent, const std::string& key) const
    {
        const JsonNode& node = *parent.find(key);
        require(node, JsonNode::Kind::String, key);
        if (node.string.empty())
            fail(node, "'" + key + "' is empty", "it is shown to the user", "Write a text");
        return node.string;
    }

    /// A number whose origin the profile must state under `path`.
    double figure(const JsonNode& parent, const std::string& key, const std::string& path,
                  Sign sign)
    {
        const JsonNode& node = *parent.find(key);
        require(node, JsonNode::Kind::Number, key);
        if (sign == Sign::Positive ? node.number <= 0 : node.number < 0)
            fail(node,
                 "'" + key + "' must be " +
                     (sign == Sign::Positive ? "greater than 0" : "0 or greater"),
                 "the value has the wrong sign", "Correct the value");
        m_figures.emplace_back(path.empty() ? key : path + "." + key, &node);
        return node.number;
    }

    int count(const JsonNode& parent, const std::string& key, const std::string& path)
    {
        return int(wholeNumber(parent, key, path, Sign::Positive, 1 << 20));
    }

    std::int64_t wholeNumber(const JsonNode& parent, const std::string& key,
                             const std::string& path, Sign sign = Sign::Positive,
                             double limit = 1e15)
    {
        const double value = figure(parent, key, path, sign);
        if (value != std::floor(value) || value > limit)
            fail(*parent.find(key), "'" + key + "' must be a whole number within range",
                 "fractions and enormous sizes do not exist", "Correct the value");
        return std::int64_t(value);
    }

    MemoryLevel level(const JsonNode& memory, const std::string& key)
    {
        const JsonNode& node = *memory.find(key);
        const std::string path = "memory." + key;
        checkKeys(node, path, {"bytes", "reserved_bytes"});
        MemoryLevel level{wholeNumber(node, "bytes", path),
                          wholeNumber(node, "reserved_bytes", path, Sign::NotNegative)};
        if (level.usableBytes() <= 0)
            fail(node, "Nothing of '" + path + "' is usable", "reserved_bytes is not below bytes",
                 "Lower reserved_bytes");
        return level;
    }

    void readMemory(const JsonNode& memory)
    {
        checkKeys(memory, "memory", {"l1", "l2", "l3"});
        m_fields.l1 = level(memory, "l1");
        m_fields.l2 = level(memory, "l2");
        const JsonNode& l3 = *memory.find("l3");
        checkKeys(l3, "memory.l3", {"bytes", "bandwidth_bytes_per_cycle", "latency_cycles"});
        m_fields.l3.bytes = wholeNumber(l3, "bytes", "memory.l3");
        m_fields.l3.bandwidth_bytes_per_cycle =
            figure(l3, "bandwidth_bytes_per_cycle", "memory.l3", Sign::Positive);
        m_fields.l3.latency_cycles = figure(l3, "latency_cycles", "memory.l3", Sign::NotNegative);
    }

    void readDma(const JsonNode& node)
    {
        DmaModel& dma = m_fields.dma;
        checkKeys(node, "dma",
                  {"setup_cycles", "bandwidth_bytes_per_cycle", "line_min_cycles",
                   "store_burst_bytes", "store_burst_cycles", "gather_cycles_per_byte",
                   "program_cycles"});
        dma.setup_cycles = figure(node, "setup_cycles", "dma", Sign::NotNegative);
        dma.bandwidth_bytes_per_cycle =
            figure(node, "bandwidth_bytes_per_cycle", "dma", Sign::Positive);
        dma.line_min_cycles = figure(node, "line_min_cycles", "dma", Sign::NotNegative);
        dma.store_burst_bytes = figure(node, "store_burst_bytes", "dma", Sign::Positive);
        dma.store_burst_cycles = figure(node, "store_burst_cycles", "dma", Sign::NotNegative);
        dma.gather_cycles_per_byte =
            figure(node, "gather_cycles_per_byte", "dma", Sign::NotNegative);
        dma.program_cycles = figure(node, "program_cycles", "dma", Sign::NotNegative);
    }

    void readOverhead(const JsonNode& root)
    {
        const JsonNode& overhead = *root.find("overhead");
        checkKeys(overhead, "overhead", {"layer_cycles", "tile_cycles"});
        m_fields.overhead.layer_cycles =
            figure(overhead, "layer_cycles", "overhead", Sign::NotNegative);
        m_fields.overhead.tile_cycles =
            figure(overhead, "tile_cycles", "overhead", Sign::NotNegative);
        const JsonNode& numerics = *root.find("numerics");
        checkKeys(numerics, "numerics",
                  {"accumulator_bits", "requantization_bits", "rounding", "im2col_packed"});
        if (wholeNumber(numerics, "accumulator_bits", "numerics") != 32 ||
            wholeNumber(numerics, "requantization_bits", "numerics") != 32 ||
            text(numerics, "rounding") != "floor")
            fail(numerics, "These numeric rules are not supported",
                 "the integer executor computes with 32-bit accumulators, 32-bit kappa and lambda "
                 "and rounding 'floor'",
                 "Write accumulator_bits 32, requantization_bits 32 and rounding \"floor\"");
        require(*numerics.find("im2col_packed"), JsonNode::Kind::Boolean, "im2col_packed");
        m_fields.im2col_packed = numerics.find("im2col_packed")->boolean;
    }

    void readFit(const JsonNode* fit) const
    {
        if (fit == nullptr)
            return;
        require(*fit, JsonNode::Kind::Array, "fit");
        for (const JsonNode& entry : fit->items)
            checkKeys(entry, "an entry of fit",
                      {"kind", "rows", "mape", "worst", "cross_validated_mape", "source"});
    }

    void readKernels(const JsonNode& kernels)
    {
        require(kernels, JsonNode::Kind::Array, "kernels");
        if (kernels.items.empty())
            fail(kernels, "The list 'kernels' is empty", "no layer could run on this target",
                 "List the kernels that exist there");
        for (const JsonNode& node : kernels.items)
            readKernel(node);
    }

    void readKernel(const JsonNode& node)
    {
        checkKeys(node, "a kernel",
                  {"kind", "in_bits", "out_bits", "weight_bits", "cycles", "provenance", "source"});
        KernelKey key;
        const std::optional<LayerKind> kind = layerKindFromName(text(node, "kind"));
        if (!kind)
            fail(*node.find("kind"), "Unknown kernel kind '" + text(node, "kind") + "'",
                 "no layer is of that kind", didYouMean(text(node, "kind"), layerKindNames()));
        key.kind = *kind;
        const bool weighted = key.kind == LayerKind::Conv || key.kind == LayerKind::DepthwiseConv ||
                              key.kind == LayerKind::Linear;
        key.bits.in = width(node, "in_bits", {2, 4, 8});
        key.bits.weight =
            width(node, "weight_bits", weighted ? std::vector{2, 4, 8} : std::vector{0});
        key.bits.out =
            width(node, "out_bits",
                  key.kind == LayerKind::Linear ? std::vector{2, 4, 8, 32} : std::vector{2, 4, 8});
        KernelModel model;
        model.coefficients = coefficients(*node.find("cycles"), key.kind);
        model.source = text(node, "source");
        model.estimated = provenance(node) == "estimate";
        if (!m_fields.kernels.emplace(key, model).second)
            fail(node, "The kernel " + kernelName(key) + " is listed twice",
                 "one kernel has one cycle model", "Remove one of the two");
    }

    int width(const JsonNode& node, const std::string& key, const std::vector<int>& allowed) const
    {
        const JsonNode& value = *node.find(key);
        require(value, JsonNode::Kind::Number, key);
        std::string list;
        for (const int bits : allowed) {
            if (value.number == bits)
                return bits;
            list += (list.empty() ? "" : ", ") + std::to_string(bits);
        }
        fail(value, "'" + key + "' is no possible width", "a kernel of this kind has " + list,
             "Write one of them");
    }

    WorkFeatures coefficients(const JsonNode& node, LayerKind kind) const
    {
        const auto names = featureNames(kind);
        const std::vector<std::string> keys(names.begin(), names.end());
        checkKeys(node, "cycles of a " + std::string(layerKindName(kind)) + " kernel", keys,
                  {keys.begin(), keys.end()});
        WorkFeatures result{};
        double sum = 0;
        for (std::size_t i = 0; i < keys.size(); ++i)
            if (const JsonNode* value = node.find(keys[i])) {
                require(*value, JsonNode::Kind::Number, keys[i]);
                if (value->number < 0)
                    fail(*value, "'" + keys[i] + "' must be 0 or greater",
                         "the value has the wrong sign", "Correct the value");
                result[i] = value->number;
                sum += value->number;
            }
        if (sum <= 0)
            fail(node, "This kernel costs no cycles", "every coefficient is 0 or absent",
                 "Give its cycles, or fit them to measurements");
        return result;
    }

    std::string provenance(const JsonNode& node) const
    {
        std::string word = text(node, "provenance");
        const std::vector<std::string> words = {"measured", "published", "derived", "estimate"};
        if (std::find(words.begin(), words.end(), word) == words.end())
            fail(*node.find("provenance"), "Unknown provenance '" + word + "'",
                 "a figure is measured, published, derived or an estimate",
                 didYouMean(word, words));
        return word;
    }

    /// Every figure needs a source; an entry covers the figure or the group that it names.
    void readSources(const JsonNode& sources)
    {
        require(sources, JsonNode::Kind::Object, "sources");
        const auto covers = [](const std::string& key, const std::string& figure) {
            return figure == key || figure.starts_with(key + ".");
        };
        std::vector<std::string> figures;
        for (const auto& [path, node] : m_figures)
            figures.push_back(path);
        for (const JsonNode::Member& member : sources.members) {
            checkKeys(member.value, "a source", {"provenance", "source"});
            if (std::none_of(figures.begin(), figures.end(),
                             [&](const auto& path) { return covers(member.key, path); }))
                failAt(member.line, member.column, "Unknown key '" + member.key + "'",
                       "the profile has no such figure", didYouMean(member.key, figures));
            const std::string origin = text(member.value, "source");
            if (provenance(member.value) == "estimate")
                m_fields.estimates.push_back(member.key + ": " + origin);
        }
        for (const auto& figure : m_figures) {
            // Of the entries that cover a figure the longest name is the closest.
            const JsonNode::Member* source = nullptr;
            for (const JsonNode::Member& member : sources.members)
                if (covers(member.key, figure.first) &&
                    (source == nullptr || member.key.size() > source->key.size()))
                    source = &member;
            if (source == nullptr)
                fail(*figure.second, "The figure '" + figure.first + "' has no source",
                     "every figure must say where it comes from",
                     "Add '" + figure.first + "' to 'sources'");
            if (provenance(source->value) == "estimate")
                markEstimated(figure.first);
        }
        listEstimatedKernels();
    }

    /// Figures that enter a layer's cycles; L3's size does not.
    void markEstimated(const std::string& figure)
    {
        m_fields.l3.estimated |= figure.starts_with("memory.l3.") && figure != "memory.l3.bytes";
        m_fields.dma.estimated |= figure.starts_with("dma.");
        m_fields.overhead.estimated |= figure.starts_with("overhead.");
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
    /// figures that nobody measured are doubted.
    void warnSlowNarrow(const JsonNode& root)
    {
        const JsonNode& kernels = *root.find("kernels");
        const KernelWork conv{LayerKind::Conv, {}, 32, 16, 16, 32, 16, 16, 3, 3, {1, 1, 1, 1}};
        const KernelWork linear{LayerKind::Linear, {}, 512, 1, 1, 64, 1, 1, 1, 1, {}};
        for (const JsonNode& node : kernels.items) {
            const LayerKind kind = *layerKindFromName(node.find("kind")->string);
            const LayerBits bits{int(node.find("in_bits")->number),
                                 int(node.find("weight_bits")->number),
                                 int(node.find("out_bits")->number)};
            const auto wide = m_fields.kernels.find({kind, {8, 8, 8}});
            if ((kind != LayerKind::Conv && kind != LayerKind::Linear) || bits.in != 2 ||
                bits.weight != 2 || wide == m_fields.kernels.end() ||
                node.find("provenance")->string == "measured")
                continue;
            KernelWork work = kind == LayerKind::Conv ? conv : linear;
            work.bits = bits;
            const KernelModel& narrow = m_fields.kernels.at({kind, bits});
            if (kernelCycles(narrow, work, m_fields.cores) >
                kernelCycles(wide->second, work, m_fields.cores))
                warn(node, "the kernel " + kernelName({kind, bits}) +
                               " is slower than the one with 8 bits, and nobody measured it");
        }
    }

    std::string m_where;
    HardwareProfile::Fields m_fields;
    std::vector<std::pair<std::string, const JsonNode*>> m_figures;
};

} // namespace

std::shared_ptr<const HardwareProfile> parseProfile(const std::string& text,
                                                    const std::string& where)
{
    return std::make_shared<const HardwareProfile>(ProfileReader(text, where).read());
}

} // namespace bitdial
