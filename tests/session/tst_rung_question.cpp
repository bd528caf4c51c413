// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/session/rung_question.h"
#include "tests/learning/halves.h"
#include "tests/quantization/network_fixture.h"
#include "tests/support/error_of.h"

#include <QTemporaryDir>
#include <QtTest>

#include <algorithm>

using namespace bitdial;
using namespace bitdial::test;

class TestRungQuestion : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        NetworkBuilder builder({1, 16, 16}, 4);
        const int deep = builder.conv(0, 6, 3, 2, {1, 1, 1, 1}, Activation::Relu);
        const auto network = builder.build(builder.linear(deep, 2, Activation::None));
        m_question = {};
        m_question.point =
            calibratedPoint(network, BitAssignment::uniform(*network, 4, 4), halves(32, 2), {});
        m_question.samples = halves(20, 3);
        m_question.role = DataRole::Test;
        m_question.code_samples = 5;
    }

    void allRungsOfThePoint()
    {
        std::vector<RungPhase> phases;
        const auto answer = answerRungs(m_question, {}, [&](RungPhase phase, double) {
            if (phases.empty() || phases.back() != phase)
                phases.push_back(phase);
        });
        QCOMPARE(phases, (std::vector{RungPhase::Folding, RungPhase::Rungs}));
        QVERIFY(!answer.device);
        RungRequest request{m_question.point.network,
                            m_question.point.bits,
                            m_question.point.state,
                            fold(m_question.point),
                            m_question.samples,
                            DataRole::Test,
                            5,
                            1};
        const auto rungs = compareRungs(request);
        QCOMPARE(answer.rungs.float_rung, rungs.float_rung);
        QCOMPARE(answer.rungs.fake, rungs.fake);
        QCOMPARE(answer.rungs.integer, rungs.integer);
        QCOMPARE(answer.rungs.agreeing, rungs.agreeing);
        QCOMPARE(answer.rungs.codes.samples, 5);
        QCOMPARE(answer.rungs.codes.layers, rungs.codes.layers);
    }

    void besideWhatTheChipGave()
    {
        m_question.device = results("image,class\n0,0\n1,0\n2,0\n");
        const auto answer = answerRungs(m_question, {});
        QVERIFY(answer.device.has_value());
        QCOMPARE(answer.device->accuracy.rung, Rung::Device);
        QCOMPARE(answer.device->accuracy.role, DataRole::Test);
        QCOMPARE(answer.device->accuracy.samples, 3);
        const auto right = std::count_if(
            m_question.samples.indices.begin(), m_question.samples.indices.begin() + 3,
            [&](int index) { return m_question.samples.images->label(index) == 0; });
        QCOMPARE(answer.device->accuracy.correct, int(right));
    }

    /// Before anything is computed.
    void resultsThatDoNotFitAreRefusedFirst()
    {
        m_question.device = results("image,class\n0,9\n");
        std::vector<RungPhase> phases;
        const auto error = errorOf([&] {
            answerRungs(m_question, {}, [&](RungPhase phase, double) { phases.push_back(phase); });
        });
        QCOMPARE(error.code, ErrorCode::BadInput);
        QCOMPARE(phases, std::vector{RungPhase::Folding});
        m_question.device = std::filesystem::path();
        QVERIFY(!errorOf([&] { answerRungs(m_question, {}); }).what.empty());
    }

    void stopped()
    {
        std::stop_source stop;
        stop.request_stop();
        QCOMPARE(errorOf([&] { answerRungs(m_question, stop.get_token()); }).code,
                 ErrorCode::Cancelled);
    }

private:
    std::filesystem::path results(const std::string& text) const
    {
        auto file = std::filesystem::path(m_folder->path().toStdString()) / "chip.csv";
        writeFileAtomically(file, std::string_view(text));
        return file;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
    RungQuestion m_question;
};

QTEST_GUILESS_MAIN(TestRungQuestion)
#include "tst_rung_question.moc"
