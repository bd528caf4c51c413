// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/window/jobs/check_job.h"
#include "app/window/jobs/explain_job.h"
#include "app/window/jobs/export_job.h"
#include "app/window/jobs/job_queue.h"
#include "app/window/jobs/measure_job.h"
#include "app/window/jobs/project_loading.h"
#include "app/window/jobs/rung_job.h"
#include "app/window/jobs/search_job.h"
#include "widgets/models/layer_model.h"
#include "widgets/models/point_model.h"

#include <QUndoStack>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>

namespace bitdial {

/// A point that the user made by setting bits; shared by its undo command and its measurement.
struct HandPoint {
    DesignPoint point; ///< id 0 until it was stored for the first time; kept from then on
    std::shared_ptr<const EncodedState> state; ///< null until measured
    std::int64_t selected_before = 0;
    QString text;        ///< "b2.conv2 weights 4 → 2"
    bool failed = false; ///< could not be stored: its command does nothing
};

/// The open project: what is shown of it, and everything that changes it. Points are shown once
/// they are durably in the file; the file is always up to date. Files are read and written by jobs,
/// so that no function here waits for a disk.
class Document : public QObject {
    Q_OBJECT

public:
    explicit Document(QObject* parent = nullptr);
    ~Document() override;

    bool isOpen() const { return m_open.network != nullptr; }
    const OpenedProject& project() const { return m_open; }
    QString fileName() const; ///< without its folder; of an untitled project: that it has none
    PointModel* points() { return &m_points; }
    LayerModel* layers() { return &m_layers; }
    QUndoStack* undoStack() { return &m_undo; }
    JobQueue* searches() { return &m_searches; }
    JobQueue* works() { return &m_works; }
    JobQueue* measurements() { return &m_measurements; }
    const std::vector<TargetInfo>& targets() const { return m_points.targets(); }

    /// The uniform 8/8 point that costs are compared with; unmeasured where the project has none.
    const PointRow* reference() const;
    /// Of the bits in the layer table, on every target.
    const std::vector<NetworkCost>& costs() const { return m_costs; }
    /// All layers of a point, on every target.
    std::vector<NetworkCost> layerCosts(const PointRow& row) const
    {
        return layerCostsOf(row.point.assignment, m_open.models);
    }
    /// Of the unquantized network; none while it is not known.
    const std::optional<Accuracy>& floatAccuracy() const { return m_float; }
    bool isMeasuring(std::int64_t point) const { return m_measuring.contains(point); }
    /// Whether the float accuracy is being measured, or will be.
    bool isMeasuringFloat() const { return m_measuring_float; }
    /// What an interrupted search by this method was begun with; none: there is none to go on with.
    std::optional<SearchRequest> resumable(const std::string& method) const;
    const std::map<std::string, SearchRequest>& resumables() const { return m_open.interrupted; }

    const SearchMethods& searchMethods() const { return m_methods; }
    void setSearchMethods(SearchMethods methods);

    void open(const std::filesystem::path& project);
    /// A new untitled project, in a file of its own from the start.
    void create(const NewProject& wanted);
    void saveAs(const std::filesystem::path& path);
    void addProfile(const std::string& name_or_path);
    /// Adds a target like one of the project's with figures set by hand ("cores=16"). It is shown
    /// until the project is closed, and not stored.
    void addWhatIf(int target, const std::vector<std::string>& settings);
    void edit(const BitEdit& edit);
    void undo();
    void redo();
    void search(const SearchRequest& request);
    void exportPoint(const ExportOrder& order);
    /// Where the latest export of this session is; empty: there is none.
    const std::filesystem::path& lastExport() const { return m_last_export; }
    /// Builds and runs an exported project in the background; ends in verified() or
    /// verifyFailed(). Needs no open project.
    void verify(const VerifyOrder& order);
    void cancelVerify();
    /// Compares the rungs of a measured point in the background; ends in rungsCompared() or
    /// rungsFailed().
    void compareRungs(const RungOrder& order);
    void cancelRungs();
    /// Samples that exports and comparisons take: test samples where there are any.
    const ImageSubset& shownSamples() const;
    /// Looks at network, targets and samples in the background; checked() tells what it found.
    void check();
    /// Explains the costs of the bits in the layer table in the background, for explained(). Asked
    /// again meanwhile, it begins again when it is done.
    void explain();

