// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bitdial {

/// What a layer's names in the generated C begin with: "layer_3_stem_conv". Its place makes it
/// unique and a legal identifier whatever the name is; of the name, what C allows is kept and other
/// characters become underscores, up to 40.
std::string layerIdentifier(int index, const std::string& name);

/// Text that is safe inside a C comment or string: printable ASCII, no quotes, stars, backslashes,
/// percent or question marks; at most 200 characters.
std::string cSafe(const std::string& text);

} // namespace bitdial
