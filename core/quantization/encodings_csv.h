// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/quantization/tensor_encodings.h"

#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// RFC 4180 (lines end in CR LF), C locale, with the columns name,kind,bits,scale,signed,bytes: one
/// row per tensor. `kind` is weight or activation,
/// `scale` the scales with spaces between them (shortest digits that read back as the same float),
/// `signed` 1 or 0, `bytes` what the tensor takes when its numbers are packed. A name that a
/// spreadsheet would take for a formula (it begins with = + - @, a tab or a line end), or that
/// begins with an apostrophe, has an apostrophe in front.
std::string toEncodingsCsv(const Network& network, const std::vector<TensorEncoding>& encodings);

/// Whether the first line of a text names those columns, in any order.
bool isEncodingsCsv(std::string_view text);

/// Reads such a file; columns may stand in another order, and unknown ones are refused. Throws
/// Error(BadInput) with `where`:line: missing or unknown columns, fields that are no numbers, more
/// than 65536 rows, a field above 1 MiB, quotes that do not close, what is not UTF-8.
std::vector<TensorEncoding> fromEncodingsCsv(std::string_view text, const std::string& where);

} // namespace bitdial