    /// Asks all jobs to stop and closes the project; finished when isIdle().
    void close();
    bool isIdle() const;

    /// Where untitled projects live.
    static std::filesystem::path untitledFolder();

Q_SIGNALS:
    void opened();
    /// The open project has other targets than before.
    void targetsChanged();
    void fileChanged();
    void failed(const bitdial::ErrorDetails& error);
    void noticed(const QString& text);
    void checked(const bitdial::NetworkCheck& check);
    void explained(const std::shared_ptr<const bitdial::CostExplanations>& explained);
    /// `report` is the folder's report.txt.
    void exported(const QString& text, const QString& report);
    void verified(const std::shared_ptr<const bitdial::VerifyResult>& result);
    void verifyFailed(const bitdial::ErrorDetails& error);
    void rungsCompared(const std::shared_ptr<const bitdial::RungReport>& report);
    void rungsFailed(const bitdial::ErrorDetails& error);
    void floatAccuracyChanged();
    void measuringChanged();
    void idle();

private:
    friend class HandEdit;
    using Call = std::function<void()>;

    void setOpened(OpenedProject loaded);
    void dropProject();
    enum class Fate { Kept, Removed };
    void closeFile(Fate fate);
    void failUnlessCancelled(const ErrorDetails& error);
    /// For jobs of the open project: what fails after it was closed is not told any more.
    std::function<void(const ErrorDetails&)> failIfStillOpen();
    void store(std::function<void(Project&)> work, Call done, Call undone);
    void storeEnded();
    void whenStored(Call call);
    void copyProject(const std::filesystem::path& path);
    void takeCopy(std::shared_ptr<Project> copy);
    void measureAgain();

    void showSelected();
    void insertHand(const std::shared_ptr<HandPoint>& hand);
    void removeHand(const std::shared_ptr<HandPoint>& hand);
    BitAssignment edited(const BitEdit& edit, QString* text) const;
    void measureIfNeeded(std::int64_t id);
    void measure(const DesignPoint& point);
    void takeMeasured(std::int64_t id, const Measured& measured);
    void stopMeasuring(std::int64_t id);
    const DesignPoint* ancestorWithState(const DesignPoint& point) const;
    bool needsTest() const;
    int measuringThreads() const;

    void takeBatch(PointFeed::Batch batch);
    void searchEnded(const SearchWork& work, const SearchOutcome& outcome,
                     const std::optional<ErrorDetails>& error);
    void tellExported(const ExportOrder& order, const ExportOutcome& outcome);
    void exportFailed(const ExportOrder& order, bool is_written, const ErrorDetails& error);
    struct NewTarget;
    using ProfileSource = std::function<std::shared_ptr<const HardwareProfile>()>;
    void addTarget(const QString& job, ProfileSource source, bool stored);
    void takeTarget(NewTarget added);
    void costOn(std::size_t target, const NewTarget& added);
    void explainEnded();
    void measureFloat();
    void floatMeasured(std::optional<Accuracy> accuracy);

    OpenedProject m_open;
    int m_generation = 0; ///< rises with every opened project; late results of others are dropped
    int m_closings = 0;   ///< rises with every close(); what was being opened then is dropped
    PointModel m_points;
    LayerModel m_layers;
    QUndoStack m_undo;
    std::vector<NetworkCost> m_costs; ///< of the bits that the layer model shows
    std::optional<Accuracy> m_float;
    bool m_measuring_float = false;
    std::filesystem::path m_last_export;
    int m_verify_job = 0;
    int m_rungs_job = 0;
    bool m_copying = false; ///< into the file of another name; what is begun waits for that
    bool m_explaining = false;
    bool m_explain_again = false;
    bool m_storing = false; ///< an edit is on its way into the file; the next one waits
    std::deque<Call> m_waiting;
    std::deque<Call> m_after_copy;           ///< begun while m_copying
    std::map<std::int64_t, int> m_measuring; ///< job by point
    std::map<std::int64_t, std::weak_ptr<HandPoint>> m_hands;
    SearchMethods m_methods = standardSearchMethods();
    // One worker each: the search is the heavy one; editing, opening and storing never wait for it.
    // Last: their workers end before what they use.
    JobQueue m_store;
    JobQueue m_works;
    JobQueue m_measurements;
    JobQueue m_searches;
};

} // namespace bitdial
