// SPDX-License-Identifier: Apache-2.0
// Random small networks under random assignments on targets with little memory: each is exported,
// built, run and bit-exact, or refused with a reason that holds. BITDIAL_EXPORT_CASES says how
// many.
#include "core/base/error.h"
#include "core/deployment/pulp_nn/export_plan.h"
#include "core/deployment/pulp_nn/export_report.h"
#include "core/deployment/pulp_nn/pulp_nn_export.h"
#include "core/deployment/verify/child_process.h"
#include "core/hardware/model/cost_model.h"
#include "export_fixture.h"
#include "random_network.h"
#include "refusal_check.h"
#include "tests/quantization/network_fixture.h"

#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <map>

using namespace bitdial;
using namespace bitdial::test;

namespace fs = std::filesystem;

namespace {

/// Sources that differ from project to project; the others are compiled once.
const std::vector<std::string> own_sources = {
    "src/main.c",      "src/network.c",    "src/network_run.c",     "src/tiles.c",
    "src/transfers.c", "src/layer_data.c", "host/pulp_nn_kernels.c"};

struct Outcome {
    std::string refusal; ///< its kind; empty: exported
    std::string failure; ///< empty: as it should be
    std::vector<std::string> features;
};

/// What of tiling and memory a project exercises.
std::vector<std::string> featuresOf(const ExportPlan& plan)
{
    std::map<std::string, bool> has;
    has["weights in L3"] = plan.memory.weights_in_l3;
    has["tensors in L3"] = std::ranges::count(plan.memory.tensor_in_l3, char(1)) > 0;
    for (const auto& layer : plan.layers) {
        const TilePlan& tiles = layer.tiles;
        has["several tiles"] |= tiles.tiles() > 1;
        has["columns cut"] |= tiles.columns.tiles() > 1;
        has["channels cut"] |= tiles.channel_tiles > 1;
        has["double-buffered"] |= tiles.tiling.double_buffered;
        has["single buffers, several tiles"] |= !tiles.tiling.double_buffered && tiles.tiles() > 1;
        has["map outer"] |= tiles.tiling.map_outer;
        has["stored border"] |= !tiles.border_reason.empty();
        has["stays in L1"] |= tiles.link.anyResident();
        has["never leaves L1"] |= !tiles.stored;
        has["early parameters"] |= tiles.link.early_parameters;
        has["early input"] |= tiles.link.early_input[0] || tiles.link.early_input[1];
    }
    std::vector<std::string> features;
    for (const auto& [name, present] : has)
        if (present)
            features.push_back(name);
    return features;
}

/// Builds and runs exported projects; keeps what all have in common.
class Builder {
public:
    explicit Builder(fs::path folder) : m_folder(std::move(folder)) {}

    /// What is wrong, or nothing.
    std::string run(const fs::path& project, int cores, bool at_once)
    {
        const auto objects = fixedObjects(project, cores, at_once);
        if (objects.empty())
            return "the fixed files do not compile: " + m_log;
        std::vector<std::string> command = compiler(cores, at_once);
        command.insert(command.end(), own_sources.begin(), own_sources.end());
        command.insert(command.end(), objects.begin(), objects.end());
        command.insert(command.end(), {"-o", "program"});
        const auto built = runProcess(command, {}, {}, project);
        if (!built.started || built.exit_status != 0)
            return "it does not compile: " + built.output.substr(0, 2000);
        const auto result = runProcess({"./program", "golden"}, {}, {}, project);
        if (result.exit_status == 0 && result.output.find("bit_exact=1") != std::string::npos)
            return {};
        return "status " + std::to_string(result.exit_status) + ": " +
               result.output.substr(0, 1000);
    }

private:
    static std::vector<std::string> compiler(int cores, bool at_once)
    {
        std::vector<std::string> command = {"cc",      "-std=c99", "-O1",     "-Wall",
                                            "-Wextra", "-Werror",  "-Isrc",   "-Ihost",
                                            "-no-pie", "-fno-pie", "-pthread"};
        command.push_back("-DNUM_CORES=" + std::to_string(cores));
        // The emulation then leaves functions of its own unused.
        if (at_once)
            command.insert(command.end(), {"-DPULP_DMA_AT_ONCE", "-Wno-unused-function"});
        return command;
    }

    std::vector<std::string> fixedObjects(const fs::path& project, int cores, bool at_once)
    {
        auto& known = m_objects[{cores, at_once}];
        std::vector<std::string> objects;
        if (!known.empty())
            return known;
        for (const auto& source : hostSources()) {
            if (std::ranges::find(own_sources, source) != own_sources.end())
                continue;
            const auto object = m_folder / (fs::path(source).stem().string() +
                                            std::to_string(cores) + (at_once ? "a.o" : ".o"));
            auto command = compiler(cores, at_once);
            command.insert(command.end(), {"-c", source, "-o", object.string()});
            const auto result = runProcess(command, {}, {}, project);
            m_log = result.output.substr(0, 2000);
            if (result.exit_status != 0)
                return {};
            objects.push_back(object.string());
        }
        known = objects;
        return objects;
    }

