// SPDX-License-Identifier: Apache-2.0
#include "widgets/views/job_bar.h"

#include "widgets/style/figures.h"
#include "widgets/views/fact_grid.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>

#include <algorithm>

namespace bitdial {

JobBar::JobBar(QWidget* parent)
    : QWidget(parent),
      m_job(new QLabel(this)),
      m_progress(new QProgressBar(this)),
      m_left(new QLabel(this)),
      m_cancel(new QPushButton(tr("Cancel"), this)),
      m_saved(new QLabel(this))
{
    constexpr int bar_width = 180;
    constexpr int bar_height = 6;
    constexpr int thousandths = 1000;
    m_progress->setFixedSize(bar_width, bar_height);
    m_progress->setTextVisible(false);
    m_progress->setRange(0, thousandths);
    m_progress->setAccessibleName(tr("Progress of the running job"));
    m_job->setTextFormat(Qt::PlainText);
    m_saved->setTextFormat(Qt::PlainText);
    setLook(m_left, QStringLiteral("secondary"));
    setLook(m_saved, QStringLiteral("secondary"));
    setLook(m_cancel, QStringLiteral("small"));
    m_cancel->setAccessibleName(tr("Cancel the running job"));
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 4, 16, 4);
    row->setSpacing(12);
    for (QWidget* widget : {static_cast<QWidget*>(m_job), static_cast<QWidget*>(m_progress),
                            static_cast<QWidget*>(m_left), static_cast<QWidget*>(m_cancel)})
        row->addWidget(widget);
    row->addStretch(1);
    row->addWidget(m_saved);
    setFixedHeight(std::max(32, m_cancel->sizeHint().height() + 8));
    connect(m_cancel, &QPushButton::clicked, this, [this] {
        setCancelling();
        Q_EMIT cancelRequested();
    });
    setIdle();
}

void JobBar::setJob(const QString& name, const QString& phase, double fraction, double eta_low_s,
                    double eta_high_s)
{
    if (name != m_name)
        m_cancelling = false;
    m_name = name;
    m_job->setText(phase.isEmpty() ? name : name + QStringLiteral(" · ") + phase);
    setLook(m_job, {});
    m_progress->setRange(0, fraction < 0 ? 0 : 1000);
    if (fraction >= 0)
        m_progress->setValue(int(std::clamp(fraction, 0.0, 1.0) * 1000));
    m_left->setText(m_cancelling ? tr("cancelling…") : timeLeft(eta_low_s, eta_high_s));
    m_cancel->setEnabled(!m_cancelling);
    m_progress->show();
    m_left->show();
    m_cancel->show();
}

void JobBar::setCancelling()
{
    m_cancelling = true;
    m_cancel->setEnabled(false);
    m_left->setText(tr("cancelling…"));
}

void JobBar::setIdle()
{
    m_name.clear();
    m_cancelling = false;
    m_job->setText(tr("No job is running"));
    setLook(m_job, QStringLiteral("secondary"));
    m_progress->hide();
    m_left->hide();
    m_cancel->hide();
}

void JobBar::setSaved(const QString& text)
{
    m_saved->setText(text);
}

} // namespace bitdial
