// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QComboBox>

namespace bitdial {

/// A combo box that draws its arrow itself: style sheets can only take one from an image.
class ArrowComboBox : public QComboBox {
    Q_OBJECT

public:
    using QComboBox::QComboBox;

protected:
    void paintEvent(QPaintEvent* event) override;
};

} // namespace bitdial
