// SPDX-License-Identifier: Apache-2.0
#include "app/window/command_line.h"

#include "core/network/open/open_network.h"

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QRegularExpression>

namespace bitdial {
namespace {

[[noreturn]] void refuse(const QString& option, const QString& why)
{
    throw Error(ErrorCode::Usage, "An option has a wrong value", option.toStdString(),
                why.toStdString(), "See bitdial --help");
}

QSize sizeOf(const QString& text)
{
    static const QRegularExpression pattern(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$"));
    const auto match = pattern.match(text);
    if (!match.hasMatch())
        refuse(QStringLiteral("--size"),
               QStringLiteral("'%1' is not WxH, such as 1280x800").arg(text));
    return {match.captured(1).toInt(), match.captured(2).toInt()};
}

qint64 idOf(const QString& text)
{
    bool is_number = true;
    const auto id = text.isEmpty() ? 0 : text.toLongLong(&is_number);
    if (!is_number || id < 0)
        refuse(QStringLiteral("--point"), QStringLiteral("'%1' is no point's number").arg(text));
    return id;
}

} // namespace

bool CommandLine::isProject() const
{
    return file.endsWith(QStringLiteral(".bitdial"));
}

bool CommandLine::isDemo() const
{
    return isDemoNetwork(file.toStdString());
}

bool CommandLine::isComplete() const
{
    // Nobody answers questions when a picture is taken.
    return data.has_value() || isDemo() || !profiles.isEmpty() || !screenshot.isEmpty();
}

NewProject CommandLine::newProject() const
{
    const auto usual = isDemo() ? QStringLiteral("demo") : QString();
    NewProject wanted{file.toStdString(), data.value_or(usual).toStdString(), {}};
    for (const auto& profile : profiles)
        wanted.profiles.push_back(profile.toStdString());
    if (profiles.isEmpty())
        wanted.profiles = {"pulp-open-xpulpnn", "pulp-open-xpulpv2"};
    return wanted;
}

CommandLine parseCommandLine(const QStringList& arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(
        QStringLiteral("Design-space explorer for mixed-precision quantized networks."));
    parser.addHelpOption();
    parser.addVersionOption();
    parser.addPositionalArgument(
        QStringLiteral("FILE"),
        QStringLiteral("a .bitdial project, an .onnx file, zoo:NAME or 'demo'"),
        QStringLiteral("[FILE]"));
    const QCommandLineOption data(QStringLiteral("data"),
                                  QStringLiteral("'demo' or a data.json, for a network."),
                                  QStringLiteral("D"));
    const QCommandLineOption profile(
        QStringLiteral("profile"),
        QStringLiteral("A target of a network: name or path; may be given several times."),
        QStringLiteral("P"));
    const QCommandLineOption theme(QStringLiteral("theme"),
                                   QStringLiteral("system, light or dark."), QStringLiteral("T"));
    const QCommandLineOption point(QStringLiteral("point"),
                                   QStringLiteral("The point of a project to select."),
                                   QStringLiteral("ID"));
    const QCommandLineOption screenshot(
        QStringLiteral("screenshot"),
        QStringLiteral("Write a picture of the window once everything is loaded, and end."),
        QStringLiteral("FILE.png"));
    const QCommandLineOption size(QStringLiteral("size"), QStringLiteral("Size of the window."),
                                  QStringLiteral("WxH"));
    parser.addOptions({data, profile, theme, point, screenshot, size});
    if (!parser.parse(arguments))
        refuse(QStringLiteral("bitdial"), parser.errorText());
    if (parser.isSet(QStringLiteral("version")))
        parser.showVersion();
    if (parser.isSet(QStringLiteral("help")))
        parser.showHelp();
    CommandLine line;
    const auto operands = parser.positionalArguments();
    if (operands.size() > 1)
        refuse(QStringLiteral("bitdial"), QStringLiteral("only one file can be opened"));
    line.file = operands.value(0);
    if (parser.isSet(data))
        line.data = parser.value(data);
    line.profiles = parser.values(profile);
    if (line.profiles.removeAll(QStringLiteral("both")) > 0)
        line.profiles << QStringLiteral("pulp-open-xpulpnn") << QStringLiteral("pulp-open-xpulpv2");
    if (parser.isSet(theme)) {
        line.theme = themeChoiceFromName(parser.value(theme));
        if (!line.theme)
            refuse(QStringLiteral("--theme"),
                   QStringLiteral("'%1' is not system, light or dark").arg(parser.value(theme)));
    }
    line.point = idOf(parser.value(point));
    if (line.file.isEmpty() && (parser.isSet(data) || parser.isSet(profile)))
        refuse(QStringLiteral("--data, --profile"), QStringLiteral("no network is given"));
    if (line.isProject() && (parser.isSet(data) || parser.isSet(profile)))
        refuse(QStringLiteral("--data, --profile"),
               QStringLiteral("a project has data and targets of its own"));
    if (!line.isProject() && line.point > 0)
        refuse(QStringLiteral("--point"), QStringLiteral("no project is given"));
    line.screenshot = parser.value(screenshot);
    if (parser.isSet(size))
        line.size = sizeOf(parser.value(size));
    return line;
}

} // namespace bitdial
