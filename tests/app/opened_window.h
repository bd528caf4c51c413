// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/main_window.h"
#include "tests/support/patience.h"
#include "widgets/views/bits_delegate.h"
#include "widgets/views/layer_table.h"
#include "widgets/views/message_bar.h"
#include "window_fixture.h"

#include <QtTest>

namespace bitdial::test {

/// Settings and untitled projects go to a folder of the test; for its initMain().
inline void useFolderOfTheTest()
{
    static const QTemporaryDir home;
    qputenv("XDG_CONFIG_HOME", home.path().toLocal8Bit());
    qputenv("XDG_DATA_HOME", home.path().toLocal8Bit());
    QCoreApplication::setApplicationName("bitdial-test");
    QCoreApplication::setOrganizationName("bitdial-test");
}

/// A window with the small project open.
struct Opened {
    explicit Opened(const SmallProject& project)
    {
        window.resize(1440, 900);
        window.show();
        document->setSearchMethods(SearchMethods({std::make_shared<ScriptedSearch>(run)}));
        document->create(project.wanted());
    }
    ~Opened()
    {
        document->close();
        if (!waitIdle())
            qWarning("a job did not end");
    }
    bool wait()
    {
        const auto ready = [this] {
            return (document->isOpen() || !message()->text().isEmpty()) && document->isIdle();
        };
        if (!QTest::qWaitForWindowActive(&window, patience_ms) ||
            !QTest::qWaitFor(ready, patience_ms))
            return false;
        if (!message()->text().isEmpty())
            qWarning("%s", qPrintable(message()->text()));
        return document->isOpen();
    }
    bool waitIdle()
    {
        return QTest::qWaitFor([this] { return document->isIdle(); }, patience_ms);
    }
    bool search()
    {
        document->search(
            {"free-bits", {"pulp-open-xpulpnn", "pulp-open-xpulpv2"}, {}, 1, 0, false});
        return QTest::qWaitFor([this] { return document->points()->rowCount() == run->points; },
                               patience_ms);
    }
    LayerTable* table() const { return window.findChild<LayerTable*>(); }
    MessageBar* message() const { return window.findChild<MessageBar*>(); }
    /// Clicks on a segment of a bits cell.
    void click(int row, int column, int bits) const
    {
        const auto cell = table()->visualRect(document->layers()->index(row, column));
        QTest::mouseClick(table()->viewport(), Qt::LeftButton, {},
                          BitsDelegate::segmentRect(cell, bits).center());
    }
    const PointRow* selected() const
    {
        return document->points()->find(document->points()->selected());
    }

    std::shared_ptr<ScriptedRun> run = std::make_shared<ScriptedRun>();
    MainWindow window;
    Document* document = window.document();
};

} // namespace bitdial::test
