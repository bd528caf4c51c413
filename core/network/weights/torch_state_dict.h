// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/weights/pickle_machine.h"
#include "core/network/weights/weight_budget.h"
#include "core/network/weights/weight_file.h"

#include <functional>

namespace bitdial {

/// What a storage of a checkpoint says about itself.
struct TorchStorage {
    std::string_view key;
    WeightType type = WeightType::F32;
    std::uint64_t count = 0;       ///< numbers in the whole storage
    std::uint64_t view_offset = 0; ///< first number of the part that is meant
    std::uint64_t view_count = 0;  ///< numbers in that part
};

/// Takes a Storage object of the machine apart; checks counts and view.
TorchStorage torchStorage(const PickleMachine& machine, const PickleObject& object);

/// Gives a storage's bytes: exactly count numbers of its type.
using StorageBytes = std::function<std::span<const std::byte>(const TorchStorage&)>;

/// Collects the tensors of a checkpoint's state dict, which `root` is or contains under one of the
/// usual keys, into `file`; all other entries into its `ignored`.
void collectStateDict(const PickleMachine& machine, PickleRef root, const StorageBytes& bytes,
                      WeightBudget& budget, WeightFile& file);

} // namespace bitdial
