// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace bitdial {

/// What an exported program does around a layer's kernels: counts that its overhead is made of.
struct ProgramWork {
    double tiles = 0;
    double transfers = 0; ///< between L2 and L1, as commands
    double requests = 0;  ///< between L3 and L2
    double spreads = 0;   ///< tiles whose input the cores bring into the kernel's order and border
    double spread_lines = 0;      ///< of the core that has most, all tiles
    double spread_bytes = 0;      ///< of these lines, byte by byte
    double spread_word_bytes = 0; ///< or in words
    double kernel_cycles = 0;     ///< of the kernels alone, which take a little longer in a program
};

} // namespace bitdial
