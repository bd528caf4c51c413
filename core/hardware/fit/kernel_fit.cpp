// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/fit/kernel_fit.h"

#include "core/hardware/fit/nnls.h"
#include "core/quantization/widths.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>

namespace bitdial {

namespace {

/// Four significant digits: far below the error of the fit, and readable in the file.
double fourDigits(double value)
{
    const double decimals = value > 1e-6 ? 3 - std::floor(std::log10(value)) : 0;
    const double power = std::pow(10.0, std::abs(decimals));
    return decimals >= 0 ? std::round(value * power) / power : std::round(value / power) * power;
}

/// The widths that a convolution's coefficient depends on; the others are 0.
LayerBits sharedWidths(std::string_view feature, LayerBits bits, InnerLoop inner_loop)
{
    const int matmul_in = inner_loop == InnerLoop::PerInputWidth ? bits.in : 0;
    if (feature == "fixed" || feature == "row")
        return {0, 0, 0};
    if (feature == "pixel" || feature.starts_with("copy"))
        return {bits.in, 0, 0};
    if (feature.ends_with("_word") || feature.ends_with("_behind"))
        return {matmul_in, bits.weight, 0};
    return {matmul_in, bits.weight, bits.out};
}

/// Which unknown stands for a kernel's feature.
class Unknowns {
public:
    Unknowns(const MeasuredRows& rows, InnerLoop inner_loop) : m_inner_loop(inner_loop)
    {
        for (const MeasuredCycles* row : rows) {
            const std::size_t features = featureNames(row->work.kind).size();
            for (std::size_t i = 0; i < features; ++i)
                m_columns.try_emplace(name({row->work.kind, row->work.bits}, i), m_columns.size());
        }
        for (const auto& [name, column] : m_columns)
            addNarrowResult(name, column);
        m_count = m_columns.size() + m_extras.size();
    }

    std::size_t count() const { return m_count; }
    std::size_t column(KernelKey kernel, std::size_t feature) const
    {
        return m_columns.at(name(kernel, feature));
    }

    /// Of a convolution's feature that depends on the results' width: `wide` is the same feature of
    /// the kernel with 8-bit results, `extra` what results of this width cost more in any kernel.
    struct NarrowResult {
        std::size_t column = 0;
        std::size_t wide = 0;
        std::size_t extra = 0;
    };
    const std::vector<NarrowResult>& narrowResults() const { return m_narrow; }

    /// The coefficient that a convolution without rows has by that rule; none where there is none
    /// with 8-bit results or none with this width.
    std::optional<double> byRule(const std::vector<double>& solution, KernelKey kernel,
                                 std::size_t feature) const
    {
        const auto wide =
            m_columns.find(name({kernel.kind, {kernel.bits.in, kernel.bits.weight, 8}}, feature));
        if (wide == m_columns.end())
            return std::nullopt;
        if (name(kernel, feature).second.out == 0)
            return solution[wide->second];
        const auto extra = m_extras.find({feature, kernel.bits.out});
        if (extra == m_extras.end())
            return std::nullopt;
        return solution[wide->second] + solution[m_columns.size() + extra->second];
    }

private:
    using Name = std::pair<std::size_t, LayerBits>;

    Name name(KernelKey kernel, std::size_t feature) const
    {
        return {feature,
                kernel.kind == LayerKind::Conv
                    ? sharedWidths(featureNames(kernel.kind)[feature], kernel.bits, m_inner_loop)
                    : kernel.bits};
    }

    void addNarrowResult(const Name& name, std::size_t column)
    {
        const auto& [feature, bits] = name;
        if (bits.out != 2 && bits.out != 4)
            return;
        const auto wide = m_columns.find({feature, {bits.in, bits.weight, 8}});
        if (wide == m_columns.end())
            return;
        const auto extra = m_extras.try_emplace({feature, bits.out}, m_extras.size()).first;
        m_narrow.push_back({column, wide->second, m_columns.size() + extra->second});
    }

    InnerLoop m_inner_loop;
    std::map<Name, std::size_t> m_columns;
    std::map<std::pair<std::size_t, int>, std::size_t> m_extras; ///< by feature and results' width
    std::vector<NarrowResult> m_narrow;
    std::size_t m_count = 0;
};

/// Rows whose kernels share coefficients, with the share of work that decides each.
class JointFit {
public:
    JointFit(MeasuredRows rows, InnerLoop inner_loop)
        : m_rows(std::move(rows)), m_unknowns(m_rows, inner_loop), m_share(m_rows.size(), 0)
    {
        for (const MeasuredCycles* row : m_rows)
            m_shares.push_back(coreShares(row->work, row->cores));
    }

    KernelCoefficients run()
    {
        constexpr int most_rounds = 8; // two or three are usual
        for (int round = 0; round < most_rounds; ++round) {
            solve();
            if (!chooseShares())
                break;
        }
        return m_coefficients;
    }

private:
    void solve()
    {
        const bool conv = m_rows.front()->work.kind == LayerKind::Conv;
        std::vector<double> matrix(m_rows.size() * m_unknowns.count(), 0.0);
        for (std::size_t r = 0; r < m_rows.size(); ++r) {
            const KernelWork& work = m_rows[r]->work;
            const WorkFeatures& features = m_shares[r].features[std::size_t(m_share[r])];
            for (std::size_t i = 0; i < featureNames(work.kind).size(); ++i)
                matrix[r * m_unknowns.count() + m_unknowns.column(keyOf(work), i)] +=
                    features[i] / m_rows[r]->cycles;
        }
        std::vector<double> wanted(m_rows.size(), 1.0);
        if (conv)
            addRule(matrix, wanted);
        const std::vector<double> solution = solveNonNegative(matrix, m_unknowns.count(), wanted);
        for (const MeasuredCycles* row : m_rows) {
            const KernelKey key = keyOf(row->work);
            WorkFeatures coefficients{};
            for (std::size_t i = 0; i < featureNames(key.kind).size(); ++i)
                coefficients[i] = fourDigits(solution[m_unknowns.column(key, i)]);
            m_coefficients[key] = coefficients;
        }
        if (conv)
            addUnmeasured(solution);
    }

