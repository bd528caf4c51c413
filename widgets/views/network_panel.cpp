// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/network_panel.h"

#include "widgets/models/point_model.h"
#include "widgets/style/figures.h"
#include "widgets/style/theme.h"
#include "widgets/views/arrow_combo_box.h"
#include "widgets/views/fact_grid.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLocale>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace bitdial {
namespace {

constexpr int heading_gap = 18;

QLabel* heading(const QString& text, QWidget* parent)
{
    auto* label = new QLabel(text, parent);
    setLook(label, QStringLiteral("heading"));
    return label;
}

/// A check box whose indicator is the target's dot: full when shown, hollow when hidden.
class TargetBox : public QCheckBox {
public:
    TargetBox(const QString& text, int target, QWidget* parent)
        : QCheckBox(text, parent), m_target(target)
    {
        setCursor(Qt::PointingHandCursor);
    }
    QSize sizeHint() const override
    {
        return {text_left + fontMetrics().horizontalAdvance(text()) + margin,
                fontMetrics().height() + 12};
    }
    QSize minimumSizeHint() const override { return {text_left, sizeHint().height()}; }

protected:
    bool hitButton(const QPoint& position) const override { return rect().contains(position); }
    void paintEvent(QPaintEvent*) override
    {
        const auto& theme = Theme::of(palette());
        const auto accent = theme.accent(m_target);
        QPainter painter(this);
        painter.setRenderHint(QPainter::Antialiasing);
        if (underMouse() || hasFocus()) {
            painter.setPen(hasFocus() ? QPen(accent, 1) : QPen(Qt::NoPen));
            painter.setBrush(theme.selection);
            painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5);
        }
        painter.setPen(QPen(accent, 1.5));
        painter.setBrush(isChecked() ? QBrush(accent) : QBrush(Qt::NoBrush));
        painter.drawEllipse(QPointF(margin + dot, rect().center().y() + 0.5), dot, dot);
        painter.setPen(isChecked() ? theme.text : theme.secondary);
        const auto room = rect().adjusted(text_left, 0, -margin / 2, 0);
        painter.drawText(room, Qt::AlignVCenter | Qt::TextSingleLine,
                         fontMetrics().elidedText(text(), Qt::ElideRight, room.width()));
    }

private:
    static constexpr int margin = 8;
    static constexpr double dot = 4.5;
    static constexpr int text_left = 26;
    int m_target;
};

QString targetToolTip(const TargetInfo& target)
{
    QStringList lines = {target.title, target.facts()};
    if (!target.description.isEmpty())
        lines << target.description;
    if (!target.estimates.isEmpty())
        lines << QString() << NetworkPanel::tr("~ Unverified figures:");
    for (const auto& estimate : target.estimates)
        lines << QStringLiteral("• ") + estimate;
    for (auto& line : lines)
        line = line.toHtmlEscaped();
    // Rich text wraps; plain text would make one very wide line.
    return QStringLiteral("<qt>") + lines.join(QStringLiteral("<br/>")) + QStringLiteral("</qt>");
}

} // namespace

