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
namespace {

constexpr int thousandths = 1000;
constexpr int least_height = 32;

} // namespace

/// One running job.
class JobLine : public QWidget {
public:
    explicit JobLine(JobBar* bar)
        : QWidget(bar),
          m_name(new QLabel(this)),
          m_progress(new QProgressBar(this)),
          m_left(new QLabel(this)),
          m_cancel(new QPushButton(JobBar::tr("Cancel"), this))
    {
        constexpr int bar_width = 180;
        constexpr int bar_height = 6;
        m_progress->setFixedSize(bar_width, bar_height);
        m_progress->setTextVisible(false);
        m_name->setTextFormat(Qt::PlainText);
        setLook(m_left, QStringLiteral("secondary"));
        setLook(m_cancel, QStringLiteral("small"));
        auto* row = new QHBoxLayout(this);
        row->setContentsMargins(0, 0, 0, 0);
        row->setSpacing(12);
        for (QWidget* widget : {static_cast<QWidget*>(m_name), static_cast<QWidget*>(m_progress),
                                static_cast<QWidget*>(m_left), static_cast<QWidget*>(m_cancel)})
            row->addWidget(widget);
        row->addStretch(1);
        connect(m_cancel, &QPushButton::clicked, bar,
                [this, bar] { Q_EMIT bar->cancelRequested(m_number); });
    }

    void setJob(const JobStatus& job)
    {
        m_number = job.number;
        m_name->setText(job.phase.isEmpty() ? job.name
                                            : job.name + QStringLiteral(" · ") + job.phase);
        m_progress->setRange(0, job.fraction < 0 ? 0 : thousandths);
        if (job.fraction >= 0)
            m_progress->setValue(int(std::clamp(job.fraction, 0.0, 1.0) * thousandths));
        m_progress->setAccessibleName(JobBar::tr("Progress of %1").arg(job.name));
        m_left->setText(job.is_cancelling ? JobBar::tr("cancelling…")
                                          : timeLeft(job.eta_low_s, job.eta_high_s));
        m_cancel->setEnabled(!job.is_cancelling);
        m_cancel->setAccessibleName(JobBar::tr("Cancel %1").arg(job.name));
        show();
    }

private:
    int m_number = 0;
    QLabel* m_name;
    QProgressBar* m_progress;
    QLabel* m_left;
    QPushButton* m_cancel;
};

JobBar::JobBar(QWidget* parent)
    : QWidget(parent),
      m_list(new QVBoxLayout),
      m_idle(new QLabel(tr("No job is running"), this)),
      m_saved(new QLabel(this))
{
    m_saved->setTextFormat(Qt::PlainText);
    setLook(m_idle, QStringLiteral("secondary"));
    setLook(m_saved, QStringLiteral("secondary"));
    m_list->setSpacing(2);
    m_list->addWidget(m_idle);
    m_lines.push_back(new JobLine(this));
    m_list->addWidget(m_lines.back());
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 4, 16, 4);
    row->setSpacing(12);
    row->addLayout(m_list, 1);
    row->addWidget(m_saved);
    // As high without a job as with one: the window above must not jump.
    setMinimumHeight(std::max(least_height, m_lines.back()->sizeHint().height() + 8));
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    setJobs({});
}

void JobBar::setJobs(const std::vector<JobStatus>& jobs)
{
    while (m_lines.size() < jobs.size()) {
        m_lines.push_back(new JobLine(this));
        m_list->addWidget(m_lines.back());
    }
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        if (i < jobs.size())
            m_lines[i]->setJob(jobs[i]);
        else
            m_lines[i]->hide();
    }
    m_idle->setVisible(jobs.empty());
}

void JobBar::setSaved(const QString& text)
{
    m_saved->setText(text);
}

} // namespace bitdial
