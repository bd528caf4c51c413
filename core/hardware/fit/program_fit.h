// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hardware/model/program_work.h"
#include "core/hardware/profile/hardware_profile.h"

#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// One layer of a program that was run whole: its work around the kernels, and measured cycles.
struct ProgramRow {
    std::string layer;
    ProgramWork work;
    double exposed_transfer_cycles = 0; ///< by the model: waiting that no kernel hides
    double measured_kernel_cycles = 0;  ///< in the kernel's calls
    double cycles = 0;                  ///< measured, the whole layer

    /// What the work around the kernels took.
    double besideKernels() const
    {
        return cycles - measured_kernel_cycles - exposed_transfer_cycles;
    }
};

/// Whether a table has the columns of parseProgramRows rather than those of kernel calls.
bool isProgramTable(std::string_view csv);

/// Reads a CSV with the columns layer, tiles, transfers, requests, spreads, spread_lines,
/// spread_bytes, spread_word_bytes, kernel_cycles (of the kernels alone, by the model),
/// exposed_transfer_cycles, measured_kernel_cycles and cycles, in any order, and any others.
/// `verify --table` writes it. Throws Error(BadInput) with `where`:line.
std::vector<ProgramRow> parseProgramRows(std::string_view csv, const std::string& where);

/// How well fitted overheads follow a table.
struct ProgramFit {
    std::string text; ///< the profile with its new overheads, ready to be written
    int rows = 0;
    double mean_error_cycles = 0; ///< of a layer's work around its kernels
    double within_95_cycles = 0;  ///< 95 % of the layers are no further off
    double worst_error_cycles = 0;
};

/// Fits what a layer, a tile, a transfer, a request of L3 and the spreading of inputs cost, beside
/// kernels as they were measured; then how much longer than alone the kernels take in a program: a
/// part of them, and so many cycles a layer. Non-negative least squares over the layers. Figures
/// whose work no row has stay as they are. Throws Error(BadInput) where there are fewer than 8
/// rows.
ProgramFit fitProgram(const HardwareProfile& profile, const std::vector<ProgramRow>& rows,
                      const std::string& source);

} // namespace bitdial
