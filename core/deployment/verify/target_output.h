// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/deployment/verify/output.h"
#include "core/deployment/verify/verify_export.h"

#include <string>
#include <string_view>

namespace bitdial {

/// Follows the lines that a project's program prints on its target (src/main_pulp.c) among any
/// others: EXPORT, CYCLES, MISMATCH, SUMMARY, and FAULT of our own runtime. Layers must have been
/// named before.
class TargetOutput {
public:
    /// `progress` gets fractions from `first` to 1, as layers have run.
    TargetOutput(VerifyResult& result, const std::function<void(double)>& progress, double first);
    void feed(std::string_view piece);
    /// A last line without an end; sums that the program did not print.
    void finish();

    bool hasSummary() const { return m_has_summary; }
    /// The export that the program was built from; empty: it did not say.
    const std::string& identity() const { return m_identity; }
    /// Address of an instruction that the core does not know; empty: none was met.
    const std::string& fault() const { return m_fault; }
    /// What is missing of a whole run, or contradicts the project; empty: nothing.
    std::string complaint() const;

private:
    bool addsUp() const;
    void line(const std::string& text);
    void cycles(const std::string& text);
    void summary(const std::string& text);

    VerifyResult& m_result;
    const std::function<void(double)>& m_progress;
    double m_first;
    LineSplitter m_lines;
    std::size_t m_layers_run = 0;
    bool m_has_summary = false;
    int m_layers = 0; ///< of the program
    std::string m_identity;
    std::string m_fault;
};

} // namespace bitdial
