// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <utility>

namespace bitdial {

/// Energy figures of a target, in one of two ways.
struct PowerModel {
    enum class Kind { States, Operations };
    Kind kind = Kind::States;

    /// States: power while a kernel computes or is started, and while it waits for transfers.
    double active_mw = 0;
    double transfer_mw = 0;

    /// Operations: per multiply-accumulate by (in bits, weight bits), and per byte moved.
    std::map<std::pair<int, int>, double> pj_per_mac;
    double pj_per_byte_l2 = 0; ///< L2 <-> L1
    double pj_per_byte_l3 = 0; ///< L3 <-> L2

    bool estimated = false; ///< some figure of it is unverified

    /// None where the target gives no figure for these widths.
    std::optional<double> pjPerMac(int in_bits, int weight_bits) const
    {
        const auto found = pj_per_mac.find({in_bits, weight_bits});
        return found == pj_per_mac.end() ? std::nullopt : std::optional(found->second);
    }
};

} // namespace bitdial
