// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/search/search_method.h"

#include <string>

namespace bitdial {

/// What programs and pages tell of the methods; all made from MethodInfo, so that a new method
/// appears everywhere.

/// For a terminal: each method, and below it its options.
std::string methodsText(const SearchMethods& methods);
/// {"methods": [{name, title, summary, source, needs, family, options: [{key, type, title, default,
/// range, choices, quick, help}]}]}
std::string methodsJson(const SearchMethods& methods);
/// The section SEARCH METHODS of the manual page, in man's macros.
std::string methodsManSection(const SearchMethods& methods);

/// Which family each method belongs to, for charts and lists of points.
MethodFamilies methodFamilies(const SearchMethods& methods);

} // namespace bitdial
