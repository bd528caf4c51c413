// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/new_project_dialog.h"
#include "widgets/views/arrow_combo_box.h"

#include <QCheckBox>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>

namespace bitdial {
namespace {

std::vector<QString> titlesOf(const std::vector<std::string>& names)
{
    std::vector<QString> titles;
    for (const auto& name : names)
        titles.push_back(QString::fromStdString(name));
    return titles;
}

} // namespace

NewProjectDialog::NewProjectDialog(const QString& network, const std::vector<std::string>& profiles,
                                   QWidget* parent)
    : QDialog(parent), m_network(network), m_profiles(profiles), m_data(new ArrowComboBox(this))
{
    const auto parts =
        buildDialog(this, tr("Open %1").arg(QFileInfo(network).fileName()),
                    tr("Accuracy is measured on the data; without it only costs are shown. "
                       "Further targets can be added later."),
                    tr("Open"));
    m_data->addItem(tr("Fashion-MNIST (demo)"), QStringLiteral("demo"));
    m_data->addItem(tr("none"), QString());
    auto* browse_button = new QPushButton(tr("Browse…"), this);
    auto* row = new QHBoxLayout;
    row->addWidget(m_data, 1);
    row->addWidget(browse_button);
    auto* data_label = new QLabel(tr("&Data"), this);
    data_label->setBuddy(m_data); // a row of widgets has none of its own
    parts.form->addRow(data_label, row);
    m_targets = std::make_unique<TargetChoice>(parts.form, tr("Targets"), titlesOf(profiles), this);
    // Those whose cycles were measured, as without a choice on the command line.
    for (std::size_t i = 0; i < profiles.size(); ++i)
        m_targets->boxes()[i]->setChecked(profiles[i] == "pulp-open-xpulpnn" ||
                                          profiles[i] == "pulp-open-xpulpv2");
    connect(browse_button, &QPushButton::clicked, this, &NewProjectDialog::browse);
}

void NewProjectDialog::browse()
{
    auto* dialog = new QFileDialog(this, tr("Data"), QFileInfo(m_network).absolutePath(),
                                   tr("Data description (*.json)"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, [this](const QString& file) {
        m_data->addItem(QFileInfo(file).fileName(), file);
        m_data->setCurrentIndex(m_data->count() - 1);
    });
    dialog->open();
}

NewProject NewProjectDialog::wanted() const
{
    NewProject wanted{m_network.toStdString(), m_data->currentData().toString().toStdString(), {}};
    for (const int profile : m_targets->chosen())
        wanted.profiles.push_back(m_profiles[std::size_t(profile)]);
    return wanted;
}

} // namespace bitdial
