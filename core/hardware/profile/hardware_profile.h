// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace bitdial {

/// A target as data: clock, cores, memory levels, kernels with their cycle model, overheads, and
/// the provenance of each figure. Immutable; share it as std::shared_ptr<const HardwareProfile>.
/// The fields are in fields.h, which only core/hardware and its tests need.
class HardwareProfile {
public:
    struct Fields;
    explicit HardwareProfile(Fields fields);
    ~HardwareProfile();

    const std::string& name() const;        ///< "pulp-open-xpulpnn"
    const std::string& title() const;       ///< "PULP-open XpulpNN"
    const std::string& description() const; ///< one line
    double clockHz() const;
    int cores() const;
    const std::string& hash() const; ///< SHA-256 of the file's text
    const std::string& text() const; ///< the JSON it was read from
    /// Figures that were not measured, one line each; shown wherever they matter.
    const std::vector<std::string>& estimates() const;
    /// Implausible but allowed figures, as file:line:column: message.
    const std::vector<std::string>& warnings() const;
    const Fields& fields() const { return *m_fields; }

private:
    std::unique_ptr<const Fields> m_fields;
};

/// Reads a profile (schema bitdial.profile/1). `where` names the file in messages. Unknown keys,
/// missing levels and wrong signs are Error(BadInput) with file:line:column and a did-you-mean.
std::shared_ptr<const HardwareProfile> parseProfile(const std::string& text,
                                                    const std::string& where);

/// A profile by name (from the profile folders) or by path. Throws Error(BadInput); an unknown name
/// lists the nearest.
std::shared_ptr<const HardwareProfile> openProfile(const std::string& name_or_path);

/// Names of all profiles in the profile folders ($BITDIAL_PROFILES, the source tree's or the
/// installed folder), sorted.
std::vector<std::string> profileNames();

} // namespace bitdial
