// SPDX-License-Identifier: Apache-2.0
#include "app/window/dialogs/search_dialog.h"

#include "app/window/dialogs/constraint_fields.h"
#include "app/window/dialogs/option_fields.h"
#include "widgets/views/arrow_combo_box.h"
#include "widgets/views/fact_grid.h"

#include <QCheckBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>

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

QStringList namesOf(const std::vector<TargetInfo>& targets)
{
    QStringList names;
    for (const auto& target : targets)
        names << target.name;
    return names;
}

} // namespace

SearchDialog::SearchDialog(const std::vector<TargetInfo>& targets, const SearchMethods& methods,
                           const SearchHistory& history, QWidget* parent)
    : QDialog(parent),
      m_info(targets),
      m_methods(methods),
      m_history(history),
      m_method(new ArrowComboBox(this)),
      m_resume(new QCheckBox(tr("Resume the interrupted search"), this)),
      m_parts(buildDialog(this, tr("Search"), QString(), tr("Search")))
{
    for (const auto& each : m_methods.all())
        m_method->addItem(QString::fromStdString(each->info().title));
    m_method->setAccessibleName(tr("Method"));
    m_parts.form->addRow(tr("&Method"), m_method);
    m_parts.form->addRow(m_resume);
    m_resume->setToolTip(tr("Goes on with the options and the seed that it was begun with"));
    m_targets =
        std::make_unique<TargetChoice>(m_parts.form, tr("Targets"), titlesOf(targets), this);
    buildFields(m_parts.form);
    for (auto* box : m_targets->boxes())
        connect(box, &QCheckBox::toggled, this, &SearchDialog::refresh);
    connect(m_method, &QComboBox::currentIndexChanged, this, &SearchDialog::chooseMethod);
    connect(m_resume, &QCheckBox::toggled, this, &SearchDialog::showChosen);
    chooseMethod();
    // By itself it would take two thirds of the screen's height at most, and squeeze its rows.
    resize(sizeHint());
    fitHeight(this);
}

SearchDialog::~SearchDialog() = default;

void SearchDialog::buildFields(QFormLayout* form)
{
    m_minutes = spin(0, 10000, 0, tr("Time budget"), this);
    m_minutes->setSuffix(tr(" min"));
    m_minutes->setSpecialValueText(tr("none"));
    m_seed = spin(0, std::numeric_limits<int>::max(), 1, tr("Seed"), this);
    m_constraints = new ConstraintFields(namesOf(m_info), form);
    connect(m_constraints, &ConstraintFields::changed, this, &SearchDialog::refresh);
    form->addRow(tr("Time &budget"), m_minutes);
    form->addRow(tr("S&eed"), m_seed);
    m_fault = new QLabel(this);
    m_fault->setWordWrap(true);
    m_fault->setTextFormat(Qt::PlainText);
    setLook(m_fault, QStringLiteral("secondary"));
    auto* column = qobject_cast<QVBoxLayout*>(layout());
    column->insertWidget(column->count() - 1, m_fault); // above the buttons: options come and go
}

const SearchMethod& SearchDialog::method() const
{
    return *m_methods.all()[std::size_t(std::max(0, m_method->currentIndex()))];
}

const SearchRequest* SearchDialog::resumable() const
{
    const auto found = m_history.resumable.find(method().name());
    return found == m_history.resumable.end() ? nullptr : &found->second;
}

void SearchDialog::chooseMethod()
{
    const MethodInfo& info = method().info();
    m_parts.explanation->setText(
        tr("%1 Points appear, and are kept, as they are found.\nSource: %2")
            .arg(QString::fromStdString(info.summary), QString::fromStdString(info.source)));
    m_options.reset(); // its rows go before others come
    m_options = std::make_unique<OptionFields>(info, namesOf(m_info), m_parts.form);
    connect(m_options.get(), &OptionFields::changed, this, &SearchDialog::refresh);
    m_resume->setVisible(resumable() != nullptr);
    m_resume->setChecked(resumable() != nullptr);
    showChosen();
}

void SearchDialog::showRequest(const SearchRequest& request)
{
    m_options->setValues(request.options);
    m_constraints->show(request);
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
    const auto latest = m_history.latest.find(method().name());
    if (m_resume->isChecked() && resumable() != nullptr) {
        showRequest(*resumable());
        showTargets(*resumable());
        m_minutes->setValue(int(std::ceil(resumable()->time_budget_s / seconds_per_minute)));
    } else if (latest != m_history.latest.end()) {
        showRequest(latest->second);
    }
    refresh();
}

void SearchDialog::refresh()
{
    // What a resumed search was begun with decides what it computes: it cannot be changed. One
    // whose targets are not known lets the user name them.
    const bool fixed = m_resume->isChecked();
    m_targets->setEnabled(!fixed || resumable()->targets.empty());
    m_options->setEnabled(!fixed);
    m_constraints->setEnabled(!fixed);
    m_seed->setEnabled(!fixed);
    auto fault = fixed ? QString() : m_options->fault();
    if (!fixed && fault.isEmpty())
        fault = m_constraints->fault();
    m_fault->setText(fault);
    m_fault->setVisible(!fault.isEmpty());
    if (isVisible())
        fitHeight(this);
    m_parts.buttons->button(QDialogButtonBox::Ok)
        ->setEnabled(!m_targets->chosen().empty() && fault.isEmpty());
}

SearchRequest SearchDialog::request() const
{
    SearchRequest request;
    if (m_resume->isChecked())
        request = *resumable();
    request.method = method().name();
    request.resume = m_resume->isChecked();
    request.time_budget_s = m_minutes->value() * seconds_per_minute;
    request.targets.clear();
    for (const int target : m_targets->chosen())
        request.targets.push_back(m_info[std::size_t(target)].name.toStdString());
    if (request.resume)
        return request;
    request.seed = std::uint64_t(m_seed->value());
    request.options = m_options->values();
    request.budgets = m_constraints->budgets();
    request.locks = m_constraints->locks();
    return request;
}

} // namespace bitdial
