// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/point_panel.h"

#include "widgets/models/point_text.h"
#include "widgets/style/figures.h"
#include "widgets/views/change_bars.h"
#include "widgets/views/fact_grid.h"

#include <QLabel>
#include <QLocale>
#include <QPushButton>
#include <QVBoxLayout>

#include <algorithm>

namespace bitdial {
namespace {

QString better()
{
    return QStringLiteral("better");
}

QString worse()
{
    return QStringLiteral("worse");
}

const PointCost* costOn(const std::optional<PointRow>& row, int target)
{
    if (!row || std::size_t(target) >= row->costs.size() ||
        !row->costs[std::size_t(target)].infeasible_reason.empty())
        return nullptr;
    return &row->costs[std::size_t(target)];
}

/// "1.50 ms", "~ 1.50 ms" where figures of the target are unverified.
QString latencyText(const PointCost& cost)
{
    return (cost.estimated ? QStringLiteral("~ ") : QString()) + milliseconds(cost.latency_ms);
}

QString estimatesText()
{
    return PointPanel::tr("~ some of its figures are unverified");
}

/// The accuracy of the same rung on the same samples.
const Accuracy* sameMeasurement(const DesignPoint& point, const Accuracy& accuracy)
{
    const auto found = std::ranges::find_if(point.accuracies, [&](const Accuracy& other) {
        return other.rung == accuracy.rung && other.role == accuracy.role &&
               other.samples == accuracy.samples;
    });
    return found == point.accuracies.end() ? nullptr : &*found;
}

/// A difference with its sign, and a word for readers who do not see the colour.
Fact difference(const QString& name, double value, const QString& text, bool less_is_better)
{
    Fact fact{name, text};
    const bool is_better = less_is_better ? value < 0 : value > 0;
    if (value != 0) {
        fact.look = is_better ? better() : worse();
        fact.tool_tip = is_better ? PointPanel::tr("better") : PointPanel::tr("worse");
    }
    return fact;
}

} // namespace

PointPanel::PointPanel(QWidget* parent) : QWidget(parent)
{
    setAccessibleName(tr("Selected point"));
    build();
    refresh();
}

QLabel* PointPanel::addHeading(QVBoxLayout* column, const QString& text)
{
    constexpr int gap = 16;
    column->addSpacing(gap);
    auto* label = new QLabel(text, this);
    setLook(label, QStringLiteral("heading"));
    column->addWidget(label);
    return label;
}

void PointPanel::build()
{
    auto* outer = new QVBoxLayout(this);
    outer->setContentsMargins(14, 16, 14, 14);
    outer->setSpacing(6);
    m_title = new QLabel(this);
    setLook(m_title, QStringLiteral("heading"));
    outer->addWidget(m_title);
    m_empty =
        new QLabel(tr("Select a point in a chart to see what it is and what it costs."), this);
    m_empty->setWordWrap(true);
    setLook(m_empty, QStringLiteral("secondary"));
    outer->addWidget(m_empty);
    m_content = new QWidget(this);
    outer->addWidget(m_content);
    outer->addStretch(1);

    auto* column = new QVBoxLayout(m_content);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(5);
    const auto add = [&](auto* widget) {
        column->addWidget(widget);
        return widget;
    };
    m_latency = add(new QLabel(this));
    m_latency_facts = add(new FactGrid(this));
    m_top1 = add(new QLabel(this));
    m_top1_facts = add(new FactGrid(this));
    m_measuring = add(new QLabel(this));
    for (auto* figure : {m_latency, m_top1})
        setLook(figure, QStringLiteral("figure"));
    setLook(m_measuring, QStringLiteral("secondary"));
    m_measuring->hide();
    addHeading(column, tr("On every target"));
    m_target_facts = add(new FactGrid(this));
    m_changes_heading = addHeading(column, {});
    m_changes = add(new ChangeBars(this));
    m_no_changes = add(new QLabel(this));
    m_no_changes->setWordWrap(true);
    setLook(m_no_changes, QStringLiteral("secondary"));
    addHeading(column, tr("Where it came from"));
    m_origin = add(new FactGrid(this));
    m_parent = new QPushButton(this);
    setLook(m_parent, QStringLiteral("small"));
    column->addWidget(m_parent, 0, Qt::AlignLeft);
    connect(m_parent, &QPushButton::clicked, this, [this] {
        if (m_row)
            Q_EMIT parentActivated(m_row->point.provenance.parent);
    });
}

void PointPanel::setLayerNames(const QStringList& names)
{
    m_layer_names = names;
    refresh();
}

void PointPanel::setRungChoice(PointModel::RungChoice choice)
{
    m_rung_choice = choice;
    refresh();
}

void PointPanel::setPoint(const PointRow* row, const PointRow* reference,
                          const std::vector<TargetInfo>& targets, const Accuracy* accuracy)
{
    m_row = row == nullptr ? std::nullopt : std::optional(*row);
    m_accuracy = accuracy == nullptr ? std::nullopt : std::optional(*accuracy);
    if (m_row && m_row->costs.size() != targets.size())
        m_row->costs.clear(); // of other targets: to say nothing is better than to mix them up
    m_reference = reference == nullptr ? std::nullopt : std::optional(*reference);
    m_targets = targets;
    m_layer_costs.clear();
    m_reference_layer_costs.clear();
    refresh();
}

void PointPanel::setLayerCosts(std::vector<NetworkCost> point, std::vector<NetworkCost> reference)
{
    m_layer_costs = std::move(point);
    m_reference_layer_costs = std::move(reference);
    refresh();
}

void PointPanel::setMainTarget(int target)
{
    m_main_target = target;
    refresh();
}

void PointPanel::setMeasuring(const QString& text)
{
    m_measuring->setText(text);
    m_measuring->setVisible(!text.isEmpty());
}

void PointPanel::refresh()
{
    m_content->setVisible(m_row.has_value());
    m_empty->setVisible(!m_row);
    m_title->setText(m_row ? tr("Selected point %1").arg(m_row->point.id) : tr("Selected point"));
    if (!m_row)
        return;
    if (std::size_t(m_main_target) >= m_targets.size())
        m_main_target = 0;
    refreshLatency();
    refreshAccuracy();
    refreshTargets();
    refreshChanges();
    refreshOrigin();
}

void PointPanel::refreshLatency()
{
    const auto* cost = costOn(m_row, m_main_target);
    const auto* reference = costOn(m_reference, m_main_target);
    m_latency->setVisible(!m_row->costs.empty());
    m_latency_facts->setVisible(!m_row->costs.empty());
    if (m_row->costs.empty())
        return; // a float reference runs on no target
    m_latency->setText(cost == nullptr ? tr("cannot run") : latencyText(*cost));
    m_latency->setToolTip(cost != nullptr && cost->estimated ? estimatesText() : QString());
    std::vector<Fact> facts;
    const auto& target = m_targets[std::size_t(m_main_target)].short_title;
    if (cost != nullptr && reference != nullptr) {
        const double change = (cost->latency_ms / reference->latency_ms - 1) * 100;
        facts.push_back(difference(tr("vs 8/8 on %1").arg(target), change,
                                   tr("%1 %").arg(signedNumber(change)), true));
    } else {
        facts.push_back({tr("on %1").arg(target), {}});
    }
    if (const auto* measured = m_row->measuredOn(m_main_target)) {
        Fact fact{tr("measured"), measuredLatencyText(*measured)};
        fact.tool_tip = measuredLatencyHow(*measured);
        if (measured->stale)
            fact.look = worse();
        facts.push_back(fact);
    }
    m_latency_facts->setFacts(facts);
}

void PointPanel::refreshAccuracy()
{
    std::vector<Fact> facts;
    m_top1->setText(m_accuracy ? percent(m_accuracy->top1()) : QStringLiteral("–"));
    if (!m_accuracy) {
        facts.push_back({m_rung_choice ? tr("no %1 accuracy yet").arg(rungTitle(*m_rung_choice))
                                       : tr("accuracy not measured yet"),
                         {}});
        m_top1_facts->setFacts(facts);
        return;
    }
    facts.push_back({measuredHow(*m_accuracy),
                     QStringLiteral("n = %1").arg(QLocale().toString(m_accuracy->samples))});
    facts.push_back({tr("95 % interval"), intervalText(*m_accuracy)});
    const auto* reference =
        m_reference ? sameMeasurement(m_reference->point, *m_accuracy) : nullptr;
    if (reference != nullptr) {
        const double points = (m_accuracy->top1() - reference->top1()) * 100;
        facts.push_back(
            difference(tr("vs 8/8"), points, tr("%1 points").arg(signedNumber(points)), false));
    } else if (m_reference) {
        facts.push_back({tr("vs 8/8"), tr("not measured alike")});
    }
    const auto* integer = m_row->point.accuracy(Rung::Integer);
    const auto* fake = m_row->point.accuracy(Rung::Fake);
    if (integer != nullptr && fake != nullptr && integer->role == fake->role &&
        integer->samples == fake->samples) {
        const double points = (integer->top1() - fake->top1()) * 100;
        facts.push_back({tr("vs fake-quantized"), tr("%1 points").arg(signedNumber(points, 2))});
    }
    m_top1_facts->setFacts(facts);
}

void PointPanel::refreshTargets()
{
    std::vector<Fact> facts;
    for (int t = 0; t < int(m_targets.size()) && !m_row->costs.empty(); ++t) {
        const auto* cost = costOn(m_row, t);
        const auto& all = m_row->costs[std::size_t(t)];
        Fact fact{m_targets[std::size_t(t)].short_title, {}};
        fact.target = t;
        if (cost == nullptr) {
            fact.value = tr("cannot run");
            fact.look = worse();
            fact.tool_tip = QString::fromStdString(all.infeasible_reason);
        } else {
            fact.value = latencyText(*cost);
            fact.tool_tip = tr("%1 cycles").arg(QLocale().toString(cost->latency_cycles, 'f', 0));
            if (cost->estimated)
                fact.tool_tip += u'\n' + estimatesText();
        }
        facts.push_back(fact);
    }
    if (const auto* cost = costOn(m_row, m_main_target)) {
        Fact weights{tr("Weights"), kilobytes(cost->weight_bytes)};
        weights.tool_tip =
            tr("%1 of flash with the code's reserve").arg(kilobytes(cost->flash_bytes));
        facts.push_back(weights);
        facts.push_back(
            {tr("Peak L1 / L2"), QStringLiteral("%1 / %2").arg(kilobytes(cost->peak_l1_bytes),
                                                               kilobytes(cost->peak_l2_bytes))});
        if (cost->energy_uj)
            facts.push_back(
                {tr("Energy"), tr("%1 µJ").arg(QLocale().toString(*cost->energy_uj, 'f', 1))});
    }
    if (facts.empty())
        facts.push_back({tr("The float network runs on no target."), {}});
    m_target_facts->setFacts(facts);
}

void PointPanel::refreshChanges()
{
    const auto* cost = costOn(m_row, m_main_target);
    const auto* reference = costOn(m_reference, m_main_target);
    std::vector<LayerChange> changes;
    const auto target = std::size_t(m_main_target);
    const auto layers = std::min(m_layer_costs.size(), m_reference_layer_costs.size());
    if (cost != nullptr && reference != nullptr && target < layers)
        changes =
            layerChanges(m_layer_costs[target], m_reference_layer_costs[target], m_layer_names);
    m_changes_heading->setText(
        m_targets.size() < 2
            ? tr("Cycles vs 8/8")
            : tr("Cycles vs 8/8 on %1").arg(m_targets[std::size_t(m_main_target)].short_title));
    m_no_changes->setText(reference == nullptr
                              ? tr("There is no uniform 8/8 point to compare with.")
                          : cost == nullptr ? tr("It does not run there.")
                                            : tr("Every layer takes the same cycles."));
    m_changes->setVisible(!changes.empty());
    m_no_changes->setVisible(changes.empty());
    m_changes->setChanges(std::move(changes));
}

void PointPanel::refreshOrigin()
{
    const auto& from = m_row->point.provenance;
    std::vector<Fact> facts = {{tr("Method"), originText(from)}};
    if (!from.label.empty())
        facts.push_back({tr("Label"), QString::fromStdString(from.label)});
    if (!from.target.empty()) {
        const auto name = QString::fromStdString(from.target);
        const auto target = std::ranges::find(m_targets, name, &TargetInfo::name);
        facts.push_back(
            {tr("Optimised for"), target == m_targets.end() ? name : target->short_title});
    }
    if (m_row->stale)
        facts.push_back({tr("Stale"), tr("measured on other data"), worse(),
                         tr("The project's data is not what the accuracies were measured on.")});
    if (from.method == "free-bits")
        facts.push_back({tr("Seed"), QString::number(from.seed)});
    m_origin->setFacts(facts);
    m_parent->setVisible(from.parent != 0);
    m_parent->setText(from.role == PointRole::Refined ? tr("From stage-1 point %1").arg(from.parent)
                                                      : tr("From point %1").arg(from.parent));
}

} // namespace bitdial
