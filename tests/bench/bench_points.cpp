// SPDX-License-Identifier: Apache-2.0
#include "core/hardware/profile/hardware_profile.h"
#include "core/network/open/open_network.h"
#include "widgets/models/point_model.h"

#include <QtTest>

#include <malloc.h>
#include <memory>
#include <string>
#include <vector>

using namespace bitdial;

namespace {

constexpr int point_count = 10000;
constexpr int batch = 10; ///< as a search finds them
constexpr const char* targets[] = {"pulp-open-xpulpnn", "pulp-open-xpulpv2", "gap9",
                                   "marsellus-rbe"};

DesignPoint pointOf(const Network& network, int id)
{
    constexpr int widths[] = {2, 4, 8};
    DesignPoint point;
    point.id = id;
    point.assignment = BitAssignment::uniform(network, widths[id % 3], widths[id / 3 % 3]);
    const std::string hash(64, 'a');
    point.state_hash = hash;
    for (const auto role : {DataRole::Validation, DataRole::Test})
        point.accuracies.push_back({Rung::Integer, role, 900 + id % 100, 1000});
    auto& from = point.provenance;
    from.method = "free-bits";
    from.role = PointRole::Refined;
    from.target = targets[0];
    from.parent = id / 2;
    from.label = "strength 0.00390625";
    from.network_hash = from.data_hash = from.profile_hash = hash;
    from.options_json = std::string(400, ' '); // those of Free Bits with their names
    return point;
}

} // namespace

/// What the list of points holds of a search of MobileNetV2: at most 40 MB are wanted.
class BenchPoints : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void tenThousandOnFourTargets();
};

void BenchPoints::tenThousandOnFourTargets()
{
    const auto network = openNetwork("zoo:mobilenet-v2");
    std::vector<CostModel> models;
    std::vector<TargetInfo> infos;
    for (const char* name : targets) {
        models.emplace_back(network, openProfile(name));
        infos.emplace_back().name = QString::fromLatin1(name);
    }
    for (int id = 0; id < 9; ++id) // what the models keep is no part of the list
        for (const auto& model : models)
            model.totals(pointOf(*network, id).assignment);
    const auto before = mallinfo2();
    PointModel list;
    list.reset(infos, {});
    for (int id = 1; id <= point_count;) {
        std::vector<PointRow> rows;
        for (int i = 0; i < batch; ++i, ++id) {
            PointRow row{pointOf(*network, id), {}};
            for (const auto& model : models)
                row.costs.push_back({model.totals(row.point.assignment), {}});
            rows.push_back(std::move(row));
        }
        list.append(std::move(rows));
    }
    const auto after = mallinfo2();
    QCOMPARE(list.rowCount(), point_count);
    const auto bytes = [](const struct mallinfo2& info) { return info.uordblks + info.hblkhd; };
    QTest::setBenchmarkResult(qreal(bytes(after) - bytes(before)), QTest::BytesAllocated);
}

QTEST_GUILESS_MAIN(BenchPoints)
#include "bench_points.moc"
