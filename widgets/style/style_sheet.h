// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

namespace bitdial {

struct Theme;

/// Style sheet of the whole window. Widgets ask for a look by their property `look`: panel, card,
/// heading, secondary, name, figure, better, worse, primary.
QString styleSheet(const Theme& theme);

} // namespace bitdial
