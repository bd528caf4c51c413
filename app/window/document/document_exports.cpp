// SPDX-License-Identifier: Apache-2.0
// The document's jobs about what is deployed: exporting, verifying, comparing rungs.
#include "app/window/document/document.h"
#include "core/base/shown_name.h"

#include <QLocale>

namespace bitdial {

const ImageSubset& Document::shownSamples() const
{
    return m_open.data.test.size() > 0 ? m_open.data.test : m_open.data.validation;
}

void Document::exportPoint(const ExportOrder& order)
{
    const auto* row = m_points.find(order.point);
    const bool has_target = std::size_t(order.target) < m_open.profiles.size();
    if (row == nullptr || (infoOf(order.format).facts.has_target && !has_target))
        return;
    if (m_copying) {
        m_after_copy.emplace_back([this, order] { exportPoint(order); });
        return;
    }
    ExportWork work{m_open.path, m_open.network, row->point, nullptr, shownSamples(), order};
    if (has_target)
        work.profile = m_open.profiles[std::size_t(order.target)];
    const auto outcome = std::make_shared<ExportOutcome>();
    m_works.add({tr("Exporting point %1").arg(order.point),
                 [work, outcome](JobContext& context) { runExport(work, context, *outcome); },
                 [this, outcome, order] { tellExported(order, *outcome); },
                 [this, outcome, order](const ErrorDetails& error) {
                     exportFailed(order, outcome->is_written, error);
                 }});
}

void Document::tellExported(const ExportOrder& order, const ExportOutcome& outcome)
{
    const auto folder = QString::fromStdString(order.folder.string());
    if (infoOf(order.format).facts.can_be_verified)
        m_last_export = order.folder;
    auto text = tr("Exported to %1.").arg(folder);
    if (const auto& verified = outcome.verified)
        text = tr("Exported to %1 and verified: every one of %2 layers is equal bit for bit on %3 "
                  "images (%4).")
                   .arg(folder)
                   .arg(verified->layers)
                   .arg(verified->images)
                   .arg(QString::fromStdString(verified->runner));
    if (const auto& replaced = outcome.written.replaced)
        text += u' ' + tr("It replaced the export of %1 there.")
                           .arg(QString::fromStdString(shownName(*replaced)));
    const auto losses = int(outcome.written.losses.size());
    if (losses == 1)
        text += u' ' + tr("Its report lists 1 loss.");
    else if (losses > 1)
        text += u' ' + tr("Its report lists %1 losses.").arg(QLocale().toString(losses));
    Q_EMIT exported(text, outcome.report);
}

/// A folder that was written stays: the user must know that nothing vouches for it.
void Document::exportFailed(const ExportOrder& order, bool is_written, const ErrorDetails& error)
{
    if (error.code != ErrorCode::Cancelled)
        Q_EMIT failed(error);
    else if (is_written)
        Q_EMIT noticed(tr("Point %1 was written to %2 but not verified: the export was cancelled. "
                          "Export it again before you use it.")
                           .arg(order.point)
                           .arg(QString::fromStdString(order.folder.string())));
}

void Document::verify(const VerifyOrder& order)
{
    const auto result = std::make_shared<VerifyResult>();
    m_verify_job = m_works.add(
        {tr("Verifying an export"),
         [order, result](JobContext& context) {
             *result = verifyExport(order.folder, order.options, context.stop(), [&](double done) {
                 context.progress({tr("building and running"), done, -1, -1});
             });
         },
         [this, result] { Q_EMIT verified(result); },
         [this](const ErrorDetails& error) { Q_EMIT verifyFailed(error); }});
}

void Document::cancelVerify()
{
    m_works.cancel(m_verify_job);
}

void Document::compareRungs(const RungOrder& order)
{
    const auto* row = m_points.find(order.point);
    if (row == nullptr || row->point.state_hash.empty() || !m_open.hasData()) {
        Q_EMIT rungsFailed({ErrorCode::Usage, tr("There is nothing to compare").toStdString(),
                            tr("point %1").arg(order.point).toStdString(),
                            tr("it is not there or not measured").toStdString(),
                            tr("Choose a measured point").toStdString()});
        return;
    }
    if (m_copying) {
        m_after_copy.emplace_back([this, order] { compareRungs(order); });
        return;
    }
    const auto role = m_open.data.test.size() > 0 ? DataRole::Test : DataRole::Validation;
    const RungWork work{m_open.path, m_open.network,     row->point, shownSamples(),
                        role,        measuringThreads(), order};
    const auto report = std::make_shared<RungReport>();
    m_rungs_job = m_works.add(
        {tr("Comparing rungs"),
         [work, report](JobContext& context) { *report = bitdial::compareRungs(work, context); },
         [this, report] { Q_EMIT rungsCompared(report); },
         [this](const ErrorDetails& error) { Q_EMIT rungsFailed(error); }});
}

void Document::cancelRungs()
{
    m_works.cancel(m_rungs_job);
}

} // namespace bitdial