NetworkPanel::NetworkPanel(QWidget* parent)
    : QWidget(parent),
      m_name(new QLabel(this)),
      m_facts(new FactGrid(this)),
      m_unsupported(new QLabel(this)),
      m_check(new QPushButton(tr("Check…"), this))
{
    setAccessibleName(tr("Network and targets"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 16, 14, 14);
    column->setSpacing(7);
    column->addWidget(heading(tr("Network"), this));
    m_name->setTextFormat(Qt::PlainText);
    setLook(m_name, QStringLiteral("name"));
    column->addWidget(m_name);
    column->addWidget(m_facts);
    m_unsupported->setTextFormat(Qt::PlainText);
    m_unsupported->setWordWrap(true);
    setLook(m_unsupported, QStringLiteral("worse"));
    column->addWidget(m_unsupported);
    setLook(m_check, QStringLiteral("small"));
    m_check->setToolTip(tr("What became of every node, what the targets cannot run, and some "
                           "samples as the network is given them"));
    column->addWidget(m_check, 0, Qt::AlignLeft);
    connect(m_check, &QPushButton::clicked, this, &NetworkPanel::checkRequested);
    buildTargets(column);
    buildShow(column);
    column->addStretch(1);
    setNetwork({});
}

void NetworkPanel::buildTargets(QVBoxLayout* column)
{
    column->addSpacing(heading_gap);
    column->addWidget(heading(tr("Targets"), this));
    m_target_list = new QVBoxLayout;
    m_target_list->setSpacing(2);
    column->addLayout(m_target_list);
    m_add = new QPushButton(tr("Add profile…"), this);
    setLook(m_add, QStringLiteral("small"));
    m_add->setToolTip(tr("Open a hardware profile (JSON) as a further target"));
    column->addWidget(m_add, 0, Qt::AlignLeft);
    connect(m_add, &QPushButton::clicked, this, &NetworkPanel::addProfileRequested);
}

void NetworkPanel::buildShow(QVBoxLayout* column)
{
    column->addSpacing(heading_gap);
    column->addWidget(heading(tr("Show"), this));
    m_rung = new ArrowComboBox(this);
    m_rung->addItem(tr("most trusted"));
    for (const auto rung : {Rung::Device, Rung::Integer, Rung::Fake})
        m_rung->addItem(rungTitle(rung), int(rung));
    m_rung->setAccessibleName(tr("Accuracy shown"));
    m_rung->setToolTip(tr("How the accuracies shown were obtained. Most trusted: integer, else "
                          "device, else fake-quantized, whichever the project has; a point "
                          "without it shows its own best."));
    auto* label = new QLabel(tr("&Accuracy"), this);
    label->setBuddy(m_rung);
    auto* row = new QHBoxLayout;
    row->addWidget(label);
    row->addStretch(1);
    row->addWidget(m_rung);
    column->addLayout(row);
    connect(m_rung, &QComboBox::activated, this, [this](int index) {
        const auto rung = m_rung->itemData(index);
        Q_EMIT rungChosen(rung.isValid() ? std::optional(Rung(rung.toInt())) : std::nullopt);
    });
}

void NetworkPanel::setNetwork(const NetworkSummary& summary)
{
    const bool open = !summary.name.isEmpty();
    m_full_name = open ? summary.name : tr("No network is open");
    m_name->setToolTip(summary.name);
    elideName();
    setLook(m_name, open ? QStringLiteral("name") : QStringLiteral("secondary"));
    const auto count = [](std::int64_t value) { return shortCount(double(value)); };
    const auto unsupported = summary.unsupported.size();
    std::vector<Fact> facts = {
        {tr("Layers"), tr("%1 quantizable").arg(summary.quantizable_layers)},
        {tr("MACs"), count(summary.macs), {}, QLocale().toString(qlonglong(summary.macs))},
        {tr("Parameters"),
         count(summary.parameters),
         {},
         QLocale().toString(qlonglong(summary.parameters))},
        {tr("Float top-1"), summary.float_top1, {}, summary.float_tool_tip}};
    if (!summary.float_detail.isEmpty())
        facts.push_back({{}, summary.float_detail, QStringLiteral("secondary")});
    facts.push_back({tr("Unsupported"), unsupported == 0   ? tr("none")
                                        : unsupported == 1 ? tr("1 node")
                                                           : tr("%1 nodes").arg(unsupported)});
    m_facts->setFacts(std::move(facts));
    m_facts->setVisible(open);
    m_check->setEnabled(open);
    constexpr qsizetype most = 4;
    auto lines = summary.unsupported.mid(0, most);
    if (unsupported > most)
        lines << tr("and %1 more").arg(unsupported - most);
    m_unsupported->setText(lines.join(u'\n'));
    m_unsupported->setToolTip(summary.unsupported.join(u'\n'));
    m_unsupported->setVisible(unsupported > 0);
}

void NetworkPanel::elideName()
{
    const auto margins = layout()->contentsMargins();
    const int room = width() - margins.left() - margins.right();
    m_name->setText(m_name->fontMetrics().elidedText(m_full_name, Qt::ElideRight, room));
    m_name->setAccessibleName(m_full_name);
}

void NetworkPanel::resizeEvent(QResizeEvent* event)
{
    QWidget::resizeEvent(event);
    elideName();
}

void NetworkPanel::setTargets(const std::vector<TargetInfo>& targets)
{
    for (auto* box : m_targets)
        delete box;
    m_targets.clear();
    for (int t = 0; t < int(targets.size()); ++t) {
        const auto& target = targets[std::size_t(t)];
        const auto text =
            target.estimates.isEmpty() ? target.title : target.title + QStringLiteral(" ~");
        auto* box = new TargetBox(text, t, this);
        box->setChecked(true);
        box->setToolTip(targetToolTip(target));
        box->setAccessibleName(tr("Show %1").arg(target.title));
        box->setAccessibleDescription(
            target.estimates.isEmpty() ? target.facts()
                                       : tr("%1; some figures are unverified").arg(target.facts()));
        connect(box, &QCheckBox::toggled, this,
                [this, t](bool visible) { Q_EMIT targetToggled(t, visible); });
        m_target_list->addWidget(box);
        QWidget::setTabOrder(t == 0 ? static_cast<QWidget*>(this) : m_targets.back(), box);
        m_targets.push_back(box);
    }
    if (!m_targets.empty())
        QWidget::setTabOrder(m_targets.back(), m_add);
    QWidget::setTabOrder(m_add, m_rung);
}

} // namespace bitdial