    fs::path m_folder;
    std::string m_log;
    std::map<std::pair<int, bool>, std::vector<std::string>> m_objects;
};

/// Usable bytes are those beside what the profiles reserve: 12000 of L1, 90000 of L2.
std::string profileSpec(std::mt19937& random, bool large_maps)
{
    constexpr std::array<int, 5> l1 = {64000, 47000, 21192, 18000, 16500};
    constexpr std::array<int, 4> l2 = {97000, 100000, 104000, 108000};
    const std::string name = random() % 2 ? "pulp-open-xpulpv2" : "pulp-open-xpulpnn";
    const int chosen_l1 = l1[random() % l1.size()] + int(random() % 400);
    const int chosen_l2 = large_maps ? l2[random() % l2.size()] : 512000;
    return name + ";memory.l1.bytes=" + std::to_string(chosen_l1) +
           ";memory.l2.bytes=" + std::to_string(chosen_l2);
}

/// Which layer the export promises other cycles for than the cost model; empty: none.
std::string brokenPromise(const ExportPlan& plan)
{
    const CostModel costs(plan.network->network, plan.profile);
    const NetworkCost cost = costs.cost(plan.network->assignment);
    for (const PlannedLayer& layer : plan.layers)
        if (layer.cost.latency_cycles != cost.layers[std::size_t(layer.index)].latency_cycles)
            return "other cycles are promised for " + plan.layer(layer).name;
    const double totals = costs.totals(plan.network->assignment).latency_cycles;
    return totals == cost.latency_cycles ? "" : "totals promise other cycles than the cost";
}

Outcome runCase(unsigned seed, Builder& builder, const fs::path& folder)
{
    std::mt19937 random(seed);
    // With little L2, so that weights and tensors go to L3.
    const bool large_maps = random() % 3 == 0;
    const auto network = randomNetwork(random, large_maps);
    const auto bits = randomAssignment(*network, random);
    ExportRequest request;
    const std::string spec = profileSpec(random, large_maps);
    const int cores = random() % 3 == 0 ? 1 : 8;
    const bool at_once = random() % 8 == 0;
    Outcome outcome;
    try {
        request = randomRequest(network, bits, spec, 2, random() % 2 == 0, seed);
    } catch (const Error& error) {
        // Folding refuses what would overflow; other tests are about that.
        outcome.refusal = "folding";
        if (error.code() != ErrorCode::Infeasible)
            outcome.failure = error.what();
        return outcome;
    }
    try {
        exportPulpNn(request, folder);
    } catch (const Error& error) {
        outcome.refusal = refusalKind(error.details());
        if (!refusalHolds(request, error.details()))
            outcome.failure = spec + ": refused without a reason that holds: " + error.what();
        return outcome;
    }
    const ExportPlan plan = planExport(request.network, request.profile);
    outcome.features = featuresOf(plan);
    outcome.failure = brokenPromise(plan);
    if (outcome.failure.empty())
        outcome.failure = builder.run(folder, cores, at_once);
    if (!outcome.failure.empty())
        outcome.failure = spec + ", " + std::to_string(cores) + " cores: " + outcome.failure;
    return outcome;
}

} // namespace

class TestExportProperty : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void exactOrRefused();
};

void TestExportProperty::exactOrRefused()
{
    bool given = false;
    const int cases = qEnvironmentVariableIntValue("BITDIAL_EXPORT_CASES", &given);
    const int first = qEnvironmentVariableIntValue("BITDIAL_EXPORT_FIRST");
    const QTemporaryDir folder;
    const fs::path root = folder.path().toStdString();
    Builder builder(root);
    std::map<std::string, int> refusals;
    std::map<std::string, int> features;
    std::string failures;
    int exact = 0;
    int failed = 0;
    for (int i = first; i < first + (given ? cases : 80); ++i) {
        const auto project = root / std::to_string(i);
        const Outcome outcome = runCase(unsigned(i), builder, project);
        if (!outcome.failure.empty()) {
            if (++failed <= 5)
                failures += "case " + std::to_string(i) + ": " + outcome.failure + "\n";
        } else if (outcome.refusal.empty()) {
            ++exact;
        } else {
            ++refusals[outcome.refusal];
        }
        for (const auto& feature : outcome.features)
            ++features[feature];
        fs::remove_all(project);
    }
    for (const auto& [reason, count] : refusals)
        qInfo("refused %d: %s", count, reason.c_str());
    for (const auto& [feature, count] : features)
        qInfo("with %s: %d", feature.c_str(), count);
    qInfo("bit-exact: %d, failed: %d", exact, failed);
    QVERIFY2(failed == 0, failures.c_str());
    QVERIFY(given || exact > 40);
}

QTEST_GUILESS_MAIN(TestExportProperty)
#include "tst_export_property.moc"
