// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/override.h"
#include "core/project/project.h"
#include "core/session/profiles.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace bitdial;
using namespace bitdial::test;

namespace {

using Names = std::vector<std::string>;

Names namesOf(const Profiles& profiles)
{
    Names names;
    for (const auto& profile : profiles)
        names.push_back(profile->name());
    return names;
}

} // namespace

class TestProfiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void noneTwice()
    {
        QCOMPARE(namesOf(gatherProfiles({"both"})),
                 (Names{"pulp-open-xpulpv2", "pulp-open-xpulpnn"}));
        QCOMPARE(namesOf(gatherProfiles({"pulp-open-xpulpnn", "both",
                                         BITDIAL_SOURCE_DIR "/profiles/pulp-open-xpulpv2.json"})),
                 (Names{"pulp-open-xpulpnn", "pulp-open-xpulpv2"}));
        QVERIFY(gatherProfiles({}).empty());
    }

    void aProjectsOwnAreMeantByTheirNames()
    {
        const auto edited = overrideProfile(*openProfile("pulp-open-xpulpnn"), {"cores=4"});
        Names opened;
        const auto gathered =
            gatherProfiles({"pulp-open-xpulpv2", edited->name()}, {edited},
                           [&](const auto& profile) { opened.push_back(profile.name()); });
        QCOMPARE(gathered.size(), std::size_t(2));
        QCOMPARE(gathered[1], edited);
        QCOMPARE(opened, Names{"pulp-open-xpulpv2"});
    }

    void whatIsUnknownIsRefused()
    {
        const auto error = errorOf([] { gatherProfiles({"pulp-open-xpulpn"}); });
        QVERIFY2((error.why + error.next).find("pulp-open-xpulpnn") != std::string::npos,
                 error.why.c_str());
    }

    void ofAProject()
    {
        const QTemporaryDir folder;
        const auto project = Project::create(folder.filePath("p.bitdial").toStdString());
        QVERIFY(profilesOf(*project).empty());
        const auto profile = openProfile("pulp-open-xpulpv2");
        project->setProfileTexts({profile->text()});
        const auto own = profilesOf(*project);
        QCOMPARE(namesOf(own), Names{"pulp-open-xpulpv2"});
        QCOMPARE(own[0]->hash(), profile->hash());
    }
};

QTEST_GUILESS_MAIN(TestProfiles)
#include "tst_profiles.moc"
