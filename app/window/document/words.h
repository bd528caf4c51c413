// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QCoreApplication>
#include <QLocale>
#include <QString>

namespace bitdial {

/// "1 point", "214 points".
inline QString pointCount(int count)
{
    return count == 1
               ? QCoreApplication::translate("Words", "1 point")
               : QCoreApplication::translate("Words", "%1 points").arg(QLocale().toString(count));
}

} // namespace bitdial
