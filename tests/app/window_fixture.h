// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/project_loading.h"
#include "core/search/search_method.h"

#include <QTemporaryDir>

#include <atomic>
#include <memory>

namespace bitdial::test {

/// A folder with a small network with random weights (small.onnx, two classes) and 200 random
/// images for it (data.json).
class SmallProject {
public:
    SmallProject();
    bool isValid() const { return m_folder.isValid(); }
    std::filesystem::path path(const char* name) const;
    NewProject wanted() const; ///< both PULP-open targets

private:
    QTemporaryDir m_folder;
};

/// What a test and its search share.
struct ScriptedRun {
    int points = 3;               ///< uniform 8/8, 4/4, 2/2: as many of them
    std::atomic<int> allowed{3};  ///< points that it may tell now; it waits before the next
    bool ends = true;             ///< otherwise it goes on until it is stopped
    std::atomic<int> reported{0}; ///< points told so far
    std::atomic<bool> resumed{false};
};

/// A search that reports calibrated uniform points at once, as a real one would.
class ScriptedSearch : public SearchMethod {
public:
    explicit ScriptedSearch(std::shared_ptr<ScriptedRun> run) : m_run(std::move(run)) {}
    const MethodInfo& info() const override;
    SearchEnd run(const SearchProblem& problem, SearchObserver& observer,
                  std::stop_token stop) const override;

private:
    std::shared_ptr<ScriptedRun> m_run;
};

/// A search that, once it has told `points` points, waits for the request to stop: on a fast
/// machine a small one would end before a test can stop it.
class HeldSearch : public SearchMethod {
public:
    HeldSearch(SearchMethods::Method method, int points)
        : m_method(std::move(method)), m_points(points)
    {
    }
    const MethodInfo& info() const override { return m_method->info(); }
    void check(const SearchProblem& problem) const override { m_method->check(problem); }
    SearchEnd run(const SearchProblem& problem, SearchObserver& observer,
                  std::stop_token stop) const override;

private:
    SearchMethods::Method m_method;
    int m_points;
};

} // namespace bitdial::test
