// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/network/weights/weight_file.h"

namespace bitdial {

/// Reads what torch.save wrote as a zip archive: `<root>/data.pkl` and `<root>/data/<key>`.
/// TorchScript archives and big-endian files are refused.
WeightFile readTorchZip(std::span<const std::byte> bytes, const std::string& where);

/// Whether the bytes may be a pickle, and so a checkpoint of the legacy form.
bool isPickle(std::span<const std::byte> bytes);

/// Reads what torch.save wrote before PyTorch 1.6: the pickles of a magic number, a protocol
/// version, the system's properties, the object and the storages' keys, then the storages.
WeightFile readTorchLegacy(std::span<const std::byte> bytes, const std::string& where);

} // namespace bitdial
