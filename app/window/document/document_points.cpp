// SPDX-License-Identifier: Apache-2.0
// The document's points: what is selected, editing by hand, measuring.
#include "app/window/document/document.h"
#include "app/window/document/hand_edit.h"
#include "core/learning/threads.h"

#include <algorithm>

namespace bitdial {

int Document::measuringThreads() const
{
    if (!m_searches.isIdle())
        return 1; // the search has the cores; an edit still gets its answer
    return usualThreads();
}

/// The layer table shows the selected point; without one, or for a float reference, uniform 8/8.
void Document::showSelected()
{
    if (!isOpen())
        return;
    const auto* row = m_points.find(m_points.selected());
    if (row == nullptr || row->point.assignment.empty())
        row = &m_open.uniform;
    m_costs = layerCostsOf(row->point.assignment, m_open.models);
    m_layers.setAssignment(row->point.assignment, m_costs);
    measureIfNeeded(row->point.id);
}

BitAssignment Document::edited(const BitEdit& edit, QString* text) const
{
    auto bits = m_layers.assignment();
    QString what;
    int before = 0;
    if (edit.kind == BitEdit::Kind::Weights) {
        const auto& layer = m_open.network->layer(edit.index);
        before = bits.weightBits(edit.index);
        bits.setWeightBits(edit.index, edit.bits);
        what = tr("%1 weights").arg(QString::fromStdString(layer.name));
    } else {
        const ActivationGroups groups(*m_open.network);
        const int tensor = groups.members(edit.index).front();
        before = bits.activationBits(tensor);
        groups.setBits(bits, edit.index, edit.bits);
        what = QString::fromStdString(m_open.network->tensor(tensor).name);
    }
    *text = tr("%1 %2 → %3").arg(what).arg(before).arg(edit.bits);
    return bits;
}

void Document::edit(const BitEdit& edit)
{
    if (!isOpen())
        return;
    if (m_storing) {
        m_waiting.emplace_back([this, edit] { this->edit(edit); });
        return;
    }
    const auto hand = std::make_shared<HandPoint>();
    hand->point.assignment = edited(edit, &hand->text);
    if (hand->point.assignment == m_layers.assignment())
        return;
    const auto* selected = m_points.find(m_points.selected());
    hand->selected_before = m_points.selected();
    auto& from = hand->point.provenance;
    from.method = "hand";
    from.role = PointRole::Hand;
    from.label = hand->text.toStdString();
    from.network_hash = m_open.network->hash();
    from.data_hash = m_open.data.hash;
    if (selected != nullptr && !selected->point.assignment.empty()) {
        from.parent = selected->point.id;
        // The user went on: nobody waits for the accuracy of what was passed through.
        if (selected->point.provenance.method == "hand")
            stopMeasuring(selected->point.id);
    }
    m_undo.push(new HandEdit(this, hand));
}

void Document::undo()
{
    whenStored([this] { m_undo.undo(); });
}

void Document::redo()
{
    whenStored([this] { m_undo.redo(); });
}

/// Shows the costs at once; the point itself appears when it is in the file.
void Document::insertHand(const std::shared_ptr<HandPoint>& hand)
{
    const auto& bits = hand->point.assignment;
    m_costs = layerCostsOf(bits, m_open.models);
    m_layers.setAssignment(bits, m_costs);
    const auto id = std::make_shared<std::int64_t>(0);
    store([id, point = hand->point,
           state = hand->state](Project& project) { *id = project.addPoint(point, state.get()); },
          [this, id, hand] {
              hand->point.id = *id;
              m_hands[*id] = hand;
              // Costed anew: the targets may have changed since.
              m_points.append({{hand->point, costsOf(hand->point.assignment, m_open.models)}});
              m_points.setSelected(*id);
              measureIfNeeded(*id);
          },
          [this, hand] {
              hand->failed = true;
              m_undo.undo(); // drops the command
              showSelected();
          });
}

void Document::removeHand(const std::shared_ptr<HandPoint>& hand)
{
    const auto id = hand->point.id;
    stopMeasuring(id);
    m_points.remove(id);
    m_points.setSelected(hand->selected_before);
    showSelected();
    store([id](Project& project) { project.removePoint(id); }, [] {},
          [this, hand] {
              m_points.append({{hand->point, costsOf(hand->point.assignment, m_open.models)}});
          });
}

/// A search tells of test accuracies at its end only. Once it has, hand-made points are measured on
/// test samples too: else they would hold the front on validation.
bool Document::needsTest() const
{
    return m_open.data.test.size() > 0 &&
           std::ranges::any_of(m_points.rows(), [](const PointRow& row) {
               return row.point.accuracy(Rung::Integer, DataRole::Test) != nullptr;
           });
}

const DesignPoint* Document::ancestorWithState(const DesignPoint& point) const
{
    const auto* row = m_points.find(point.provenance.parent);
    while (row != nullptr && row->point.state_hash.empty())
        row = m_points.find(row->point.provenance.parent);
    return row == nullptr ? nullptr : &row->point;
}

void Document::measureIfNeeded(std::int64_t id)
{
    if (m_copying)
        return; // measureAgain() follows
    const auto* row = m_points.find(id);
    if (row == nullptr || row->point.provenance.method != "hand" || !m_open.hasData() ||
        !m_open.network->hasParameters() || m_measuring.contains(id))
        return;
    const auto* accuracy = row->point.accuracy(Rung::Integer);
    if (accuracy == nullptr || (needsTest() && accuracy->role != DataRole::Test))
        measure(row->point);
}

void Document::measure(const DesignPoint& point)
{
    MeasureRequest request{m_open.network, m_open.data,       point, {}, {},
                           needsTest(),    measuringThreads()};
    if (const auto* base = ancestorWithState(point)) {
        request.base_bits = base->assignment;
        request.base_state_hash = base->state_hash;
    }
    const auto id = point.id;
    const int generation = m_generation;
    const auto found = [this, id, generation](const Measured& measured) {
        if (generation == m_generation)
            takeMeasured(id, measured);
    };
    const auto job = std::make_shared<int>(0);
    const auto ended = [this, id, generation, job] {
        if (generation != m_generation)
            return;
        const auto entry = m_measuring.find(id);
        if (entry != m_measuring.end() && entry->second == *job)
            m_measuring.erase(entry);
        Q_EMIT measuringChanged();
    };
    *job = m_measurements.add({tr("Measuring point %1").arg(id),
                               [path = m_open.path, request, found](JobContext& context) {
                                   measureInJob(path, request, context, found);
                               },
                               ended,
                               [ended, fail = failIfStillOpen()](const ErrorDetails& error) {
                                   ended();
                                   fail(error);
                               }});
    m_measuring[id] = *job;
    Q_EMIT measuringChanged();
}

void Document::stopMeasuring(std::int64_t id)
{
    const auto entry = m_measuring.find(id);
    if (entry == m_measuring.end())
        return;
    const int job = entry->second;
    m_measuring.erase(entry);
    m_measurements.cancel(job);
}

void Document::takeMeasured(std::int64_t id, const Measured& measured)
{
    const auto* row = m_points.find(id);
    const auto known = m_hands.find(id);
    const auto hand = known == m_hands.end() ? nullptr : known->second.lock();
    if (hand) {
        hand->state = measured.state;
        hand->point.state_hash = measured.state->hash;
        hand->point.accuracies.push_back(measured.accuracy);
    }
    if (row == nullptr)
        return; // undone meanwhile
    auto point = row->point;
    point.state_hash = measured.state->hash;
    point.accuracies.push_back(measured.accuracy);
    m_points.replace(id, point);
}

} // namespace bitdial
