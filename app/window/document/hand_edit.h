// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/document/document.h"

#include <QUndoCommand>

namespace bitdial {

/// Making a point by hand; undone it is removed, redone it comes back with its id and everything
/// that was measured of it.
class HandEdit : public QUndoCommand {
public:
    HandEdit(Document* document, std::shared_ptr<HandPoint> hand)
        : QUndoCommand(hand->text), m_document(document), m_hand(std::move(hand))
    {
    }

    void redo() override { m_document->insertHand(m_hand); }
    void undo() override
    {
        if (m_hand->failed)
            setObsolete(true);
        else
            m_document->removeHand(m_hand);
    }

private:
    Document* m_document;
    std::shared_ptr<HandPoint> m_hand;
};

} // namespace bitdial
