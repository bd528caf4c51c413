// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/fit/profile_fit.h"

#include "core/base/error.h"
#include "core/hardware/fit/kernel_fit.h"
#include "core/hardware/profile/fields.h"
#include "core/hardware/profile/names.h"
#include "core/hardware/profile/text.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace bitdial {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t least_geometries = 6;
constexpr std::size_t folds = 5;

/// Distance between two kernels of a kind: what decides the inner loop weighs most.
int widthDistance(LayerKind kind, LayerBits a, LayerBits b)
{
    const auto steps = [](int x, int y) {
        const auto level = [](int bits) {
            return bits == 32 ? 4 : bits == 8 ? 3 : bits == 4 ? 2 : 1;
        };
        return x == 0 || y == 0 ? 0 : std::abs(level(x) - level(y));
    };
    const int group = kind == LayerKind::DepthwiseConv &&
                              std::min({a.in, a.weight, a.out}) != std::min({b.in, b.weight, b.out})
                          ? 1
                          : 0;
    return 100 * group + 16 * steps(a.weight, b.weight) + 8 * steps(a.in, b.in) +
           steps(a.out, b.out);
}

PredictedRow predictedRow(const MeasuredCycles& row, const WorkFeatures& coefficients)
{
    return {0, row.work.kind, row.cycles,
            busiestCoreCycles(coefficients, coreShares(row.work, row.cores))};
}

/// Each row as a fit to the other four fifths of the geometries predicts it.
std::vector<PredictedRow> crossValidated(const MeasuredRows& rows, InnerLoop inner_loop)
{
    const auto numbers = numberGeometries(rows);
    std::vector<PredictedRow> predicted;
    for (std::size_t fold = 0; fold < folds; ++fold) {
        MeasuredRows training;
        MeasuredRows held;
        for (const MeasuredCycles* row : rows)
            (numbers.at(row->geometry()) % folds == fold ? held : training).push_back(row);
        const KernelCoefficients fitted = fitFamily(training, inner_loop);
        for (const MeasuredCycles* row : held)
            if (const auto kernel = fitted.find({row->work.kind, row->work.bits});
                kernel != fitted.end())
                predicted.push_back(predictedRow(*row, kernel->second));
    }
    return predicted;
}

struct FittedKernel {
    WorkFeatures coefficients{};
    std::size_t rows = 0;
};

class Fitter {
public:
    Fitter(const HardwareProfile& profile, const std::vector<MeasuredCycles>& table,
           const ProfileFitOptions& options)
        : m_profile(profile), m_options(options)
    {
        for (const MeasuredCycles& row : table)
            if (usable(row))
                m_rows[{row.work.kind, row.work.bits}].push_back(&row);
        if (m_rows.empty() && std::ranges::all_of(table, [](const MeasuredCycles& row) {
                return row.scope == MeasuredScope::Layer;
            }))
            throw Error(ErrorCode::BadInput, "The table does not fit the profile", profile.name(),
                        "all rows measure whole layers, and a profile is fitted to kernel calls",
                        "Give rows of kernel calls, without layer names; 'profile measured' takes "
                        "layers");
        if (m_rows.empty())
            throw Error(ErrorCode::BadInput, "The table does not fit the profile", profile.name(),
                        "no row is a kernel call that it models on its " +
                            std::to_string(profile.cores()) + " cores",
                        "Measure with that many cores, or fit another profile");
    }

    ProfileFit run()
    {
        ProfileFit result;
        fitKernels(result);
        Json json = Json::parse(m_profile.text());
        for (Json& kernel : json["kernels"])
            updateKernel(kernel);
        updateReport(json, result.families);
        result.text = profileText(json);
        return result;
    }

private:
    bool usable(const MeasuredCycles& row) const
    {
        const bool wanted =
            m_options.kinds.empty() || std::find(m_options.kinds.begin(), m_options.kinds.end(),
                                                 row.work.kind) != m_options.kinds.end();
        // The network's adds have operands of one width.
        const auto kernel = m_profile.fields().kernels.find({row.work.kind, row.work.bits});
        return wanted && row.scope == MeasuredScope::Kernel && row.cores == m_profile.cores() &&
               kernel != m_profile.fields().kernels.end() && !kernel->second.array &&
               (row.work.kind != LayerKind::Add || row.second_in_bits == row.work.bits.in);
    }

    void fitKernels(ProfileFit& result)
    {
        std::map<LayerKind, MeasuredRows> families;
        for (const auto& [key, rows] : m_rows) {
            if (numberGeometries(rows).size() < least_geometries)
                continue;
            MeasuredRows& family = families[key.kind];
            family.insert(family.end(), rows.begin(), rows.end());
        }
        for (const auto& [kind, rows] : families)
            result.families.push_back(fitKind(kind, rows));
    }

    /// Takes what predicts unseen shapes better.
    FitQuality fitKind(LayerKind kind, const MeasuredRows& rows)
    {
        InnerLoop inner_loop = InnerLoop::SameForAllInputs;
        ErrorSummary unseen = summarizeErrors(crossValidated(rows, inner_loop));
        if (kind == LayerKind::Conv) {
            const ErrorSummary other =
                summarizeErrors(crossValidated(rows, InnerLoop::PerInputWidth));
            if (other.mape < unseen.mape) {
                inner_loop = InnerLoop::PerInputWidth;
                unseen = other;
            }
        }
        for (const auto& [key, coefficients] : fitFamily(rows, inner_loop))
            m_fitted[key] = {coefficients, 0};
        for (const MeasuredCycles* row : rows)
            ++m_fitted.at({kind, row->work.bits}).rows;
        std::vector<PredictedRow> predicted;
        for (const MeasuredCycles* row : rows)
            predicted.push_back(
                predictedRow(*row, m_fitted.at({kind, row->work.bits}).coefficients));
        return {kind, summarizeErrors(predicted), unseen};
    }

