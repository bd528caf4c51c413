// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace bitdial {

/// A row of a labels file: which picture has which class.
struct LabelledFile {
    std::string file; ///< as written; a checked relative path without "..", "\" and NUL
    int label = 0;
    int line = 0; ///< from 1
};

/// Parses a CSV (RFC 4180: quotes, CRLF or LF) whose header has the columns file and class_id;
/// others are ignored. Throws Error(BadInput) with `where`:line: missing columns, no rows, more
/// than 2^21 of them, a field above 64 KiB, a class that is no whole number from 0 to 2^20, a file
/// named twice or a path that could leave its folder.
std::vector<LabelledFile> parseLabelsCsv(std::string_view text, const std::string& where);

} // namespace bitdial