    static KernelKey keyOf(const KernelWork& work) { return {work.kind, work.bits}; }

    /// Narrow results cost about as much more in one convolution as in another. That is held so
    /// lightly that some twenty rows decide, but it keeps the few rows of a kernel, whose shapes do
    /// not tell its terms apart, from making one term of another.
    void addRule(std::vector<double>& matrix, std::vector<double>& wanted) const
    {
        constexpr double weight = 0.001; // of a cycle, beside relative errors
        for (const Unknowns::NarrowResult& narrow : m_unknowns.narrowResults()) {
            const std::size_t row = matrix.size();
            matrix.resize(row + m_unknowns.count(), 0.0);
            matrix[row + narrow.column] += weight;
            matrix[row + narrow.wide] -= weight;
            matrix[row + narrow.extra] -= weight;
            wanted.push_back(0);
        }
    }

    /// Kernels without rows of their own, by the rule.
    void addUnmeasured(const std::vector<double>& solution)
    {
        for (const int in : quantized_widths)
            for (const int weight : quantized_widths)
                for (const int out : {2, 4}) {
                    const KernelKey key{LayerKind::Conv, {in, weight, out}};
                    if (std::ranges::none_of(m_rows, [&](const MeasuredCycles* row) {
                            return keyOf(row->work) == key;
                        }))
                        addUnmeasured(solution, key);
                }
    }
    void addUnmeasured(const std::vector<double>& solution, KernelKey key)
    {
        WorkFeatures coefficients{};
        for (std::size_t i = 0; i < featureNames(key.kind).size(); ++i) {
            const auto value = m_unknowns.byRule(solution, key, i);
            if (!value)
                return;
            coefficients[i] = fourDigits(*value);
        }
        m_coefficients[key] = coefficients;
    }

    /// Whether some row's slower half is another one now.
    bool chooseShares()
    {
        bool changed = false;
        for (std::size_t r = 0; r < m_rows.size(); ++r) {
            const KernelWork& work = m_rows[r]->work;
            const int busiest = busiestShare(m_coefficients.at(keyOf(work)), m_shares[r]);
            changed |= busiest != m_share[r];
            m_share[r] = busiest;
        }
        return changed;
    }

    MeasuredRows m_rows;
    Unknowns m_unknowns;
    std::vector<CoreShares> m_shares;
    std::vector<int> m_share; ///< per row: the share that decides
    KernelCoefficients m_coefficients;
};

/// Index of a family's feature. Throws std::out_of_range for an unknown name.
std::size_t featureIndex(LayerKind kind, std::string_view name)
{
    const auto names = featureNames(kind);
    for (std::size_t i = 0; i < names.size(); ++i)
        if (names[i] == name)
            return i;
    throw std::out_of_range(std::string(name));
}

/// Where no row of a linear kernel leaves a core an odd neuron, what that costs is unknown: then it
/// costs in proportion what it does in the kernels whose rows have one.
void completeLinear(const MeasuredRows& rows, KernelCoefficients& coefficients)
{
    const std::size_t odd = featureIndex(LayerKind::Linear, "odd_word");
    const std::size_t word = featureIndex(LayerKind::Linear, "neuron_word");
    std::set<KernelKey> known;
    for (const MeasuredCycles* row : rows)
        if (coreShares(row->work, row->cores).features[0][odd] > 0)
            known.insert({row->work.kind, row->work.bits});
    double sum = 0;
    int count = 0;
    for (const KernelKey& key : known)
        if (const auto& own = coefficients.at(key); own[word] > 0) {
            sum += own[odd] / own[word];
            ++count;
        }
    for (auto& [key, own] : coefficients)
        if (count > 0 && key.bits.out >= 8 && !known.contains(key))
            own[odd] = fourDigits(own[word] * sum / count);
}

} // namespace

KernelCoefficients fitFamily(const MeasuredRows& rows, InnerLoop inner_loop)
{
    if (rows.empty())
        return {};
    if (rows.front()->work.kind == LayerKind::Conv)
        return JointFit(rows, inner_loop).run();
    std::map<KernelKey, MeasuredRows> kernels;
    for (const MeasuredCycles* row : rows)
        kernels[{row->work.kind, row->work.bits}].push_back(row);
    KernelCoefficients coefficients;
    for (const auto& [key, own] : kernels)
        coefficients.merge(JointFit(own, inner_loop).run());
    if (rows.front()->work.kind == LayerKind::Linear)
        completeLinear(rows, coefficients);
    return coefficients;
}

std::map<Geometry, std::size_t> numberGeometries(const MeasuredRows& rows)
{
    std::map<Geometry, std::size_t> numbers;
    for (const MeasuredCycles* row : rows)
        numbers.try_emplace(row->geometry(), numbers.size());
    return numbers;
}

} // namespace bitdial
