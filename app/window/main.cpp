// SPDX-License-Identifier: Apache-2.0
#include "app/window/command_line.h"
#include "app/window/main_window.h"
#include "core/learning/threads.h"

#include <QApplication>
#include <QPixmap>
#include <QTimer>

#include <algorithm>
#include <cstdio>
#include <string_view>

using namespace bitdial;

namespace {

void open(MainWindow& window, const CommandLine& line)
{
    if (line.file.isEmpty())
        return;
    if (line.point > 0)
        QObject::connect(window.document(), &Document::opened, &window, [&window, line] {
            auto* points = window.document()->points();
            if (points->find(line.point) != nullptr)
                points->setSelected(line.point);
            else
                Q_EMIT window.document()->failed({ErrorCode::Usage, "The project has no such point",
                                                  line.file.toStdString(),
                                                  "it has no point " + std::to_string(line.point),
                                                  "bitdial-cli front lists them"});
        });
    if (line.isProject())
        window.document()->open(line.file.toStdString());
    else if (line.isComplete())
        window.document()->create(line.newProject());
    else
        window.openFile(line.file);
}

/// Writes the picture when nothing is being loaded or measured any more; then the program ends as
/// if the window was closed.
class Photographer : public QObject {
public:
    Photographer(MainWindow* window, QString file)
        : QObject(window), m_window(window), m_file(std::move(file))
    {
        constexpr int settle_ms = 400; // charts repaint at most 30 times a second
        connect(window->document(), &Document::failed, this, [this](const ErrorDetails& error) {
            m_status = int(error.code);
            std::fprintf(stderr, "bitdial: %s\n", Error(error).what());
        });
        connect(&m_timer, &QTimer::timeout, this, &Photographer::look);
        m_timer.start(settle_ms);
    }

private:
    void look()
    {
        if (!m_window->document()->isIdle()) {
            m_idle_ticks = 0;
            return;
        }
        if (m_taken) {
            QCoreApplication::exit(m_status);
            return;
        }
        if (++m_idle_ticks < 2)
            return; // what came last is not laid out yet
        QCoreApplication::sendPostedEvents();
        m_taken = true;
        if (!m_window->grab().save(m_file)) {
            m_status = int(ErrorCode::Failed);
            std::fprintf(stderr, "bitdial: cannot write the picture: %s\n", qPrintable(m_file));
        }
        m_window->document()->close();
    }

    MainWindow* m_window;
    QString m_file;
    QTimer m_timer;
    int m_idle_ticks = 0;
    bool m_taken = false;
    int m_status = 0;
};

int run(QApplication& application)
{
    const auto line = parseCommandLine(application.arguments());
    MainWindow window;
    if (line.theme)
        window.setTheme(*line.theme);
    if (line.size)
        window.resize(*line.size);
    window.show();
    open(window, line);
    if (!line.screenshot.isEmpty())
        new Photographer(&window, line.screenshot); // the window's child
    return QApplication::exec();
}

/// The argument that asks for help or the version, which need no display; null: there is none.
const char* wantedText(int argc, char** argv)
{
    char** const end = argv + argc;
    char** const found = std::find_if(argv + std::min(argc, 1), end, [](const char* argument) {
        const std::string_view text = argument;
        return text == "--help" || text == "-h" || text == "--version" || text == "-v";
    });
    return found == end ? nullptr : *found;
}

} // namespace

int main(int argc, char** argv)
{
    QCoreApplication::setOrganizationName(QStringLiteral("bitdial"));
    QCoreApplication::setApplicationName(QStringLiteral("bitdial"));
    QCoreApplication::setApplicationVersion(QStringLiteral(BITDIAL_VERSION));
    try {
        if (const char* text = wantedText(argc, argv)) {
            const QCoreApplication application(argc, argv);
            // Alone: without a QApplication nothing takes out Qt's own options, such as -platform.
            parseCommandLine({QStringLiteral("bitdial"), QLatin1String(text)}); // ends the program
        }
        setLearningThreads(usualThreads());
        QApplication application(argc, argv);
        QApplication::setApplicationDisplayName(QStringLiteral("Bitdial"));
        QApplication::setDesktopFileName(QStringLiteral("bitdial"));
        return run(application);
    } catch (const Error& error) {
        std::fprintf(stderr, "bitdial: %s\n", error.what());
        return int(error.code());
    }
}
