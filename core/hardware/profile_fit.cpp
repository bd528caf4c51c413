// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile_fit.h"

#include "core/base/error.h"
#include "core/hardware/nnls.h"
#include "core/hardware/profile_fields.h"
#include "core/hardware/profile_names.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace bitdial {

namespace {

using Json = nlohmann::ordered_json;
using RowList = std::vector<const MeasuredCycles*>;

constexpr int least_geometries = 6;

/// Four significant digits: far below the error of the fit, and readable in the file.
double fourDigits(double value)
{
    const double decimals = value > 1e-6 ? 3 - std::floor(std::log10(value)) : 0;
    const double power = std::pow(10.0, std::abs(decimals));
    return decimals >= 0 ? std::round(value * power) / power : std::round(value / power) * power;
}

WorkFeatures fitRows(const RowList& rows)
{
    const std::size_t columns = featureNames(rows.front()->work.kind).size();
    std::vector<double> matrix;
    for (const MeasuredCycles* row : rows) {
        const WorkFeatures features = busiestCoreWork(row->work, row->cores);
        for (std::size_t i = 0; i < columns; ++i)
            matrix.push_back(features[i] / row->cycles);
    }
    const std::vector<double> ones(rows.size(), 1.0);
    const std::vector<double> solution = solveNonNegative(matrix, columns, ones);
    WorkFeatures coefficients{};
    for (std::size_t i = 0; i < columns; ++i)
        coefficients[i] = fourDigits(solution[i]);
    return coefficients;
}

double relativeError(const WorkFeatures& coefficients, const MeasuredCycles& row)
{
    const double cycles = dotProduct(coefficients, busiestCoreWork(row.work, row.cores));
    return std::abs(cycles / row.cycles - 1);
}

/// First row of each geometry.
RowList distinctGeometries(const RowList& rows)
{
    RowList distinct;
    for (const MeasuredCycles* row : rows)
        if (std::none_of(distinct.begin(), distinct.end(),
                         [row](const auto* other) { return other->sameGeometry(*row); }))
            distinct.push_back(row);
    return distinct;
}

/// Sum over rows of the error when the row's geometry is left out of the fit.
double crossValidatedErrors(const RowList& rows)
{
    double sum = 0;
    for (const MeasuredCycles* geometry : distinctGeometries(rows)) {
        RowList training;
        RowList held;
        for (const MeasuredCycles* row : rows)
            (row->sameGeometry(*geometry) ? held : training).push_back(row);
        const WorkFeatures coefficients = fitRows(training);
        for (const MeasuredCycles* row : held)
            sum += relativeError(coefficients, *row);
    }
    return sum;
}

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
        if (m_rows.empty())
            throw Error(ErrorCode::BadInput, "The table does not fit the profile", profile.name(),
                        "no row has the profile's " + std::to_string(profile.cores()) +
                            " cores and a kernel that it knows",
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
        result.text = print(json);
        return result;
    }

private:
    bool usable(const MeasuredCycles& row) const
    {
        const bool wanted =
            m_options.kinds.empty() || std::find(m_options.kinds.begin(), m_options.kinds.end(),
                                                 row.work.kind) != m_options.kinds.end();
        // The network's adds have operands of one width.
        return wanted && row.cores == m_profile.cores() &&
               (row.work.kind != LayerKind::Add || row.second_in_bits == row.work.bits.in) &&
               m_profile.fields().kernels.contains({row.work.kind, row.work.bits});
    }

