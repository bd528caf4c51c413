// SPDX-License-Identifier: Apache-2.0
#include "window_fixture.h"

#include "core/base/error.h"
#include "core/base/file.h"
#include "core/learning/calibration.h"
#include "core/learning/initial_parameters.h"
#include "core/network/open/open_network.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace bitdial::test {
namespace {

constexpr int image_bytes = 16 * 16;
constexpr int image_count = 200;

std::string randomRecords()
{
    std::mt19937 random(1);
    std::string records;
    for (int i = 0; i < image_count; ++i) {
        records.push_back(char(random() % 2));
        for (int p = 0; p < image_bytes; ++p)
            records.push_back(char(random() % 256));
    }
    return records;
}

constexpr const char* data_json = R"({"schema": "bitdial.data/1", "format": "raw",
 "images": "images.bin", "preprocess": {"scale": 0.00392},
 "raw": {"record_bytes": 257, "label_offset": 0, "data_offset": 1, "shape": [1, 16, 16],
         "dtype": "uint8"}})";

void waitForStop(std::stop_token stop)
{
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    wake.wait(lock, std::move(stop), [] { return false; });
}

/// Passes everything on, and waits after the last point allowed.
class HoldingObserver : public SearchObserver {
public:
    HoldingObserver(SearchObserver& observer, int points, std::stop_token stop)
        : m_observer(observer), m_points(points), m_stop(std::move(stop))
    {
    }
    void pointFound(const DesignPoint& point, const EncodedState* state,
                    const std::string& parent_key) override
    {
        ++m_found;
        m_observer.pointFound(point, state, parent_key);
    }
    void accuracyMeasured(const std::string& key, const Accuracy& accuracy) override
    {
        m_observer.accuracyMeasured(key, accuracy);
    }
    void progressed(const SearchProgress& progress) override { m_observer.progressed(progress); }
    void journalled(const std::string& entry) override
    {
        m_observer.journalled(entry);
        if (m_found >= m_points)
            waitForStop(m_stop);
    }

private:
    SearchObserver& m_observer;
    int m_points;
    std::stop_token m_stop;
    int m_found = 0;
};

} // namespace

SmallProject::SmallProject()
{
    const auto geometry =
        openNetwork("zoo:mobilenet-v1?width=0.25&resolution=16&channels=1&classes=2&blocks=2");
    const auto network = geometry->withParameters(initialParameters(*geometry, 5));
    writeFileAtomically(path("small.onnx"), exportOnnx(*network));
    writeFileAtomically(path("images.bin"), std::string_view(randomRecords()));
    writeFileAtomically(path("data.json"), std::string_view(data_json));
}

std::filesystem::path SmallProject::path(const char* name) const
{
    return std::filesystem::path(m_folder.path().toStdString()) / name;
}

NewProject SmallProject::wanted() const
{
    const std::string profiles = BITDIAL_SOURCE_DIR "/profiles/pulp-open-";
    return {path("small.onnx").string(),
            path("data.json").string(),
            {profiles + "xpulpnn.json", profiles + "xpulpv2.json"}};
}

const MethodInfo& ScriptedSearch::info() const
{
    static const MethodInfo about = standardSearchMethods().find("free-bits")->info();
    return about;
}

SearchEnd ScriptedSearch::run(const SearchProblem& problem, SearchObserver& observer,
                              std::stop_token stop) const
{
    m_run->resumed = !problem.journal.empty();
    const Calibration calibration(problem.network, problem.data.calibration, stop);
    for (int i = 0; i < m_run->points; ++i) {
        while (i >= m_run->allowed && !stop.stop_requested())
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        if (stop.stop_requested())
            throw Error(ErrorCode::Cancelled, "Cancelled", "scripted", "it was stopped", "Again");
        const int bits = 8 >> i;
        DesignPoint point;
        point.assignment = BitAssignment::uniform(*problem.network, bits, bits);
        point.provenance.method = "uniform";
        point.provenance.label = std::to_string(bits) + "/" + std::to_string(bits);
        point.accuracies = {{Rung::Integer, DataRole::Validation, 20 + bits, 40}};
        const auto state = encodeState(calibration.stateFor(point.assignment));
        point.state_hash = state.hash;
        observer.pointFound(point, &state, {});
        observer.journalled("after " + std::to_string(i + 1));
        observer.progressed({"scripted", double(i + 1) / (m_run->points + 1), -1, -1});
        ++m_run->reported;
    }
    if (m_run->ends)
        return SearchEnd::Complete;
    waitForStop(stop);
    throw Error(ErrorCode::Cancelled, "Cancelled", "scripted", "it was stopped", "Start it again");
}

SearchEnd HeldSearch::run(const SearchProblem& problem, SearchObserver& observer,
                          std::stop_token stop) const
{
    HoldingObserver holding(observer, m_points, stop);
    return m_method->run(problem, holding, stop);
}

} // namespace bitdial::test
