// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/kernel_fit.h"

#include "core/hardware/nnls.h"

#include <cmath>
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
                m_columns.try_emplace(name(row->work, i), m_columns.size());
        }
    }

    std::size_t count() const { return m_columns.size(); }
    std::size_t column(const KernelWork& work, std::size_t feature) const
    {
        return m_columns.at(name(work, feature));
    }

private:
    using Name = std::pair<std::size_t, LayerBits>;

    Name name(const KernelWork& work, std::size_t feature) const
    {
        return {feature,
                work.kind == LayerKind::Conv
                    ? sharedWidths(featureNames(work.kind)[feature], work.bits, m_inner_loop)
                    : work.bits};
    }

    InnerLoop m_inner_loop;
    std::map<Name, std::size_t> m_columns;
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
        std::vector<double> matrix(m_rows.size() * m_unknowns.count(), 0.0);
        for (std::size_t r = 0; r < m_rows.size(); ++r) {
            const KernelWork& work = m_rows[r]->work;
            const WorkFeatures& features = m_shares[r].features[std::size_t(m_share[r])];
            for (std::size_t i = 0; i < featureNames(work.kind).size(); ++i)
                matrix[r * m_unknowns.count() + m_unknowns.column(work, i)] +=
                    features[i] / m_rows[r]->cycles;
        }
        const std::vector<double> ones(m_rows.size(), 1.0);
        const std::vector<double> solution = solveNonNegative(matrix, m_unknowns.count(), ones);
        for (const MeasuredCycles* row : m_rows) {
            WorkFeatures coefficients{};
            for (std::size_t i = 0; i < featureNames(row->work.kind).size(); ++i)
                coefficients[i] = fourDigits(solution[m_unknowns.column(row->work, i)]);
            m_coefficients[{row->work.kind, row->work.bits}] = coefficients;
        }
    }

    /// Whether some row's slower half is another one now.
    bool chooseShares()
    {
        bool changed = false;
        for (std::size_t r = 0; r < m_rows.size(); ++r) {
            const KernelWork& work = m_rows[r]->work;
            const int busiest =
                busiestShare(m_coefficients.at({work.kind, work.bits}), m_shares[r]);
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