    void fitKernels(ProfileFit& result)
    {
        std::map<LayerKind, FitQuality> families;
        for (const auto& [key, rows] : m_rows) {
            if (distinctGeometries(rows).size() < least_geometries)
                continue;
            const FittedKernel kernel{fitRows(rows), rows.size()};
            FitQuality& family = families[key.kind];
            family.kind = key.kind;
            family.rows += int(rows.size());
            for (const MeasuredCycles* row : rows) {
                const double error = relativeError(kernel.coefficients, *row);
                family.mape += error;
                family.worst = std::max(family.worst, error);
            }
            family.cross_validated_mape += crossValidatedErrors(rows);
            m_fitted[key] = kernel;
        }
        for (auto& [kind, family] : families) {
            family.mape /= family.rows;
            family.cross_validated_mape /= family.rows;
            result.families.push_back(family);
        }
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
        const bool own = fitted->first == key;
        json["provenance"] = own && m_options.estimate_reason.empty() ? "measured" : "estimate";
        std::string source;
        if (!m_options.estimate_reason.empty())
            source = m_options.estimate_reason;
        else if (own)
            source =
                "fitted to " + std::to_string(fitted->second.rows) + " rows of " + m_options.source;
        else
            source = "too few measurements; the figures of " + kernelName(fitted->first);
        json["source"] = source;
    }

    void updateReport(Json& json, const std::vector<FitQuality>& families) const
    {
        Json kept = Json::array();
        const auto fraction = [](double value) { return std::round(value * 1e4) / 1e4; };
        for (const FitQuality& family : families)
            kept.push_back({{"kind", layerKindName(family.kind)},
                            {"rows", family.rows},
                            {"mape", fraction(family.mape)},
                            {"worst", fraction(family.worst)},
                            {"cross_validated_mape", fraction(family.cross_validated_mape)},
                            {"source", m_options.source}});
        for (const Json& entry : json.value("fit", Json::array()))
            if (std::none_of(kept.begin(), kept.end(),
                             [&](const Json& other) { return other["kind"] == entry["kind"]; }))
                kept.push_back(entry);
        std::sort(kept.begin(), kept.end(), [](const Json& a, const Json& b) {
            return *layerKindFromName(a["kind"].get<std::string>()) <
                   *layerKindFromName(b["kind"].get<std::string>());
        });
        json["fit"] = kept;
    }

    /// Objects and lists of the first levels over several lines, their entries in one line each.
    static std::string print(const Json& json)
    {
        std::string text = "{\n";
        for (auto it = json.begin(); it != json.end(); ++it) {
            text += "  " + Json(it.key()).dump() + ": ";
            const Json& value = it.value();
            if (value.is_structured() && !value.empty()) {
                text += value.is_array() ? "[\n" : "{\n";
                for (auto entry = value.begin(); entry != value.end(); ++entry) {
                    text += "    ";
                    if (value.is_object())
                        text += Json(entry.key()).dump() + ": ";
                    text += entry.value().dump();
                    text += std::next(entry) == value.end() ? "\n" : ",\n";
                }
                text += value.is_array() ? "  ]" : "  }";
            } else {
                text += value.dump();
            }
            text += std::next(it) == json.end() ? "\n" : ",\n";
        }
        return text + "}\n";
    }

    const HardwareProfile& m_profile;
    const ProfileFitOptions& m_options;
    std::map<KernelKey, RowList> m_rows;
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
    if (kernel == profile.fields().kernels.end() || mixed_add)
        return std::nullopt;
    return kernelCycles(kernel->second, row.work, row.cores);
}

std::vector<FitQuality> compareProfile(const HardwareProfile& profile,
                                       const std::vector<MeasuredCycles>& table)
{
    std::map<LayerKind, FitQuality> families;
    for (const MeasuredCycles& row : table) {
        const std::optional<double> cycles = predictedCycles(profile, row);
        if (!cycles || row.cores != profile.cores())
            continue;
        FitQuality& family = families[row.work.kind];
        family.kind = row.work.kind;
        const double error = std::abs(*cycles / row.cycles - 1);
        family.mape += error;
        family.worst = std::max(family.worst, error);
        ++family.rows;
    }
    std::vector<FitQuality> result;
    for (auto& [kind, family] : families) {
        family.mape /= family.rows;
        result.push_back(family);
    }
    return result;
}

} // namespace bitdial
