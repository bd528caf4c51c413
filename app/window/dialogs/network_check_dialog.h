// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/check_job.h"

#include <QDialog>

class QVBoxLayout;

namespace bitdial {

/// Whether network and data were understood, before a search builds on them: what every node
/// became, what the targets cannot run, real samples as the network is given them.
class NetworkCheckDialog : public QDialog {
    Q_OBJECT

public:
    NetworkCheckDialog(const NetworkCheck& check, QWidget* parent);

private:
    void addFacts(QVBoxLayout* column, const NetworkCheck& check);
    void addNodes(QVBoxLayout* column, const Network& network);
    void addData(QVBoxLayout* column, const NetworkCheck& check);
};

} // namespace bitdial
