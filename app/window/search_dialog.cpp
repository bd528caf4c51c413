// SPDX-License-Identifier: Apache-2.0
#include "app/window/search_dialog.h"
#include "widgets/views/arrow_combo_box.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSpinBox>

#include <algorithm>
#include <cmath>
#include <limits>

namespace bitdial {
namespace {

constexpr int seconds_per_minute = 60;

QSpinBox* spin(int low, int high, int value, const QString& name, QWidget* parent)
{
    auto* box = new QSpinBox(parent);
    box->setRange(low, high);
    box->setValue(value);
    box->setAccessibleName(name);
    return box;
}

std::vector<QString> titlesOf(const std::vector<TargetInfo>& targets)
{
    std::vector<QString> titles;
    for (const auto& target : targets)
        titles.push_back(target.title);
    return titles;
}

} // namespace

SearchDialog::SearchDialog(const std::vector<TargetInfo>& targets, const SearchRequest& latest,
                           const std::optional<SearchRequest>& resumable, QWidget* parent)
    : QDialog(parent),
      m_info(targets),
      m_latest(latest),
      m_resumable(resumable),
      m_resume(new QCheckBox(tr("Resume the interrupted search"), this)),
      m_parts(buildDialog(this, tr("Search"),
                          tr("Free Bits finds bits per layer for every chosen target. Points "
                             "appear, and are kept, as they are found."),
                          tr("Search")))
{
    m_parts.form->addRow(m_resume);
    m_resume->setVisible(m_resumable.has_value());
    m_resume->setChecked(m_resumable.has_value());
    m_resume->setToolTip(tr("Goes on with the options and the seed that it was begun with"));
    m_targets =
        std::make_unique<TargetChoice>(m_parts.form, tr("Targets"), titlesOf(targets), this);
    buildFields(m_parts.form);
    for (auto* box : m_targets->boxes())
        connect(box, &QCheckBox::toggled, this, &SearchDialog::refresh);
    connect(m_resume, &QCheckBox::toggled, this, &SearchDialog::showChosen);
    connect(m_strengths, &QLineEdit::textChanged, this, &SearchDialog::refresh);
    showChosen();
}

void SearchDialog::buildFields(QFormLayout* form)
{
    constexpr int most_steps = 1000000;
    m_strengths = new QLineEdit(QStringLiteral("0.002,0.004,0.008,0.016,0.05"), this);
    m_strengths->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("\\d*\\.?\\d+(,\\d*\\.?\\d+)*")), m_strengths));
    m_strengths->setToolTip(tr("How strongly stage 1 presses for few bits: one search each"));
    m_charge = new ArrowComboBox(this);
    m_charge->addItem(tr("bit operations"), QStringLiteral("bops"));
    m_charge->addItem(tr("latency on the first target"), QStringLiteral("latency"));
    m_gate_steps = spin(1, most_steps, 150, tr("Stage 1 steps"), this);
    m_tune_steps = spin(1, most_steps, 400, tr("Fine-tuning steps"), this);
    m_minutes = spin(0, 10000, 0, tr("Time budget"), this);
    m_minutes->setSuffix(tr(" min"));
    m_minutes->setSpecialValueText(tr("none"));
    m_seed = spin(0, std::numeric_limits<int>::max(), 1, tr("Seed"), this);
    form->addRow(tr("&Strengths"), m_strengths);
    form->addRow(tr("Stage 1 &charges"), m_charge);
    form->addRow(tr("Stage 1 s&teps"), m_gate_steps);
    form->addRow(tr("&Fine-tuning steps"), m_tune_steps);
    form->addRow(tr("Time &budget"), m_minutes);
    form->addRow(tr("S&eed"), m_seed);
}

void SearchDialog::show(const SearchRequest& request)
{
    const auto option = [&](const char* key) {
        const auto found = request.options.find(key);
        return found == request.options.end() ? QString() : QString::fromStdString(found->second);
    };
    if (const auto text = option("strengths"); !text.isEmpty())
        m_strengths->setText(text);
    if (const int index = m_charge->findData(option("charge")); index >= 0)
        m_charge->setCurrentIndex(index);
    if (const int steps = option("gate_steps").toInt(); steps > 0)
        m_gate_steps->setValue(steps);
    if (const int steps = option("tune_steps").toInt(); steps > 0)
        m_tune_steps->setValue(steps);
    m_seed->setValue(int(std::min<std::uint64_t>(request.seed, std::numeric_limits<int>::max())));
}

/// Those of the request; all where it names none.
void SearchDialog::showTargets(const SearchRequest& request)
{
    const auto& names = request.targets;
    for (std::size_t t = 0; t < m_info.size(); ++t)
        m_targets->boxes()[t]->setChecked(
            names.empty() || std::ranges::find(names, m_info[t].name.toStdString()) != names.end());
}

void SearchDialog::showChosen()
{
    if (m_resume->isChecked()) {
        show(*m_resumable);
        showTargets(*m_resumable);
        m_minutes->setValue(int(std::ceil(m_resumable->time_budget_s / seconds_per_minute)));
    } else {
        show(m_latest);
    }
    refresh();
}

void SearchDialog::refresh()
{
    // What a resumed search was begun with decides what it computes: it cannot be changed. One
    // whose targets are not known lets the user name them.
    const bool fixed = m_resume->isChecked();
    m_targets->setEnabled(!fixed || m_resumable->targets.empty());
    for (QWidget* field : {static_cast<QWidget*>(m_strengths), static_cast<QWidget*>(m_charge),
                           static_cast<QWidget*>(m_gate_steps), static_cast<QWidget*>(m_tune_steps),
                           static_cast<QWidget*>(m_seed)})
        field->setEnabled(!fixed);
    m_parts.buttons->button(QDialogButtonBox::Ok)
        ->setEnabled(!m_targets->chosen().empty() && m_strengths->hasAcceptableInput());
}

SearchRequest SearchDialog::request() const
{
    SearchRequest request = m_resume->isChecked() ? *m_resumable : m_latest;
    request.resume = m_resume->isChecked();
    request.time_budget_s = m_minutes->value() * seconds_per_minute;
    request.targets.clear();
    for (const int target : m_targets->chosen())
        request.targets.push_back(m_info[std::size_t(target)].name.toStdString());
    if (request.resume)
        return request;
    request.seed = std::uint64_t(m_seed->value());
    request.options = {{"strengths", m_strengths->text().toStdString()},
                       {"charge", m_charge->currentData().toString().toStdString()},
                       {"gate_steps", std::to_string(m_gate_steps->value())},
                       {"tune_steps", std::to_string(m_tune_steps->value())}};
    return request;
}

} // namespace bitdial
