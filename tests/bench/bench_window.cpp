// SPDX-License-Identifier: Apache-2.0
#include "app/window/main_window.h"
#include "tests/app/window_fixture.h"
#include "widgets/models/layer_model.h"
#include "widgets/views/bits_delegate.h"
#include "widgets/views/layer_table.h"

#include <QAbstractEventDispatcher>
#include <QElapsedTimer>
#include <QStandardPaths>
#include <QtTest>

#include <algorithm>

using namespace bitdial;
using namespace bitdial::test;

namespace {

/// The longest time for which the GUI thread did not look at new events: from the moment it wakes
/// until it waits again, so a click, its signals and the painting after it count together.
class BusyClock : public QObject {
public:
    BusyClock()
    {
        auto* events = QAbstractEventDispatcher::instance();
        connect(events, &QAbstractEventDispatcher::awake, this, [this] { m_timer.start(); });
        connect(events, &QAbstractEventDispatcher::aboutToBlock, this, [this] { take(); });
    }
    void restart() { m_longest_ns = 0; }
    void take()
    {
        if (m_timer.isValid())
            m_longest_ns = std::max(m_longest_ns, m_timer.nsecsElapsed());
        m_timer.invalidate();
    }
    /// Work that the test itself asks for.
    template <typename Work> void during(const Work& work)
    {
        take();
        QElapsedTimer timer;
        timer.start();
        work();
        m_longest_ns = std::max(m_longest_ns, timer.nsecsElapsed());
    }
    double longestMs() const { return double(m_longest_ns) / 1e6; }

private:
    QElapsedTimer m_timer;
    qint64 m_longest_ns = 0;
};

} // namespace

/// The longest uninterrupted stretch of the GUI thread, in ms, while the demo network is open in a
/// window of 1440 x 900. At most 16 is wanted: one frame of a 60 Hz display. Software painting.
class BenchWindow : public QObject {
    Q_OBJECT

public:
    static void initMain()
    {
        static const QTemporaryDir home;
        qputenv("XDG_CONFIG_HOME", home.path().toLocal8Bit());
        qputenv("XDG_DATA_HOME", home.path().toLocal8Bit());
        QCoreApplication::setApplicationName("bitdial-bench");
        QCoreApplication::setOrganizationName("bitdial-bench");
    }

private Q_SLOTS:
    void initTestCase();
    void editing();
    void selecting();
    void resizing();
    void cleanupTestCase();

private:
    void settle()
    {
        QVERIFY(QTest::qWaitFor([this] { return document()->isIdle(); }, 120000));
        QTest::qWait(300); // animations end
        m_clock->restart();
    }
    void result() const
    {
        QTest::setBenchmarkResult(m_clock->longestMs(), QTest::WalltimeMilliseconds);
    }
    Document* document() const { return m_window->document(); }

    std::unique_ptr<MainWindow> m_window;
    std::unique_ptr<BusyClock> m_clock;
};

void BenchWindow::initTestCase()
{
    m_window = std::make_unique<MainWindow>();
    m_clock = std::make_unique<BusyClock>();
    m_window->resize(1440, 900);
    m_window->show();
    const auto run = std::make_shared<ScriptedRun>();
    document()->setSearchMethods(SearchMethods({std::make_shared<ScriptedSearch>(run)}));
    const std::string profiles = BITDIAL_SOURCE_DIR "/profiles/pulp-open-";
    document()->create({"demo", "demo", {profiles + "xpulpnn.json", profiles + "xpulpv2.json"}});
    QVERIFY(
        QTest::qWaitFor([this] { return document()->isOpen() && document()->isIdle(); }, 60000));
    document()->search({"free-bits", {"pulp-open-xpulpnn", "pulp-open-xpulpv2"}, {}, 1, 0, false});
    settle();
    QCOMPARE(document()->points()->rowCount(), 3);
}

/// Clicks on bits of the first layers; accuracies are measured in the background meanwhile.
void BenchWindow::editing()
{
    auto* table = m_window->findChild<LayerTable*>();
    const auto* layers = document()->layers();
    m_clock->restart();
    for (int row = 0; row < 3; ++row)
        for (const int bits : {4, 8}) {
            const auto cell = table->visualRect(layers->index(row, LayerModel::Weight));
            m_clock->during([&] {
                QTest::mouseClick(table->viewport(), Qt::LeftButton, {},
                                  BitsDelegate::segmentRect(cell, bits).center());
            });
            QTest::qWait(30);
        }
    result();
    settle();
}

void BenchWindow::selecting()
{
    auto* points = document()->points();
    m_clock->restart();
    for (const auto& row : std::vector(points->rows())) {
        m_clock->during([&] { points->setSelected(row.point.id); });
        QTest::qWait(50);
    }
    result();
    settle();
}

void BenchWindow::resizing()
{
    for (int width = 1280; width <= 1920; width += 40) {
        m_clock->during([&] { m_window->resize(width, width * 10 / 16); });
        QTest::qWait(50);
    }
    result();
    settle();
}

void BenchWindow::cleanupTestCase()
{
    document()->close();
    QVERIFY(QTest::qWaitFor([this] { return document()->isIdle(); }, 60000));
    m_clock.reset();
    m_window.reset();
}

QTEST_MAIN(BenchWindow)
#include "bench_window.moc"