    /// The fitted kernel that stands for `key`, or null where its family was not fitted.
    const std::pair<const KernelKey, FittedKernel>* standIn(KernelKey key) const
    {
        if (key.kind == LayerKind::MaxPool)
            key.kind = LayerKind::AveragePool;
        const std::pair<const KernelKey, FittedKernel>* best = nullptr;
        for (const auto& entry : m_fitted)
            if (entry.first.kind == key.kind &&
                (best == nullptr || widthDistance(key.kind, key.bits, entry.first.bits) <
                                        widthDistance(key.kind, key.bits, best->first.bits)))
                best = &entry;
        return best;
    }

    void updateKernel(Json& json) const
    {
        if (json.contains("array"))
            return;
        const KernelKey key{*layerKindFromName(json["kind"].get<std::string>()),
                            {json["in_bits"], json["weight_bits"], json["out_bits"]}};
        const auto* fitted = standIn(key);
        if (fitted == nullptr)
            return;
        Json cycles = Json::object();
        const auto names = featureNames(key.kind);
        for (std::size_t i = 0; i < names.size(); ++i)
            if (fitted->second.coefficients[i] > 0)
                cycles[std::string(names[i])] = fitted->second.coefficients[i];
        json["cycles"] = cycles;
        const bool own = fitted->first == key && fitted->second.rows > 0;
        json["provenance"] = own && m_options.estimate_reason.empty() ? "measured" : "unverified";
        std::string source;
        if (!m_options.estimate_reason.empty())
            source = m_options.estimate_reason;
        else if (own)
            source =
                "fitted to " + std::to_string(fitted->second.rows) + " rows of " + m_options.source;
        else if (fitted->first == key)
            source = "too few measurements; those of " +
                     kernelName({key.kind, {key.bits.in, key.bits.weight, 8}}) +
                     " and what narrow results cost more elsewhere";
        else
            source = "too few measurements; the figures of " + kernelName(fitted->first);
        if (own && borrowsOddWord(key))
            source += "; odd_word in proportion to the other linear kernels'";
        json["source"] = source;
    }

    /// Whether no row of a linear kernel leaves a core an odd neuron, and the fit has its cost all
    /// the same.
    bool borrowsOddWord(KernelKey key) const
    {
        const auto names = featureNames(key.kind);
        const auto odd = std::ranges::find(names, "odd_word") - names.begin();
        return key.kind == LayerKind::Linear &&
               m_fitted.at(key).coefficients[std::size_t(odd)] > 0 &&
               std::ranges::none_of(m_rows.at(key), [odd](const MeasuredCycles* row) {
                   return coreShares(row->work, row->cores).features[0][std::size_t(odd)] > 0;
               });
    }

    void updateReport(Json& json, const std::vector<FitQuality>& families) const
    {
        Json kept = Json::array();
        const auto fraction = [](double value) { return std::round(value * 1e4) / 1e4; };
        for (const FitQuality& family : families)
            kept.push_back({{"kind", layerKindName(family.kind)},
                            {"rows", family.fitted.rows},
                            {"mape", fraction(family.fitted.mape)},
                            {"worst", fraction(family.fitted.worst)},
                            {"cross_validated_mape", fraction(family.unseen.mape)},
                            {"cross_validated_percentile95", fraction(family.unseen.percentile95)},
                            {"cross_validated_kendall_tau", fraction(family.unseen.kendall_tau)},
                            {"source", m_options.source}});
        const Json before = json.value("fit", Json::array());
        if (std::none_of(before.begin(), before.end(),
                         [this](const Json& entry) { return entry["source"] == m_options.source; }))
            json.erase("measured_with"); // nobody says what another table was measured with
        for (const Json& entry : before)
            if (std::none_of(kept.begin(), kept.end(),
                             [&](const Json& other) { return other["kind"] == entry["kind"]; }))
                kept.push_back(entry);
        std::sort(kept.begin(), kept.end(), [](const Json& a, const Json& b) {
            return *layerKindFromName(a["kind"].get<std::string>()) <
                   *layerKindFromName(b["kind"].get<std::string>());
        });
        json["fit"] = kept;
    }

    const HardwareProfile& m_profile;
    const ProfileFitOptions& m_options;
    std::map<KernelKey, MeasuredRows> m_rows;
    std::map<KernelKey, FittedKernel> m_fitted;
};

} // namespace

ProfileFit fitProfile(const HardwareProfile& profile, const std::vector<MeasuredCycles>& table,
                      const ProfileFitOptions& options)
{
    return Fitter(profile, table, options).run();
}

std::optional<double> predictedCycles(const HardwareProfile& profile, const MeasuredCycles& row)
{
    const auto kernel = profile.fields().kernels.find({row.work.kind, row.work.bits});
    const bool mixed_add =
        row.work.kind == LayerKind::Add && row.second_in_bits != row.work.bits.in;
    if (row.scope != MeasuredScope::Kernel || kernel == profile.fields().kernels.end() || mixed_add)
        return std::nullopt;
    return kernelCycles(kernel->second, row.work, row.cores);
}

} // namespace bitdial
